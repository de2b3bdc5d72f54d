//! The messages: what a client may send, taken from bytes without trusting one of them, and our answers.

use thiserror::Error;

/// Version of the protocol, as every operation begins with.
pub const VERSION: u16 = 0x0111;
/// Codes of operations; a reply has the code without the top bit.
pub mod operation {
    /// Which devices are there?
    pub const LIST: u16 = 0x8005;
    /// Give me one of them.
    pub const IMPORT: u16 = 0x8003;
}
/// Bytes of a bus id in an import.
const BUS_ID: usize = 32;
/// Version, code, status.
const OPERATION: usize = 8;

/// Numbers of the URB messages.
const SUBMIT: u32 = 1;
const UNLINK: u32 = 2;
const RET_SUBMIT: u32 = 3;
const RET_UNLINK: u32 = 4;
/// Every URB message begins with so much.
const HEADER: usize = 48;
/// An isochronous packet's descriptor.
const PACKET: usize = 16;
/// The most isochronous packets in a URB: Linux's own limit.
const MOST_PACKETS: usize = 1024;
/// The longest transfer: as much as Linux's usbfs allows.
pub const LONGEST_TRANSFER: usize = 16 << 20;
/// number_of_packets of a URB that is not isochronous; 0 is seen as well.
const NOT_ISOCHRONOUS: u32 = u32::MAX;

/// transfer_flags of a URB (Linux, include/linux/usb.h).
pub mod flag {
    /// A short packet is an error.
    pub const SHORT_NOT_OK: u32 = 0x0001;
    /// OUT: end with an empty packet if the last one is full.
    pub const ZERO_PACKET: u32 = 0x0040;
}

/// What a client must not send.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("USB/IP: {0}")]
pub struct Malformed(pub String);

fn malformed<T>(rule: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(rule.into()))
}

/// What a client asks before it has a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// OP_REQ_DEVLIST.
    List,
    /// OP_REQ_IMPORT with a bus id.
    Import(String),
}

/// A packet of an isochronous URB: where its bytes are in the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    /// First byte.
    pub offset: usize,
    /// Bytes.
    pub length: usize,
}

/// USBIP_CMD_SUBMIT.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submit {
    /// Names the URB.
    pub sequence: u32,
    /// The device, as the client thinks that it is numbered.
    pub device: u32,
    /// Data move to the host.
    pub is_in: bool,
    /// Endpoint number, 0 to 15.
    pub endpoint: u8,
    /// See [`flag`].
    pub flags: u32,
    /// Bytes of the buffer.
    pub length: usize,
    /// The SETUP packet, for endpoint 0.
    pub setup: [u8; 8],
    /// OUT: the buffer.
    pub data: Vec<u8>,
    /// Isochronous: the packets.
    pub packets: Vec<Packet>,
}

/// What a client asks of a device that it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Do this transfer.
    Submit(Submit),
    /// Take a transfer back.
    Unlink {
        /// Names this command.
        sequence: u32,
        /// The device.
        device: u32,
        /// Names the transfer.
        victim: u32,
    },
}

/// Takes messages from a stream of bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    taken: usize,
}

impl Decoder {
    /// Bytes have come.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next whole operation.
    ///
    /// # Errors
    /// [`Malformed`]: there is no way to go on after it.
    pub fn take_operation(&mut self) -> Result<Option<Operation>, Malformed> {
        let bytes = &self.bytes[self.taken..];
        let Some(head) = bytes.get(..OPERATION) else { return Ok(None) };
        let (version, code) = (half(head, 0), half(head, 2));
        if version != VERSION {
            return malformed(format!("version {version:#06x}, expected {VERSION:#06x}"));
        }
        match code {
            operation::LIST => {
                self.taken += OPERATION;
                Ok(Some(Operation::List))
            }
            operation::IMPORT => {
                let Some(name) = bytes.get(OPERATION..OPERATION + BUS_ID) else { return Ok(None) };
                let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
                let name = String::from_utf8_lossy(&name[..end]).into_owned();
                self.taken += OPERATION + BUS_ID;
                Ok(Some(Operation::Import(name)))
            }
            other => malformed(format!("operation {other:#06x}, expected 0x8003 (import) or 0x8005 (list)")),
        }
    }

