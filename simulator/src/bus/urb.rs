//! URBs: what a host driver asks the controller to move, and what became of it. The name and the rules are Linux's.

use std::fmt;

use crate::port::Token;
use crate::time::BusTime;

/// bmAttributes bits 0 and 1 (USB 2.0 table 9-13).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferType {
    /// Endpoint 0 in practice.
    Control,
    /// One packet in each interval, no handshake.
    Isochronous,
    /// What is left of the frame.
    Bulk,
    /// One packet in each interval, with handshake.
    Interrupt,
}

impl TransferType {
    /// From bmAttributes of an endpoint descriptor.
    pub const fn from_attributes(attributes: u8) -> Self {
        match attributes & 3 {
            0 => Self::Control,
            1 => Self::Isochronous,
            2 => Self::Bulk,
            _ => Self::Interrupt,
        }
    }
}

impl fmt::Display for TransferType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "control",
            Self::Isochronous => "isochronous",
            Self::Bulk => "bulk",
            Self::Interrupt => "interrupt",
        })
    }
}

/// Names a submitted URB; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UrbId(pub(crate) u64);

impl UrbId {
    /// The URB of a number that [`UrbId::number`] gave.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number, as it stands in a pcap file.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A transfer to be done. Build one with the functions below.
#[derive(Clone, Debug)]
pub struct Urb {
    /// Device address, 0 to 127.
    pub address: u8,
    /// Endpoint number, with bit 7 for IN; for control transfers the number alone (the direction is in the SETUP
    /// packet).
    pub endpoint: u8,
    /// How it is scheduled.
    pub transfer_type: TransferType,
    /// wMaxPacketSize as the host believes it, 1 to 1023.
    pub max_packet: usize,
    /// Frames between two packets of an interrupt or isochronous endpoint, at least 1.
    pub interval: u64,
    /// The SETUP packet of a control transfer.
    pub setup: Option<[u8; 8]>,
    /// OUT: the bytes to send.
    pub data: Vec<u8>,
    /// IN: the most to receive. (OUT: `data.len()`.)
    pub length: usize,
    /// OUT: end with an empty packet when the length is a multiple of `max_packet`.
    pub zero_packet: bool,
    /// Isochronous: bytes of each packet.
    pub packets: Vec<usize>,
}

impl Urb {
    /// A control transfer. `data` is sent if bit 7 of `setup[0]` is clear; the length is the setup packet's wLength in
    /// any case.
    pub fn control(address: u8, max_packet: usize, setup: [u8; 8], data: &[u8]) -> Self {
        let length = usize::from(u16::from_le_bytes([setup[6], setup[7]]));
        Self { setup: Some(setup), ..Self::plain(address, 0, TransferType::Control, max_packet, data, length) }
    }

    /// A bulk or interrupt OUT transfer.
    pub fn out(address: u8, endpoint: u8, kind: TransferType, max_packet: usize, data: &[u8]) -> Self {
        Self::plain(address, endpoint & 0x0f, kind, max_packet, data, data.len())
    }

    /// A bulk or interrupt IN transfer of at most `length` bytes.
    pub fn input(address: u8, endpoint: u8, kind: TransferType, max_packet: usize, length: usize) -> Self {
        Self::plain(address, endpoint | 0x80, kind, max_packet, &[], length)
    }

    /// An isochronous transfer, one packet in each interval: `data` cut to `packets` for OUT, room for them for IN.
    pub fn isochronous(address: u8, endpoint: u8, max_packet: usize, data: &[u8], packets: Vec<usize>) -> Self {
        let length = packets.iter().sum();
        Self { packets, ..Self::plain(address, endpoint, TransferType::Isochronous, max_packet, data, length) }
    }

    fn plain(
        address: u8,
        endpoint: u8,
        transfer_type: TransferType,
        max_packet: usize,
        data: &[u8],
        length: usize,
    ) -> Self {
        Self {
            address,
            endpoint,
            transfer_type,
            max_packet: max_packet.clamp(1, 1023),
            interval: 1,
            setup: None,
            data: data.to_vec(),
            length,
            zero_packet: false,
            packets: Vec::new(),
        }
    }

