//! The usb-host's side of a connection.

use std::collections::{BTreeMap, HashMap};

use super::announce;
use super::encode::Encoder;
use super::message::{Decoder, Malformed, Message, Outcome, capability, kind};
use super::receiving::{Purpose, Receiver};
use crate::bus::urb::{Completion, Status, TransferType, UrbId};
use crate::host::Request;
use crate::host::descriptor::Endpoint;
use crate::station::server::{ClientId, Session, Trouble};
use crate::station::{News, Station};

/// What we call ourselves in the hello.
const NAME: &str = concat!("usbsim ", env!("CARGO_PKG_VERSION"));
/// Transfers under way, and bytes that they may be waiting to send. More of them fail. QEMU's controllers have a few dozen at
/// most.
const MOST_TRANSFERS: usize = 4096;
const MOST_BYTES: usize = 64 << 20;

/// A transfer that the guest waits for.
struct Pending {
    id: u64,
    /// Bytes that go to the device.
    bytes: usize,
    what: Asked,
}

enum Asked {
    Control { endpoint: u8, setup: [u8; 8] },
    Bulk { endpoint: u8, stream: u32 },
    Interrupt { endpoint: u8 },
    SetConfiguration,
    GetConfiguration,
    SetAlternate { interface: u8, alternate: u8 },
    GetAlternate { interface: u8 },
}

/// A connection with a guest.
pub struct RedirSession {
    client: ClientId,
    decoder: Decoder,
    encoder: Encoder,
    /// The guest has said hello and has the device.
    begun: bool,
    /// The guest knows of the device that is there.
    connected: bool,
    /// A device_disconnect that the guest has not acknowledged yet: no new device before that.
    unacknowledged: bool,
    pending: HashMap<UrbId, Pending>,
    bytes: usize,
    receivers: BTreeMap<u8, Receiver>,
    rejected: bool,
}

impl RedirSession {
    /// Our hello goes first.
    pub fn new(client: ClientId) -> Self {
        let mut encoder = Encoder::default();
        encoder.hello(NAME);
        Self {
            client,
            decoder: Decoder::default(),
            encoder,
            begun: false,
            connected: false,
            unacknowledged: false,
            pending: HashMap::new(),
            bytes: 0,
            receivers: BTreeMap::new(),
            rejected: false,
        }
    }

    fn obey(&mut self, id: u64, message: Message, station: &mut Station) -> Result<(), Trouble> {
        match message {
            Message::Hello { capabilities, .. } => self.begin(capabilities, station)?,
            Message::FilterReject => self.rejected = true,
            Message::Filter => {}
            Message::DisconnectAck => {
                self.unacknowledged = false;
                self.announce(station);
            }
            // What was on its way when the device left, or asks for one that never was.
            _ if !self.connected => self.refuse(id, &message, Outcome::IoError),
            Message::Reset => {
                self.stop_all(station);
                station.reset()?;
            }
            other if self.is_too_much(&other) => self.refuse(id, &other, Outcome::IoError),
            other => self.transfer(id, other, station),
        }
        Ok(())
    }

    /// The guest may always take something back.
    fn is_too_much(&self, message: &Message) -> bool {
        *message != Message::Cancel && (self.pending.len() >= MOST_TRANSFERS || self.bytes >= MOST_BYTES)
    }

    fn begin(&mut self, capabilities: u32, station: &mut Station) -> Result<(), Trouble> {
        self.encoder.common = capability::OURS & capabilities;
        if !station.claim(self.client)? {
            return Err(Trouble::Client("another guest has the device".to_owned()));
        }
        self.begun = true;
        self.announce(station);
        Ok(())
    }

    /// Tells of the device if there is one that the guest may hear of.
    fn announce(&mut self, station: &Station) {
        if let Some(settings) = station.settings().filter(|_| self.begun && !self.connected && !self.unacknowledged) {
            announce::describe(&mut self.encoder, settings);
            announce::connect(&mut self.encoder, settings);
            self.connected = true;
        }
    }

