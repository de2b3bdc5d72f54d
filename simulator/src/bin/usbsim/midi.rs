//! What comes from a MIDI device, in words, and a few notes for it in the other direction.

use usb_simulator::bus::Bus;
use usb_simulator::class::midi::{Event, Midi};
use usb_simulator::host::{Host, HostError};
use usb_simulator::time::BusTime;

use super::auto::Observer;

/// The notes are sent when the device has been silent this long.
const SILENCE: BusTime = BusTime::from_millis(500);
const TIMEOUT: BusTime = BusTime::from_millis(1_000);
/// Events that are shown before they are only counted.
const SHOWN: usize = 100;
/// A key, loud enough.
const KEY: u8 = 69;
const VELOCITY: u8 = 80;

/// A MIDI streaming interface.
pub struct Player {
    midi: Midi,
    heard: usize,
    since: Option<BusTime>,
    played: bool,
}

impl Player {
    pub fn new(midi: Midi) -> Self {
        let played = !midi.has_output();
        Self { midi, heard: 0, since: None, played }
    }

    fn play(&mut self, host: &mut Host<Bus>) -> Result<Vec<String>, HostError> {
        let name = self.name();
        let mut lines = Vec::new();
        for event in [Event::channel(0x90, 0, KEY, VELOCITY), Event::channel(0x80, 0, KEY, 0)] {
            match self.midi.send(host, &[event], TIMEOUT) {
                Ok(()) => lines.push(format!("{name}: sent {event}")),
                // The device may have its reasons not to listen.
                Err(HostError::Transfer { failure, .. }) => lines.push(format!("{name}: not sent, {failure}: {event}")),
                Err(error) => return Err(error),
            }
        }
        Ok(lines)
    }

    fn name(&self) -> String {
        format!("MIDI on interface {}", self.midi.interface())
    }
}

impl Observer for Player {
    fn poll(&mut self, host: &mut Host<Bus>, last: bool) -> Result<Vec<String>, HostError> {
        let mut lines = Vec::new();
        let mut since = *self.since.get_or_insert_with(|| host.now());
        while let Some(event) = self.midi.poll(host)? {
            self.heard += 1;
            since = host.now();
            if self.heard <= SHOWN {
                lines.push(format!("{}: received {event}", self.name()));
            }
        }
        self.since = Some(since);
        if !self.played && !last && host.now() > since + SILENCE {
            self.played = true;
            lines.extend(self.play(host)?);
        }
        if last && self.heard > SHOWN {
            lines.push(format!("{}: {} messages received in all", self.name(), self.heard));
        }
        Ok(lines)
    }
}
