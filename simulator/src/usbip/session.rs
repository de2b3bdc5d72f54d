//! The server's side of a connection.

use std::collections::HashMap;
use std::time::Duration;

use super::message::{
    Command, Decoder, Malformed, Operation, Packet, PacketEnd, Submit, flag, operation, reply_operation, reply_submit,
    reply_unlink,
};
use super::{BUS_ID, record};
use crate::bus::urb::{Completion, Status, TransferType, UrbId};
use crate::host::descriptor::Endpoint;
use crate::station::server::{ClientId, Session, Trouble};
use crate::station::{News, Station};

/// Status of an import that went well, of a device that somebody has, of a name that nobody has.
const OK: u32 = 0;
const BUSY: u32 = 2;
const NO_DEVICE: u32 = 4;

/// Linux's numbers: the URB makes no sense; a short packet where none was wanted; an isochronous packet that did not come;
/// the URB was taken back; the endpoint is gone; there are too many.
const EINVAL: i32 = -22;
const EREMOTEIO: i32 = -121;
const EXDEV: i32 = -18;
const ECONNRESET: i32 = -104;
const ESHUTDOWN: i32 = -108;
const ENOMEM: i32 = -12;

/// How long a client may be connected before it has the device.
const PATIENCE: Duration = Duration::from_secs(10);
/// URBs under way, and bytes that they may be waiting to send. More of them fail.
const MOST_URBS: usize = 4096;
const MOST_BYTES: usize = 64 << 20;

/// A URB that the client waits for.
struct Pending {
    sequence: u32,
    is_in: bool,
    short_is_error: bool,
    length: usize,
    /// Bytes that go to the device.
    bytes: usize,
    packets: Vec<Packet>,
    /// The unlink that has taken it back.
    unlink: Option<u32>,
}

/// A connection with a client.
pub struct UsbipSession {
    client: ClientId,
    decoder: Decoder,
    output: Vec<u8>,
    imported: bool,
    over: bool,
    pending: HashMap<UrbId, Pending>,
    by_sequence: HashMap<u32, UrbId>,
    bytes: usize,
}

impl UsbipSession {
    /// Waits for an operation.
    pub fn new(client: ClientId) -> Self {
        Self {
            client,
            decoder: Decoder::default(),
            output: Vec::new(),
            imported: false,
            over: false,
            pending: HashMap::new(),
            by_sequence: HashMap::new(),
            bytes: 0,
        }
    }

    fn operate(&mut self, operation: Operation, station: &mut Station) -> Result<(), Trouble> {
        match operation {
            Operation::List => self.list(station),
            Operation::Import(name) => {
                let status = self.import(&name, station)?;
                reply_operation(&mut self.output, operation::IMPORT, status);
                match station.settings().filter(|_| status == OK) {
                    Some(settings) => {
                        record::device(&mut self.output, settings);
                        self.imported = true;
                    }
                    None => self.over = true,
                }
            }
        }
        Ok(())
    }

    /// One operation is all that a connection is for.
    fn list(&mut self, station: &Station) {
        let device = station.settings();
        reply_operation(&mut self.output, operation::LIST, OK);
        self.output.extend(u32::from(device.is_some()).to_be_bytes());
        if let Some(settings) = device {
            record::device(&mut self.output, settings);
            record::device_interfaces(&mut self.output, settings);
        }
        self.over = true;
    }

    fn import(&self, name: &str, station: &mut Station) -> Result<u32, Trouble> {
        if name != BUS_ID || station.settings().is_none() {
            return Ok(NO_DEVICE);
        }
        Ok(if station.claim(self.client)? { OK } else { BUSY })
    }

    fn obey(&mut self, command: Command, station: &mut Station) -> Result<(), Trouble> {
        let (Command::Submit(Submit { device, .. }) | Command::Unlink { device, .. }) = &command;
        if *device != record::DEVICE_ID {
            let expected = record::DEVICE_ID;
            return Err(Malformed(format!("device {device:#x}, expected {expected:#x}, the imported one")).into());
        }
        match command {
            Command::Submit(submit) => self.submit(submit, station),
            Command::Unlink { sequence, victim, .. } => {
                self.unlink(sequence, victim, station);
                Ok(())
            }
        }
    }

    fn submit(&mut self, submit: Submit, station: &mut Station) -> Result<(), Trouble> {
        let sequence = submit.sequence;
        if self.by_sequence.contains_key(&sequence) {
            return Err(Malformed(format!("a second URB {sequence} while the first one is under way")).into());
        }
        if self.pending.len() >= MOST_URBS || self.bytes >= MOST_BYTES {
            reply_submit(&mut self.output, sequence, ENOMEM, 0, 0, &[], &[]);
            return Ok(());
        }
        let Some(urb) = start(&submit, station) else {
            reply_submit(&mut self.output, sequence, EINVAL, 0, 0, &[], &[]);
            return Ok(());
        };
        self.bytes += submit.data.len();
        self.by_sequence.insert(sequence, urb);
        let pending = Pending {
            sequence,
            is_in: submit.is_in,
            short_is_error: submit.flags & flag::SHORT_NOT_OK != 0,
            length: submit.length,
            bytes: submit.data.len(),
            packets: submit.packets,
            unlink: None,
        };
        self.pending.insert(urb, pending);
        Ok(())
    }

