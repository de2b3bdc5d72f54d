//! The messages of the link, and their bytes. All numbers are little-endian; times are nanoseconds of bus time.
//!
//! A message is its length (u32, of what follows), its kind (u8) and its fields. Commands go from the bus to the
//! device, answers from the device to the bus; each command but Goodbye has exactly one answer.

use std::io::{Read, Write};

use super::LinkError;
use crate::port::{Fault, Reply, Toggle, Token, Transaction};
use crate::time::BusTime;

/// First bytes of the device's Hello.
pub const MAGIC: &[u8; 6] = b"USBSIM";
/// The longest message; a longer one is malformed.
pub const LONGEST: usize = 4096;

const HELLO: u8 = 0x01;
const RUN_UNTIL: u8 = 0x02;
const TRANSACTION: u8 = 0x03;
const RESET: u8 = 0x04;
const SUSPEND: u8 = 0x05;
const RESUME: u8 = 0x06;
const START_OF_FRAME: u8 = 0x07;
const CABLE: u8 = 0x08;
const GOODBYE: u8 = 0x09;
const DEVICE_HELLO: u8 = 0x81;
const REACHED: u8 = 0x82;
const REPLY: u8 = 0x83;
const DONE: u8 = 0x84;
const FAILED: u8 = 0x85;

/// A transaction whose data are its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedTransaction {
    start: BusTime,
    token_end: BusTime,
    data_end: BusTime,
    token: Token,
    address: u8,
    endpoint: u8,
    toggle: Toggle,
    isochronous: bool,
    fault: Option<Fault>,
    room: u16,
    data: Vec<u8>,
}

impl OwnedTransaction {
    /// The same, borrowed, as a port takes it.
    pub fn borrow(&self) -> Transaction<'_> {
        Transaction {
            start: self.start,
            token_end: self.token_end,
            data_end: self.data_end,
            token: self.token,
            address: self.address,
            endpoint: self.endpoint,
            toggle: self.toggle,
            data: &self.data,
            room: usize::from(self.room),
            isochronous: self.isochronous,
            fault: self.fault,
        }
    }
}

impl From<&Transaction<'_>> for OwnedTransaction {
    fn from(from: &Transaction<'_>) -> Self {
        Self {
            start: from.start,
            token_end: from.token_end,
            data_end: from.data_end,
            token: from.token,
            address: from.address,
            endpoint: from.endpoint,
            toggle: from.toggle,
            isochronous: from.isochronous,
            fault: from.fault,
            room: u16::try_from(from.room).unwrap_or(u16::MAX),
            data: from.data.to_vec(),
        }
    }
}

/// What the bus asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Answer to the device's Hello.
    Hello {
        /// Protocol version.
        version: u16,
    },
    /// Run until then, or until the next change.
    RunUntil(BusTime),
    /// A transaction.
    Transaction(OwnedTransaction),
    /// Bus reset from, to.
    Reset(BusTime, BusTime),
    /// The bus has been idle for 3 ms.
    Suspend(BusTime),
    /// Resume signalling begins.
    Resume(BusTime),
    /// SOF with a frame number.
    StartOfFrame(BusTime, u16),
    /// The cable was plugged in or pulled.
    Cable(BusTime, bool),
    /// The bus side ends; no answer.
    Goodbye,
}

/// What every answer tells about the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// [`Port::changes`](crate::port::Port::changes).
    pub changes: u64,
    /// [`Port::pull_up`](crate::port::Port::pull_up).
    pub pull_up: bool,
    /// [`Port::resume_requested`](crate::port::Port::resume_requested).
    pub resume_requested: bool,
}

/// What the device answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The first message on the link.
    Hello {
        /// Protocol version.
        version: u16,
        /// What the device is, for messages.
        name: String,
    },
    /// To RunUntil: the time reached.
    Reached(State, BusTime),
    /// To Transaction.
    Reply(State, Reply),
    /// To the others.
    Done(State),
    /// To any: the device cannot go on, and why.
    Failed(String),
}