    fn transfer(&mut self, id: u64, message: Message, station: &mut Station) {
        match message {
            Message::Control { endpoint, setup, data } => {
                let urb = station.control(setup, &data);
                self.await_end(urb, id, data.len(), Asked::Control { endpoint, setup });
            }
            Message::SetConfiguration(value) => {
                let request = Request::new(0x00, 9, u16::from(value), 0, 0);
                self.request(id, request, Asked::SetConfiguration, station);
            }
            Message::GetConfiguration => {
                self.request(id, Request::new(0x80, 8, 0, 0, 1), Asked::GetConfiguration, station);
            }
            Message::SetAlternate(interface, alternate) => {
                let request = Request::new(0x01, 11, u16::from(alternate), u16::from(interface), 0);
                self.request(id, request, Asked::SetAlternate { interface, alternate }, station);
            }
            Message::GetAlternate(interface) => {
                let request = Request::new(0x81, 10, 0, u16::from(interface), 1);
                self.request(id, request, Asked::GetAlternate { interface }, station);
            }
            Message::Bulk { endpoint, length, stream, ref data } => {
                let Some(known) = endpoint_of(station, endpoint, TransferType::Bulk) else {
                    return self.refuse(id, &message, Outcome::Invalid);
                };
                let urb =
                    if known.is_in() { station.input(&known, length) } else { station.output(&known, data, false) };
                self.await_end(urb, id, data.len(), Asked::Bulk { endpoint, stream });
            }
            Message::Interrupt { endpoint, ref data } => {
                let Some(known) = endpoint_of(station, endpoint, TransferType::Interrupt) else {
                    return self.refuse(id, &message, Outcome::Invalid);
                };
                let urb = station.output(&known, data, false);
                self.await_end(urb, id, data.len(), Asked::Interrupt { endpoint });
            }
            Message::Iso { endpoint, data } => {
                if let Some(receiver) = self.receivers.get_mut(&endpoint) {
                    receiver.send(data, station);
                }
            }
            Message::Cancel => {
                if let Some(urb) = self.pending.iter().find(|(_, one)| one.id == id).map(|(urb, _)| *urb) {
                    station.cancel(urb);
                }
            }
            Message::StartInterrupt(endpoint) if endpoint & 0x80 != 0 => {
                let known = endpoint_of(station, endpoint, TransferType::Interrupt);
                let receiver = known.map(Receiver::interrupt);
                self.start(endpoint, receiver, kind::INTERRUPT_RECEIVING_STATUS, id, station);
            }
            Message::StartIso { endpoint, packets, urbs } => {
                let known = endpoint_of(station, endpoint, TransferType::Isochronous);
                let receiver = known.map(|known| Receiver::iso(known, packets, urbs));
                self.start(endpoint, receiver, kind::ISO_STREAM_STATUS, id, station);
            }
            Message::StartBulk { endpoint, length, transfers } if endpoint & 0x80 != 0 => {
                let known = endpoint_of(station, endpoint, TransferType::Bulk);
                let receiver = known.map(|known| Receiver::bulk(known, length, transfers));
                self.start(endpoint, receiver, kind::BULK_RECEIVING_STATUS, id, station);
            }
            Message::StopInterrupt(endpoint) => self.stop(endpoint, kind::INTERRUPT_RECEIVING_STATUS, id, station),
            Message::StopIso(endpoint) => self.stop(endpoint, kind::ISO_STREAM_STATUS, id, station),
            Message::StopBulk(endpoint) => self.stop(endpoint, kind::BULK_RECEIVING_STATUS, id, station),
            other => self.refuse(id, &other, Outcome::Invalid),
        }
    }

    fn request(&mut self, id: u64, request: Request, asked: Asked, station: &mut Station) {
        let urb = station.control(request.bytes(), &[]);
        self.await_end(urb, id, 0, asked);
    }

    fn await_end(&mut self, urb: UrbId, id: u64, bytes: usize, what: Asked) {
        self.bytes += bytes;
        self.pending.insert(urb, Pending { id, bytes, what });
    }

    fn start(&mut self, endpoint: u8, receiver: Option<Receiver>, status: u32, id: u64, station: &mut Station) {
        let outcome = match receiver {
            Some(mut receiver) => {
                receiver.fill(station);
                if let Some(mut old) = self.receivers.insert(endpoint, receiver) {
                    old.stop(station);
                }
                Outcome::Success
            }
            None => Outcome::Invalid,
        };
        self.receiving_status(status, id, endpoint, outcome);
    }

