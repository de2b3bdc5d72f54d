//! MIDI over USB (Universal Serial Bus Device Class Definition for MIDI Devices 1.0): event packets, what they say, and a
//! driver that moves them.

use std::collections::VecDeque;
use std::fmt::{self, Display, Formatter};

use crate::bus::urb::{TransferType, UrbId};
use crate::host::descriptor::Interface;
use crate::host::{BusAccess, Host, HostError};
use crate::time::BusTime;

/// Section 6.1.
const CLASS_AUDIO: u8 = 1;
const SUBCLASS_MIDI_STREAMING: u8 = 3;
/// URBs that are queued at once (as many as Linux's snd-usb-audio).
const READS: usize = 7;
/// Bytes of an event packet (section 4).
const EVENT: usize = 4;
const NOTES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// One event packet: cable number, code index number, and one to three bytes of MIDI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    bytes: [u8; EVENT],
    length: usize,
}

impl Event {
    /// # Errors
    /// With the reason, when the code index number is reserved or does not fit the MIDI status byte (table 4-1).
    pub fn new(bytes: [u8; EVENT]) -> Result<Self, String> {
        let [head, status, ..] = bytes;
        let code = head & 0x0f;
        let (length, fits) = match code {
            0x2 => (2, matches!(status, 0xf1 | 0xf3)),
            0x3 => (3, status == 0xf2),
            // In a system exclusive message, the status byte may lie in another packet.
            0x4 => (3, status < 0x80 || status == 0xf0),
            0x5 => (1, matches!(status, 0xf6 | 0xf7)),
            0x6 => (2, status < 0x80 || status == 0xf0),
            0x7 => (3, status < 0x80 || status == 0xf0),
            0xf => (1, true),
            0x8..=0xe => (if matches!(code, 0xc | 0xd) { 2 } else { 3 }, status >> 4 == code),
            _ => return Err(format!("MIDI event packet {bytes:02x?}: code index number {code} is reserved")),
        };
        if !fits {
            let rule = format!("code index number {code} does not fit the MIDI byte 0x{status:02x}");
            return Err(format!("MIDI event packet {bytes:02x?}: {rule}"));
        }
        Ok(Self { bytes, length })
    }

    /// The event packet of a message to a channel (0 to 15) on cable 0.
    pub const fn channel(status: u8, channel: u8, first: u8, second: u8) -> Self {
        let length = if matches!(status & 0xf0, 0xc0 | 0xd0) { 2 } else { 3 };
        Self { bytes: [status >> 4, status & 0xf0 | channel & 0x0f, first & 0x7f, second & 0x7f], length }
    }

    /// The packet.
    pub const fn bytes(&self) -> [u8; EVENT] {
        self.bytes
    }

    /// The MIDI bytes in it.
    pub fn message(&self) -> &[u8] {
        &self.bytes[1..=self.length]
    }

    /// Which of up to 16 virtual cables, from 0 on.
    pub const fn cable(&self) -> u8 {
        self.bytes[0] >> 4
    }
}

/// In words: `note on, channel 1, C4 (60), velocity 100`.
impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [_, status, first, second] = self.bytes;
        if self.cable() != 0 {
            write!(f, "cable {}: ", self.cable() + 1)?;
        }
        let channel = (status & 0x0f) + 1;
        let note = format!("{}{} ({first})", NOTES[usize::from(first % 12)], i16::from(first / 12) - 1);
        match (self.bytes[0] & 0x0f, status) {
            (0x8, _) => write!(f, "note off, channel {channel}, {note}, velocity {second}"),
            (0x9, _) => write!(f, "note on, channel {channel}, {note}, velocity {second}"),
            (0xa, _) => write!(f, "key pressure, channel {channel}, {note}, {second}"),
            (0xb, _) => write!(f, "control change, channel {channel}, controller {first} to {second}"),
            (0xc, _) => write!(f, "program change, channel {channel}, program {}", u16::from(first) + 1),
            (0xd, _) => write!(f, "channel pressure, channel {channel}, {first}"),
            (0xe, _) => {
                let value = i32::from(first) + (i32::from(second) << 7) - 0x2000;
                write!(f, "pitch bend, channel {channel}, {value:+}")
            }
            (0x5, 0xf6) => write!(f, "tune request"),
            (0x4..=0x7, _) => write!(f, "system exclusive, {:02x?}", self.message()),
            (_, 0xf8) => write!(f, "clock"),
            (_, 0xfa) => write!(f, "start"),
            (_, 0xfb) => write!(f, "continue"),
            (_, 0xfc) => write!(f, "stop"),
            (_, 0xfe) => write!(f, "active sensing"),
            (_, 0xff) => write!(f, "system reset"),
            _ => write!(f, "system message {:02x?}", self.message()),
        }
    }
}

/// An open MIDI streaming interface.
#[derive(Debug)]
pub struct Midi {
    interface: u8,
    input: Option<u8>,
    output: Option<u8>,
    reads: VecDeque<UrbId>,
    events: VecDeque<Event>,
}

impl Midi {
    /// Whether an interface is worth a try.
    pub fn fits(interface: &Interface) -> bool {
        interface.class[..2] == [CLASS_AUDIO, SUBCLASS_MIDI_STREAMING]
    }