/// Reads fields off the front of a message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], LinkError> {
        match self.0.split_at_checked(count) {
            Some((front, rest)) => {
                self.0 = rest;
                Ok(front)
            }
            None => malformed(format!("it ends {} bytes too early", count - self.0.len())),
        }
    }

    fn number(&mut self, count: usize) -> Result<u64, LinkError> {
        Ok(self.bytes(count)?.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn byte(&mut self) -> Result<u8, LinkError> {
        Ok(self.number(1)? as u8)
    }

    fn word(&mut self) -> Result<u16, LinkError> {
        Ok(self.number(2)? as u16)
    }

    fn time(&mut self) -> Result<BusTime, LinkError> {
        Ok(BusTime::from_nanos(self.number(8)?))
    }

    fn state(&mut self) -> Result<State, LinkError> {
        let changes = self.number(8)?;
        let flags = self.byte()?;
        if flags & !3 != 0 {
            return malformed(format!("state flags 0x{flags:02x}, only bits 0 and 1 are known"));
        }
        Ok(State { changes, pull_up: flags & 1 != 0, resume_requested: flags & 2 != 0 })
    }

    fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    fn end<T>(self, value: T) -> Result<T, LinkError> {
        if self.0.is_empty() { Ok(value) } else { malformed(format!("{} bytes too many", self.0.len())) }
    }
}

fn malformed<T>(text: String) -> Result<T, LinkError> {
    Err(LinkError::Malformed(text))
}

fn toggle(byte: u8) -> Result<Toggle, LinkError> {
    match byte {
        0 | 1 => Ok(Toggle::from_bit(byte == 1)),
        other => malformed(format!("toggle {other}, expected 0 or 1")),
    }
}

fn send(out: &mut impl Write, kind: u8, fields: &[&[u8]]) -> Result<(), LinkError> {
    let length = 1 + fields.iter().map(|field| field.len()).sum::<usize>();
    if length > LONGEST {
        return malformed(format!("a message of {length} bytes to be sent, {LONGEST} is the most"));
    }
    let mut message = Vec::with_capacity(4 + length);
    message.extend((length as u32).to_le_bytes());
    message.push(kind);
    message.extend(fields.iter().flat_map(|field| field.iter()));
    out.write_all(&message)?;
    Ok(out.flush()?)
}

fn receive(input: &mut impl Read) -> Result<Vec<u8>, LinkError> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length == 0 || length > LONGEST {
        return malformed(format!("length {length}, expected 1 to {LONGEST}"));
    }
    let mut message = vec![0; length];
    input.read_exact(&mut message)?;
    Ok(message)
}

impl Command {
    /// # Errors
    /// [`LinkError::Io`], [`LinkError::Closed`].
    pub fn write(&self, out: &mut impl Write) -> Result<(), LinkError> {
        let time = |time: &BusTime| time.nanos().to_le_bytes();
        match self {
            Self::Hello { version } => send(out, HELLO, &[&version.to_le_bytes()]),
            Self::RunUntil(until) => send(out, RUN_UNTIL, &[&time(until)]),
            Self::Transaction(one) => {
                let token = match one.token {
                    Token::Setup => 0,
                    Token::Out => 1,
                    Token::In => 2,
                };
                let fault = match one.fault {
                    None => 0,
                    Some(Fault::LoseToken) => 1,
                    Some(Fault::CorruptData) => 2,
                    Some(Fault::LoseHandshake) => 3,
                };
                let small = [token, one.address, one.endpoint, one.toggle.number(), u8::from(one.isochronous), fault];
                let times = [time(&one.start), time(&one.token_end), time(&one.data_end)];
                let room = one.room.to_le_bytes();
                send(out, TRANSACTION, &[&times[0], &times[1], &times[2], &small, &room, &one.data])
            }
            Self::Reset(start, end) => send(out, RESET, &[&time(start), &time(end)]),
            Self::Suspend(at) => send(out, SUSPEND, &[&time(at)]),
            Self::Resume(at) => send(out, RESUME, &[&time(at)]),
            Self::StartOfFrame(at, frame) => send(out, START_OF_FRAME, &[&time(at), &frame.to_le_bytes()]),
            Self::Cable(at, plugged) => send(out, CABLE, &[&time(at), &[u8::from(*plugged)]]),
            Self::Goodbye => send(out, GOODBYE, &[]),
        }
    }

    /// # Errors
    /// [`LinkError`].
    pub fn read(input: &mut impl Read) -> Result<Self, LinkError> {
        let message = receive(input)?;
        let mut fields = Fields(&message[1..]);
        let command = match message[0] {
            HELLO => Self::Hello { version: fields.word()? },
            RUN_UNTIL => Self::RunUntil(fields.time()?),
            TRANSACTION => Self::Transaction(read_transaction(&mut fields)?),
            RESET => Self::Reset(fields.time()?, fields.time()?),
            SUSPEND => Self::Suspend(fields.time()?),
            RESUME => Self::Resume(fields.time()?),
            START_OF_FRAME => Self::StartOfFrame(fields.time()?, fields.word()?),
            CABLE => Self::Cable(fields.time()?, fields.byte()? != 0),
            GOODBYE => Self::Goodbye,
            other => return malformed(format!("command 0x{other:02x} is not known")),
        };
        fields.end(command)
    }
}