    /// The answer goes when the URB has ended: what had ended before is told as it was.
    fn unlink(&mut self, sequence: u32, victim: u32, station: &mut Station) {
        let pending = self.by_sequence.get(&victim).and_then(|urb| self.pending.get_mut(urb).zip(Some(*urb)));
        match pending {
            Some((pending, urb)) => {
                if let Some(earlier) = pending.unlink.replace(sequence) {
                    reply_unlink(&mut self.output, earlier, 0);
                }
                station.cancel(urb);
            }
            None => reply_unlink(&mut self.output, sequence, 0),
        }
    }

    fn ended(&mut self, completion: &Completion) {
        let Some(pending) = self.pending.remove(&completion.id) else { return };
        self.by_sequence.remove(&pending.sequence);
        self.bytes -= pending.bytes;
        match (completion.status, pending.unlink) {
            (Status::Cancelled, Some(sequence)) => reply_unlink(&mut self.output, sequence, ECONNRESET),
            (_, unlink) => {
                self.answer(&pending, completion);
                if let Some(sequence) = unlink {
                    reply_unlink(&mut self.output, sequence, 0);
                }
            }
        }
    }

    fn answer(&mut self, pending: &Pending, completion: &Completion) {
        let short = pending.is_in && pending.short_is_error && completion.actual < pending.length;
        let isochronous = !pending.packets.is_empty();
        let status = match completion.status {
            Status::Done if short && !isochronous => EREMOTEIO,
            // The client has not asked for it: the configuration has changed.
            Status::Cancelled => ESHUTDOWN,
            other => other.errno(),
        };
        let packets: Vec<PacketEnd> =
            pending.packets.iter().enumerate().map(|(at, asked)| end(completion, at, *asked, pending.is_in)).collect();
        let frame = completion.packets.first().map_or(0, |one| one.frame as u32);
        let data = if pending.is_in { completion.data.as_slice() } else { &[] };
        let (sequence, actual) = (pending.sequence, completion.actual);
        reply_submit(&mut self.output, sequence, status, actual, frame, data, &packets);
    }
}

/// How packet number `at` of an isochronous URB ended; one that was never begun has not come.
fn end(completion: &Completion, at: usize, asked: Packet, is_in: bool) -> PacketEnd {
    match completion.packets.get(at) {
        Some(one) if one.ok => {
            PacketEnd { asked, actual: if is_in { one.data.len() } else { asked.length }, status: 0 }
        }
        _ => PacketEnd { asked, actual: 0, status: EXDEV },
    }
}

/// `None` if the URB makes no sense.
fn start(submit: &Submit, station: &mut Station) -> Option<UrbId> {
    if submit.endpoint == 0 {
        let wanted = usize::from(u16::from_le_bytes([submit.setup[6], submit.setup[7]]));
        let fits = submit.length == wanted && submit.is_in == (submit.setup[0] & 0x80 != 0 && wanted > 0);
        // A request without data has no direction; clients put either.
        return (fits || wanted == 0 && submit.length == 0).then(|| station.control(submit.setup, &submit.data));
    }
    let address = submit.endpoint | if submit.is_in { 0x80 } else { 0 };
    let endpoint = station.settings()?.endpoint(address)?.clone();
    if endpoint.transfer_type == TransferType::Isochronous {
        return isochronous(submit, &endpoint, station);
    }
    if !submit.packets.is_empty() {
        return None;
    }
    let zero_packet = submit.flags & flag::ZERO_PACKET != 0;
    Some(if submit.is_in {
        station.input(&endpoint, submit.length)
    } else {
        station.output(&endpoint, &submit.data, zero_packet)
    })
}

fn isochronous(submit: &Submit, endpoint: &Endpoint, station: &mut Station) -> Option<UrbId> {
    if submit.packets.is_empty() || submit.packets.iter().any(|one| one.length > endpoint.max_packet) {
        return None;
    }
    let bytes = |one: &Packet| submit.data.get(one.offset..one.offset + one.length).unwrap_or(&[]);
    let data: Vec<u8> = submit.packets.iter().flat_map(bytes).copied().collect();
    let lengths = submit.packets.iter().map(|one| one.length).collect();
    Some(station.isochronous(endpoint, &data, lengths))
}

impl From<Malformed> for Trouble {
    fn from(error: Malformed) -> Self {
        Self::Client(error.to_string())
    }
}

impl Session for UsbipSession {
    fn receive(&mut self, bytes: &[u8], station: &mut Station) -> Result<(), Trouble> {
        self.decoder.feed(bytes);
        while !self.over && !self.imported {
            let Some(operation) = self.decoder.take_operation()? else { return Ok(()) };
            self.operate(operation, station)?;
        }
        while !self.over {
            let Some(command) = self.decoder.take_command()? else { return Ok(()) };
            self.obey(command, station)?;
        }
        Ok(())
    }

    fn hear(&mut self, news: &News, _station: &mut Station) -> Result<(), Trouble> {
        match news {
            News::Ended(completion) => self.ended(completion),
            // There is no other word for it in this protocol.
            News::Gone if self.imported => self.over = true,
            News::Gone | News::Ready | News::Remark(_) => {}
        }
        Ok(())
    }

    fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn patience(&self) -> Option<Duration> {
        Some(PATIENCE)
    }
}