    /// The same with another interval (frames, at least 1).
    #[must_use]
    pub fn every(self, interval: u64) -> Self {
        Self { interval: interval.max(1), ..self }
    }

    /// Whether data move towards the host.
    pub fn is_in(&self) -> bool {
        self.setup.map_or(self.endpoint & 0x80 != 0, |setup| setup[0] & 0x80 != 0)
    }
}

/// The stages of a control transfer (USB 2.0 section 8.5.3); other transfers have only data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The SETUP transaction.
    Setup,
    /// Data.
    Data,
    /// The closing empty packet in the other direction.
    Status,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setup => "setup stage",
            Self::Data => "data stage",
            Self::Status => "status stage",
        })
    }
}

/// How a URB ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// All moved, or a short packet ended it.
    Done,
    /// The device answered STALL.
    Stall,
    /// No valid answer three times in a row. What the last attempt met is in the field.
    NoAnswer(Mishap),
    /// The device sent `got` bytes where at most `room` were allowed.
    Babble {
        /// Bytes in its packet.
        got: usize,
        /// Bytes that the transfer or the endpoint still had room for.
        room: usize,
    },
    /// The host took it back.
    Cancelled,
    /// A bus reset came between.
    BusReset,
    /// The device left the bus.
    Detached,
}

/// What was wrong with a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// Nothing came back.
    Silence,
    /// The data packet had a wrong CRC.
    BadCrc,
    /// An answer that the kind of transaction does not allow: data to an OUT, ACK to an IN, NAK or STALL to a SETUP.
    WrongAnswer(Token),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Stall => f.write_str("STALL"),
            Self::NoAnswer(Mishap::Silence) => f.write_str("no answer three times"),
            Self::NoAnswer(Mishap::BadCrc) => f.write_str("a damaged packet three times"),
            Self::NoAnswer(Mishap::WrongAnswer(token)) => {
                write!(f, "an answer that no {} token allows, three times", token_name(*token))
            }
            Self::Babble { got, room } => {
                write!(f, "babble: a packet of {got} bytes where at most {room} were expected")
            }
            Self::Cancelled => f.write_str("cancelled by the host"),
            Self::BusReset => f.write_str("ended by a bus reset"),
            Self::Detached => f.write_str("the device has left the bus"),
        }
    }
}

/// The name of a token's PID.
pub const fn token_name(token: Token) -> &'static str {
    match token {
        Token::Setup => "SETUP",
        Token::Out => "OUT",
        Token::In => "IN",
    }
}

impl Status {
    /// The number that Linux reports for it, 0 or negative.
    pub const fn errno(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Stall => -32,
            Self::NoAnswer(_) | Self::BusReset => -71,
            Self::Babble { .. } => -75,
            Self::Cancelled => -2,
            Self::Detached => -108,
        }
    }
}

/// One packet of an isochronous transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IsoPacket {
    /// The frame in which it went (counted since the bus began).
    pub frame: u64,
    /// Whether it arrived undamaged (OUT: whether it was sent; nobody knows more).
    pub ok: bool,
    /// IN: its bytes.
    pub data: Vec<u8>,
}

/// A URB that has ended.
#[derive(Clone, Debug)]
pub struct Completion {
    /// Its name.
    pub id: UrbId,
    /// How it ended.
    pub status: Status,
    /// What it was.
    pub transfer_type: TransferType,
    /// It was a control transfer.
    pub control: bool,
    /// Where it ended.
    pub stage: Stage,
    /// Bytes moved in the data stage.
    pub actual: usize,
    /// IN: the bytes.
    pub data: Vec<u8>,
    /// Isochronous: the packets, in order.
    pub packets: Vec<IsoPacket>,
    /// Answers NAK on the way.
    pub naks: u64,
    /// Packets dropped since they repeated the toggle of the one before.
    pub repeated_toggles: u64,
    /// Transactions without a valid answer, recovered or not.
    pub errors: u64,
    /// When it ended.
    pub at: BusTime,
}