fn read_transaction(fields: &mut Fields<'_>) -> Result<OwnedTransaction, LinkError> {
    let (start, token_end, data_end) = (fields.time()?, fields.time()?, fields.time()?);
    let token = match fields.byte()? {
        0 => Token::Setup,
        1 => Token::Out,
        2 => Token::In,
        other => return malformed(format!("token {other}, expected 0, 1 or 2")),
    };
    let (address, endpoint) = (fields.byte()?, fields.byte()?);
    if address > 127 || endpoint > 15 {
        return malformed(format!("address {address}, endpoint {endpoint}, expected at most 127 and 15"));
    }
    let toggle = toggle(fields.byte()?)?;
    let isochronous = fields.byte()? != 0;
    let fault = match fields.byte()? {
        0 => None,
        1 => Some(Fault::LoseToken),
        2 => Some(Fault::CorruptData),
        3 => Some(Fault::LoseHandshake),
        other => return malformed(format!("fault {other}, expected 0 to 3")),
    };
    let room = fields.word()?;
    let data = fields.rest();
    if data.len() > 1023 || token == Token::Setup && data.len() != 8 {
        return malformed(format!("{} data bytes, expected 8 for SETUP and at most 1023", data.len()));
    }
    Ok(OwnedTransaction {
        start,
        token_end,
        data_end,
        token,
        address,
        endpoint,
        toggle,
        isochronous,
        fault,
        room,
        data,
    })
}

impl Answer {
    /// # Errors
    /// [`LinkError::Io`], [`LinkError::Closed`].
    pub fn write(&self, out: &mut impl Write) -> Result<(), LinkError> {
        match self {
            Self::Hello { version, name } => send(out, DEVICE_HELLO, &[MAGIC, &version.to_le_bytes(), cut(name)]),
            Self::Reached(state, time) => send(out, REACHED, &[&state.bytes(), &time.nanos().to_le_bytes()]),
            Self::Reply(state, reply) => {
                let (kind, data): (&[u8], &[u8]) = match reply {
                    Reply::Silent => (&[0], &[]),
                    Reply::Ack => (&[1], &[]),
                    Reply::Nak => (&[2], &[]),
                    Reply::Stall => (&[3], &[]),
                    Reply::Data { toggle: Toggle::Data0, bytes } => (&[4, 0], bytes),
                    Reply::Data { toggle: Toggle::Data1, bytes } => (&[4, 1], bytes),
                };
                send(out, REPLY, &[&state.bytes(), kind, data])
            }
            Self::Done(state) => send(out, DONE, &[&state.bytes()]),
            Self::Failed(text) => send(out, FAILED, &[cut(text)]),
        }
    }

    /// # Errors
    /// [`LinkError`].
    pub fn read(input: &mut impl Read) -> Result<Self, LinkError> {
        let message = receive(input)?;
        let mut fields = Fields(&message[1..]);
        let answer = match message[0] {
            DEVICE_HELLO => {
                let magic = fields.bytes(MAGIC.len())?;
                if magic != MAGIC {
                    return malformed(format!("it begins with {magic:02x?}, expected {MAGIC:02x?}"));
                }
                let version = fields.word()?;
                Self::Hello { version, name: String::from_utf8_lossy(&fields.rest()).into_owned() }
            }
            REACHED => Self::Reached(fields.state()?, fields.time()?),
            REPLY => Self::Reply(fields.state()?, read_reply(&mut fields)?),
            DONE => Self::Done(fields.state()?),
            FAILED => Self::Failed(String::from_utf8_lossy(&fields.rest()).into_owned()),
            other => return malformed(format!("answer 0x{other:02x} is not known")),
        };
        fields.end(answer)
    }
}

fn read_reply(fields: &mut Fields<'_>) -> Result<Reply, LinkError> {
    Ok(match fields.byte()? {
        0 => Reply::Silent,
        1 => Reply::Ack,
        2 => Reply::Nak,
        3 => Reply::Stall,
        4 => {
            let toggle = toggle(fields.byte()?)?;
            let bytes = fields.rest();
            if bytes.len() > 1023 {
                return malformed(format!("{} data bytes, expected at most 1023", bytes.len()));
            }
            Reply::Data { toggle, bytes }
        }
        other => return malformed(format!("reply {other}, expected 0 to 4")),
    })
}

impl State {
    fn bytes(self) -> [u8; 9] {
        let [a, b, c, d, e, f, g, h] = self.changes.to_le_bytes();
        [a, b, c, d, e, f, g, h, u8::from(self.pull_up) | u8::from(self.resume_requested) << 1]
    }
}

/// Text may be cut to what surely fits into a message.
fn cut(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(LONGEST / 2)]
}