    fn stop(&mut self, endpoint: u8, status: u32, id: u64, station: &mut Station) {
        if let Some(mut receiver) = self.receivers.remove(&endpoint) {
            receiver.stop(station);
        }
        self.receiving_status(status, id, endpoint, Outcome::Success);
    }

    fn stop_all(&mut self, station: &mut Station) {
        for receiver in self.receivers.values_mut() {
            receiver.stop(station);
        }
        self.receivers.clear();
    }

    fn receiving_status(&mut self, kind: u32, id: u64, endpoint: u8, outcome: Outcome) {
        let outcome = outcome as u8;
        let pieces: &[&[u8]] = if kind == kind::BULK_RECEIVING_STATUS {
            &[&[0; 4], &[endpoint, outcome]]
        } else {
            &[&[outcome, endpoint]]
        };
        self.encoder.message(kind, id, pieces);
    }

    /// Answers a message that cannot be obeyed.
    fn refuse(&mut self, id: u64, message: &Message, outcome: Outcome) {
        match *message {
            Message::Control { endpoint, setup, .. } => self.encoder.control(id, endpoint, setup, outcome, 0, &[]),
            Message::Bulk { endpoint, stream, .. } => self.encoder.bulk(id, endpoint, stream, outcome, 0, &[]),
            Message::Interrupt { endpoint, .. } => {
                self.encoder.single(kind::INTERRUPT_PACKET, id, endpoint, outcome, 0, &[]);
            }
            Message::SetConfiguration(_) | Message::GetConfiguration => {
                self.encoder.message(kind::CONFIGURATION_STATUS, id, &[&[outcome as u8, 0]]);
            }
            Message::SetAlternate(interface, _) | Message::GetAlternate(interface) => {
                self.encoder.message(kind::ALT_SETTING_STATUS, id, &[&[outcome as u8, interface, 0]]);
            }
            Message::StartInterrupt(endpoint) => {
                self.receiving_status(kind::INTERRUPT_RECEIVING_STATUS, id, endpoint, outcome);
            }
            Message::StartIso { endpoint, .. } => {
                self.receiving_status(kind::ISO_STREAM_STATUS, id, endpoint, outcome);
            }
            Message::StartBulk { endpoint, .. } => {
                self.receiving_status(kind::BULK_RECEIVING_STATUS, id, endpoint, outcome);
            }
            _ => {}
        }
    }

    fn ended(&mut self, completion: &Completion, station: &mut Station) {
        if let Some(pending) = self.pending.remove(&completion.id) {
            self.bytes -= pending.bytes;
            return self.answer(&pending, completion, station);
        }
        let mine = self.receivers.iter_mut().find_map(|(address, one)| one.take(completion.id).then_some(*address));
        if let Some(mut receiver) = mine.and_then(|address| self.receivers.remove(&address)) {
            if self.received(&mut receiver, completion) {
                receiver.fill(station);
                self.receivers.insert(receiver.endpoint.address, receiver);
            } else {
                receiver.stop(station);
            }
        }
    }

    /// Passes on what a kept-going endpoint has moved; false when it cannot go on.
    fn received(&mut self, receiver: &mut Receiver, completion: &Completion) -> bool {
        let address = receiver.endpoint.address;
        let outcome = outcome(completion.status);
        let (status, data) = (completion.status, completion.data.as_slice());
        let (kind, stopped) = match receiver.purpose {
            Purpose::Interrupt => (kind::INTERRUPT_PACKET, kind::INTERRUPT_RECEIVING_STATUS),
            Purpose::Bulk { .. } => (kind::BUFFERED_BULK_PACKET, kind::BULK_RECEIVING_STATUS),
            Purpose::IsoIn { .. } | Purpose::IsoOut { .. } => (kind::ISO_PACKET, kind::ISO_STREAM_STATUS),
        };
        match status {
            Status::Stall => {
                // This word alone says that nothing more will come.
                self.receiving_status(stopped, 0, address, Outcome::Stall);
                return false;
            }
            Status::Cancelled | Status::Detached | Status::BusReset => return false,
            Status::Done | Status::NoAnswer(_) | Status::Babble { .. } => {}
        }
        match receiver.purpose {
            Purpose::Interrupt => {
                self.encoder.single(kind, receiver.take_id(), address, outcome, data.len(), data);
            }
            Purpose::Bulk { .. } => self.encoder.buffered_bulk(receiver.take_id(), address, outcome, data),
            Purpose::IsoIn { .. } => {
                for packet in &completion.packets {
                    let outcome = if packet.ok { Outcome::Success } else { Outcome::IoError };
                    let id = receiver.take_id();
                    self.encoder.single(kind, id, address, outcome, packet.data.len(), &packet.data);
                }
            }
            Purpose::IsoOut { .. } => {}
        }
        true
    }