    /// Takes the next whole URB message.
    ///
    /// # Errors
    /// As [`Decoder::take_operation`].
    pub fn take_command(&mut self) -> Result<Option<Command>, Malformed> {
        let bytes = &self.bytes[self.taken..];
        let Some(header) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let (command, sequence, device) = (word(header, 0), word(header, 4), word(header, 8));
        match command {
            SUBMIT => {
                let Some((submit, length)) = submit(header, &bytes[HEADER..])? else { return Ok(None) };
                self.taken += length;
                Ok(Some(Command::Submit(submit)))
            }
            UNLINK => {
                self.taken += HEADER;
                Ok(Some(Command::Unlink { sequence, device, victim: word(header, 20) }))
            }
            other => malformed(format!("command {other}, expected 1 (submit) or 2 (unlink)")),
        }
    }
}

/// The message and its length; `None` while bytes are missing.
fn submit(header: &[u8; HEADER], rest: &[u8]) -> Result<Option<(Submit, usize)>, Malformed> {
    let (direction, endpoint) = (word(header, 12), word(header, 16));
    let (length, count) = (word(header, 24) as usize, word(header, 32));
    if direction > 1 || endpoint > 15 {
        return malformed(format!("endpoint {endpoint}, direction {direction}: expected 0 to 15, 0 or 1"));
    }
    if length > LONGEST_TRANSFER {
        return malformed(format!("a transfer of {length} bytes, at most {LONGEST_TRANSFER} are allowed"));
    }
    let count = if count == NOT_ISOCHRONOUS { 0 } else { count as usize };
    if count > MOST_PACKETS {
        return malformed(format!("{count} isochronous packets, at most {MOST_PACKETS} are allowed"));
    }
    let is_in = direction == 1;
    let sent = if is_in { 0 } else { length };
    let whole = sent + count * PACKET;
    let Some(body) = rest.get(..whole) else { return Ok(None) };
    let (data, packets) = body.split_at(sent);
    let packets: Result<Vec<Packet>, Malformed> = packets.chunks_exact(PACKET).map(|one| packet(one, length)).collect();
    let packets = packets?;
    let total: usize = packets.iter().map(|one| one.length).sum();
    if total > length {
        return malformed(format!("isochronous packets of {total} bytes in a buffer of {length}"));
    }
    let mut setup = [0; 8];
    setup.copy_from_slice(&header[40..]);
    let submit = Submit {
        sequence: word(header, 4),
        device: word(header, 8),
        is_in,
        endpoint: endpoint as u8,
        flags: word(header, 20),
        length,
        setup,
        data: data.to_vec(),
        packets,
    };
    Ok(Some((submit, HEADER + whole)))
}

fn packet(bytes: &[u8], buffer: usize) -> Result<Packet, Malformed> {
    let (offset, length) = (word(bytes, 0) as usize, word(bytes, 4) as usize);
    if offset > buffer || length > buffer - offset {
        return malformed(format!("an isochronous packet of {length} bytes at {offset}, the buffer has {buffer}"));
    }
    Ok(Packet { offset, length })
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_be_bytes(*four))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |two| u16::from_be_bytes(*two))
}

/// How an isochronous packet ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PacketEnd {
    /// As it was asked for.
    pub asked: Packet,
    /// Bytes moved.
    pub actual: usize,
    /// 0 or a negative errno.
    pub status: i32,
}

/// Appends the head of an operation's reply.
pub fn reply_operation(to: &mut Vec<u8>, code: u16, status: u32) {
    to.extend(VERSION.to_be_bytes());
    to.extend((code & 0x7fff).to_be_bytes());
    to.extend(status.to_be_bytes());
}

/// Appends USBIP_RET_SUBMIT. `data`: of an IN, the packets of an isochronous one behind each other.
pub fn reply_submit(
    to: &mut Vec<u8>,
    sequence: u32,
    status: i32,
    actual: usize,
    start_frame: u32,
    data: &[u8],
    packets: &[PacketEnd],
) {
    let errors = packets.iter().filter(|one| one.status != 0).count();
    for number in [RET_SUBMIT, sequence, 0, 0, 0] {
        to.extend(number.to_be_bytes());
    }
    to.extend(status.to_be_bytes());
    for number in [actual as u32, start_frame, packets.len() as u32, errors as u32, 0, 0] {
        to.extend(number.to_be_bytes());
    }
    to.extend_from_slice(data);
    for one in packets {
        for number in [one.asked.offset, one.asked.length, one.actual] {
            to.extend((number as u32).to_be_bytes());
        }
        to.extend(one.status.to_be_bytes());
    }
}

/// Appends USBIP_RET_UNLINK.
pub fn reply_unlink(to: &mut Vec<u8>, sequence: u32, status: i32) {
    for number in [RET_UNLINK, sequence, 0, 0, 0] {
        to.extend(number.to_be_bytes());
    }
    to.extend(status.to_be_bytes());
    to.extend([0; 24]);
}