    /// Finds the endpoints of an interface of the enumerated device.
    ///
    /// # Errors
    /// [`HostError::Unsuitable`] when there is none.
    pub fn open<B: BusAccess>(host: &mut Host<B>, interface: u8) -> Result<Self, HostError> {
        let setting = host.device().and_then(|device| device.configuration.setting(interface, 0));
        let find = |is_in: bool| {
            // Devices with interrupt endpoints exist too.
            let mut endpoints = setting.iter().flat_map(|one| &one.endpoints);
            let kinds = [TransferType::Bulk, TransferType::Interrupt];
            endpoints.find(|one| kinds.contains(&one.transfer_type) && one.is_in() == is_in).map(|one| one.address)
        };
        let (input, output) = (find(true), find(false));
        if input.is_none() && output.is_none() {
            let text = format!("interface {interface}: no bulk endpoint, which MIDI streaming needs");
            return Err(HostError::Unsuitable(text));
        }
        Ok(Self { interface, input, output, reads: VecDeque::new(), events: VecDeque::new() })
    }

    /// bInterfaceNumber.
    pub const fn interface(&self) -> u8 {
        self.interface
    }

    /// Whether the device takes messages.
    pub const fn has_output(&self) -> bool {
        self.output.is_some()
    }

    /// Keeps the IN endpoint busy, and returns the next event if one has come. Does not wait.
    ///
    /// # Errors
    /// [`HostError::Transfer`] when reading failed, [`HostError::Unsuitable`] when what came are no event packets.
    pub fn poll<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<Option<Event>, HostError> {
        let Some(input) = self.input else { return Ok(None) };
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            let length = host.endpoint(input).max_packet;
            while self.reads.len() < READS {
                self.reads.push_back(host.submit_read(input, length));
            }
            let Some(id) = self.reads.front().copied().filter(|id| host.with_bus(|bus| bus.is_finished(*id))) else {
                return Ok(None);
            };
            self.reads.pop_front();
            let bytes = host.wait(id, BusTime::ZERO)?.data;
            let wrong = |text: String| HostError::Unsuitable(format!("endpoint 0x{input:02x}: {text}"));
            let (packets, rest) = bytes.as_chunks::<EVENT>();
            if !rest.is_empty() {
                return Err(wrong(format!("{} bytes came, expected event packets of {EVENT} bytes", bytes.len())));
            }
            // Zeros fill a packet up; hosts skip them.
            for packet in packets.iter().filter(|packet| **packet != [0; EVENT]) {
                self.events.push_back(Event::new(*packet).map_err(wrong)?);
            }
        }
    }

    /// Sends events.
    ///
    /// # Errors
    /// [`HostError::Unsuitable`] when the device takes none; [`HostError::Transfer`].
    pub fn send<B: BusAccess>(&self, host: &mut Host<B>, events: &[Event], timeout: BusTime) -> Result<(), HostError> {
        let Some(output) = self.output else {
            return Err(HostError::Unsuitable(format!("interface {} takes no MIDI messages", self.interface)));
        };
        let bytes: Vec<u8> = events.iter().flat_map(|event| event.bytes).collect();
        host.write(output, &bytes, false, timeout)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(bytes: [u8; 4]) -> String {
        Event::new(bytes).map_or_else(|error| error, |event| event.to_string())
    }

    #[test]
    fn events_in_words() {
        assert_eq!(words([0x09, 0x90, 60, 100]), "note on, channel 1, C4 (60), velocity 100");
        assert_eq!(words([0x18, 0x8f, 0, 0]), "cable 2: note off, channel 16, C-1 (0), velocity 0");
        assert_eq!(words([0x0b, 0xb2, 7, 127]), "control change, channel 3, controller 7 to 127");
        assert_eq!(words([0x0c, 0xc0, 127, 0]), "program change, channel 1, program 128");
        assert_eq!(words([0x0e, 0xe0, 0, 0x40]), "pitch bend, channel 1, +0");
        assert_eq!(words([0x0e, 0xe0, 0, 0]), "pitch bend, channel 1, -8192");
        assert_eq!(words([0x0f, 0xf8, 0, 0]), "clock");
        assert_eq!(words([0x04, 0xf0, 0x7e, 0x7f]), "system exclusive, [f0, 7e, 7f]");
        assert_eq!(words([0x05, 0xf7, 0, 0]), "system exclusive, [f7]");
        assert_eq!(words([0x02, 0xf3, 5, 0]), "system message [f3, 05]");
    }

    #[test]
    fn a_code_that_does_not_fit_is_an_error() {
        assert!(words([0x09, 0x80, 60, 0]).contains("code index number 9 does not fit the MIDI byte 0x80"));
        assert!(words([0x01, 0x90, 60, 0]).contains("code index number 1 is reserved"));
        assert!(words([0x06, 0x90, 0xf7, 0]).contains("does not fit"));
    }

    #[test]
    fn every_event_packet_has_words_or_a_reason() {
        for head in 0..=255 {
            for status in 0..=255 {
                let text = words([head, status, 127, 255]);
                assert!(!text.is_empty());
            }
        }
    }

    #[test]
    fn channel_messages_are_what_is_read_back() {
        let event = Event::channel(0x90, 3, 60, 1);
        assert_eq!(Event::new(event.bytes()), Ok(event));
        let event = Event::channel(0xc0, 3, 60, 0);
        assert_eq!(Event::new(event.bytes()), Ok(event));
        assert_eq!(event.message(), [0xc3, 60]);
    }
}