    fn answer(&mut self, pending: &Pending, completion: &Completion, station: &Station) {
        let outcome = outcome(completion.status);
        let (id, actual, data) = (pending.id, completion.actual, completion.data.as_slice());
        let first = data.first().copied().unwrap_or(0);
        match pending.what {
            Asked::Control { endpoint, setup } => self.encoder.control(id, endpoint, setup, outcome, actual, data),
            Asked::Bulk { endpoint, stream } => self.encoder.bulk(id, endpoint, stream, outcome, actual, data),
            Asked::Interrupt { endpoint } => {
                self.encoder.single(kind::INTERRUPT_PACKET, id, endpoint, outcome, actual, &[]);
            }
            Asked::SetConfiguration => {
                self.describe_anew(outcome, station);
                let value = station.settings().map_or(0, crate::station::Settings::value);
                self.encoder.message(kind::CONFIGURATION_STATUS, id, &[&[outcome as u8, value]]);
            }
            Asked::GetConfiguration => {
                self.encoder.message(kind::CONFIGURATION_STATUS, id, &[&[outcome as u8, first]]);
            }
            Asked::SetAlternate { interface, alternate } => {
                self.describe_anew(outcome, station);
                self.encoder.message(kind::ALT_SETTING_STATUS, id, &[&[outcome as u8, interface, alternate]]);
            }
            Asked::GetAlternate { interface } => {
                self.encoder.message(kind::ALT_SETTING_STATUS, id, &[&[outcome as u8, interface, first]]);
            }
        }
    }

    /// The guest must know the endpoints of the new setting before it hears that the setting is in force.
    fn describe_anew(&mut self, outcome: Outcome, station: &Station) {
        if let Some(settings) = station.settings().filter(|_| outcome == Outcome::Success) {
            announce::describe(&mut self.encoder, settings);
        }
    }
}

/// An endpoint of what is set, if it is of that type.
fn endpoint_of(station: &Station, address: u8, kind: TransferType) -> Option<Endpoint> {
    station.settings()?.endpoint(address).filter(|one| one.transfer_type == kind).cloned()
}

const fn outcome(status: Status) -> Outcome {
    match status {
        Status::Done => Outcome::Success,
        Status::Stall => Outcome::Stall,
        Status::Babble { .. } => Outcome::Babble,
        Status::NoAnswer(_) => Outcome::IoError,
        Status::Cancelled | Status::BusReset | Status::Detached => Outcome::Cancelled,
    }
}

impl From<Malformed> for Trouble {
    fn from(error: Malformed) -> Self {
        Self::Client(error.to_string())
    }
}

impl Session for RedirSession {
    fn receive(&mut self, bytes: &[u8], station: &mut Station) -> Result<(), Trouble> {
        self.decoder.feed(bytes);
        while let Some((id, message)) = self.decoder.take()? {
            self.obey(id, message, station)?;
        }
        Ok(())
    }

    fn hear(&mut self, news: &News, station: &mut Station) -> Result<(), Trouble> {
        match news {
            News::Ended(completion) => self.ended(completion, station),
            News::Ready => self.announce(station),
            News::Gone if self.connected => {
                self.stop_all(station);
                self.connected = false;
                self.unacknowledged = self.decoder.has(capability::DISCONNECT_ACK);
                self.encoder.message(kind::DEVICE_DISCONNECT, 0, &[]);
            }
            News::Gone | News::Remark(_) => {}
        }
        Ok(())
    }

    fn output(&mut self) -> &mut Vec<u8> {
        &mut self.encoder.bytes
    }

    fn is_over(&self) -> bool {
        self.rejected
    }
}
