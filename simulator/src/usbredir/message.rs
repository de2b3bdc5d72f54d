//! The messages, and what a guest may send: taken from bytes without trusting one of them.

use thiserror::Error;

/// bit numbers of the capabilities that we have.
pub mod capability {
    /// device_connect has bcdDevice.
    pub const DEVICE_VERSION: u32 = 1 << 1;
    /// filter_reject and filter_filter are understood.
    pub const FILTER: u32 = 1 << 2;
    /// A device_disconnect is acknowledged.
    pub const DISCONNECT_ACK: u32 = 1 << 3;
    /// ep_info has the packet sizes.
    pub const MAX_PACKET: u32 = 1 << 4;
    /// Ids have 64 bits.
    pub const LONG_IDS: u32 = 1 << 5;
    /// Lengths of bulk transfers have 32 bits.
    pub const LONG_BULK: u32 = 1 << 6;
    /// The host can keep bulk IN transfers going by itself.
    pub const BULK_RECEIVING: u32 = 1 << 7;
    /// All of them. Bulk streams (bit 0) are of SuperSpeed only.
    pub const OURS: u32 = DEVICE_VERSION | FILTER | DISCONNECT_ACK | MAX_PACKET | LONG_IDS | LONG_BULK | BULK_RECEIVING;
}

/// Numbers of the message types.
pub mod kind {
    #![allow(missing_docs)]
    pub const HELLO: u32 = 0;
    pub const DEVICE_CONNECT: u32 = 1;
    pub const DEVICE_DISCONNECT: u32 = 2;
    pub const RESET: u32 = 3;
    pub const INTERFACE_INFO: u32 = 4;
    pub const EP_INFO: u32 = 5;
    pub const SET_CONFIGURATION: u32 = 6;
    pub const GET_CONFIGURATION: u32 = 7;
    pub const CONFIGURATION_STATUS: u32 = 8;
    pub const SET_ALT_SETTING: u32 = 9;
    pub const GET_ALT_SETTING: u32 = 10;
    pub const ALT_SETTING_STATUS: u32 = 11;
    pub const START_ISO_STREAM: u32 = 12;
    pub const STOP_ISO_STREAM: u32 = 13;
    pub const ISO_STREAM_STATUS: u32 = 14;
    pub const START_INTERRUPT_RECEIVING: u32 = 15;
    pub const STOP_INTERRUPT_RECEIVING: u32 = 16;
    pub const INTERRUPT_RECEIVING_STATUS: u32 = 17;
    pub const CANCEL_DATA_PACKET: u32 = 21;
    pub const FILTER_REJECT: u32 = 22;
    pub const FILTER_FILTER: u32 = 23;
    pub const DEVICE_DISCONNECT_ACK: u32 = 24;
    pub const START_BULK_RECEIVING: u32 = 25;
    pub const STOP_BULK_RECEIVING: u32 = 26;
    pub const BULK_RECEIVING_STATUS: u32 = 27;
    pub const CONTROL_PACKET: u32 = 100;
    pub const BULK_PACKET: u32 = 101;
    pub const ISO_PACKET: u32 = 102;
    pub const INTERRUPT_PACKET: u32 = 103;
    pub const BUFFERED_BULK_PACKET: u32 = 104;
}

/// Values of a status field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Outcome {
    /// Done.
    Success = 0,
    /// Taken back.
    Cancelled = 1,
    /// The request makes no sense: an endpoint that there is not, ...
    Invalid = 2,
    /// The device did not answer.
    IoError = 3,
    /// STALL.
    Stall = 4,
    /// The device sent too much.
    Babble = 6,
}

/// The longest transfer that a guest may ask for: as much as Linux's usbfs allows.
pub const LONGEST_TRANSFER: usize = 16 << 20;
/// The longest that is not bulk: 16 bits of length, and a header.
const LONGEST_OTHER: usize = 0xffff + 16;
/// Bytes of the version text in a hello.
pub(super) const VERSION_TEXT: usize = 64;
/// Words of capabilities that a hello may have; one is in use so far.
const MOST_CAPABILITIES: usize = 16;

/// What a guest must not send.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("usb-redir message of type {kind}: {rule}")]
pub struct Malformed {
    /// Its type.
    pub kind: u32,
    /// What was found and what was expected.
    pub rule: String,
}

fn malformed<T>(kind: u32, rule: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed { kind, rule: rule.into() })
}

/// What a guest says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Who it is and what it can do.
    Hello {
        /// Free text.
        version: String,
        /// The first word of its capabilities.
        capabilities: u32,
    },
    /// Reset the device.
    Reset,
    /// SET_CONFIGURATION.
    SetConfiguration(u8),
    /// GET_CONFIGURATION.
    GetConfiguration,
    /// SET_INTERFACE: interface and alternate setting.
    SetAlternate(u8, u8),
    /// GET_INTERFACE.
    GetAlternate(u8),
    /// Keep an isochronous endpoint going.
    StartIso {
        /// Its address.
        endpoint: u8,
        /// Packets in a URB.
        packets: u8,
        /// URBs in flight.
        urbs: u8,
    },
    /// Stop that.
    StopIso(u8),
    /// Keep an interrupt IN endpoint going.
    StartInterrupt(u8),
    /// Stop that.
    StopInterrupt(u8),
    /// Keep a bulk IN endpoint going.
    StartBulk {
        /// Its address.
        endpoint: u8,
        /// Bytes of each transfer.
        length: usize,
        /// Transfers in flight.
        transfers: u8,
    },
    /// Stop that.
    StopBulk(u8),
    /// Take back the transfer with this message's id.
    Cancel,
    /// The device does not pass the guest's filter.
    FilterReject,
    /// The guest's filter, for information.
    Filter,
    /// The guest has seen the device go.
    DisconnectAck,
    /// A control transfer: the SETUP packet, and the data of an OUT.
    Control {
        /// Endpoint as the guest has put it; comes back in the answer.
        endpoint: u8,
        /// The SETUP packet.
        setup: [u8; 8],
        /// Data of an OUT.
        data: Vec<u8>,
    },
    /// A bulk transfer.
    Bulk {
        /// Endpoint address.
        endpoint: u8,
        /// Bytes wanted (IN) or sent.
        length: usize,
        /// Comes back in the answer.
        stream: u32,
        /// Data of an OUT.
        data: Vec<u8>,
    },
    /// A packet for an isochronous OUT endpoint.
    Iso {
        /// Endpoint address.
        endpoint: u8,
        /// Its bytes.
        data: Vec<u8>,
    },
    /// An interrupt OUT transfer.
    Interrupt {
        /// Endpoint address.
        endpoint: u8,
        /// Its bytes.
        data: Vec<u8>,
    },
}

/// Takes messages from a stream of bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    taken: usize,
    /// Capabilities of both sides, once the guest has said its own.
    common: Option<u32>,
}

/// The parts of a message behind its general header.
struct Body<'a> {
    kind: u32,
    bytes: &'a [u8],
}

impl<'a> Body<'a> {
    fn header<const N: usize>(&self) -> Result<([u8; N], &'a [u8]), Malformed> {
        match self.bytes.split_first_chunk::<N>() {
            Some((header, data)) => Ok((*header, data)),
            None => malformed(self.kind, format!("{} bytes, expected {N} at least", self.bytes.len())),
        }
    }

    fn exactly<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        let (header, data) = self.header()?;
        if data.is_empty() {
            return Ok(header);
        }
        malformed(self.kind, format!("{} bytes, expected {N}", self.bytes.len()))
    }

    fn nothing(&self, message: Message) -> Result<Message, Malformed> {
        self.exactly::<0>().map(|_| message)
    }

    /// Data are there if they go to the device, and are as many as `length` says.
    fn data(&self, data: &[u8], is_in: bool, length: usize) -> Result<Vec<u8>, Malformed> {
        let expected = if is_in { 0 } else { length };
        if data.len() == expected {
            return Ok(data.to_vec());
        }
        let direction = if is_in { "IN" } else { "OUT" };
        malformed(self.kind, format!("{direction} of {length} bytes with {} bytes of data", data.len()))
    }
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

    /// Takes the next whole message with its id.
    ///
    /// # Errors
    /// [`Malformed`]: there is no way to go on after it.
    pub fn take(&mut self) -> Result<Option<(u64, Message)>, Malformed> {
        let long = self.has(capability::LONG_IDS);
        let bytes = &self.bytes[self.taken..];
        let head = if long { 16 } else { 12 };
        let Some(header) = bytes.get(..head) else { return Ok(None) };
        let kind = word(header, 0);
        let length = word(header, 4) as usize;
        let id = u64::from(word(header, 8)) | if long { u64::from(word(header, 12)) << 32 } else { 0 };
        self.check_length(kind, length)?;
        let Some(body) = bytes.get(head..head + length) else { return Ok(None) };
        let message = self.message(&Body { kind, bytes: body })?;
        if let Message::Hello { capabilities, .. } = &message {
            self.common = Some(capability::OURS & capabilities);
        }
        self.taken += head + length;
        Ok(Some((id, message)))
    }

    /// Both sides have a capability.
    pub fn has(&self, capability: u32) -> bool {
        self.common.is_some_and(|common| common & capability != 0)
    }

    /// Said before the body is waited for: a length that lies would keep us waiting, and our memory filling.
    fn check_length(&self, kind: u32, length: usize) -> Result<(), Malformed> {
        if self.common.is_none() != (kind == kind::HELLO) {
            return malformed(kind, "a hello must come first, and only once");
        }
        let most = match kind {
            kind::HELLO => VERSION_TEXT + 4 * MOST_CAPABILITIES,
            kind::BULK_PACKET => LONGEST_TRANSFER + 16,
            kind::CONTROL_PACKET | kind::ISO_PACKET | kind::INTERRUPT_PACKET | kind::FILTER_FILTER => LONGEST_OTHER,
            _ => 16,
        };
        if length > most {
            return malformed(kind, format!("{length} bytes long, at most {most} are allowed"));
        }
        Ok(())
    }

    fn message(&self, body: &Body<'_>) -> Result<Message, Malformed> {
        match body.kind {
            kind::HELLO => hello(body),
            kind::RESET => body.nothing(Message::Reset),
            kind::SET_CONFIGURATION => body.exactly().map(|[value]| Message::SetConfiguration(value)),
            kind::GET_CONFIGURATION => body.nothing(Message::GetConfiguration),
            kind::SET_ALT_SETTING => body.exactly().map(|[number, value]| Message::SetAlternate(number, value)),
            kind::GET_ALT_SETTING => body.exactly().map(|[number]| Message::GetAlternate(number)),
            kind::START_ISO_STREAM => {
                body.exactly().map(|[endpoint, packets, urbs]| Message::StartIso { endpoint, packets, urbs })
            }
            kind::STOP_ISO_STREAM => body.exactly().map(|[endpoint]| Message::StopIso(endpoint)),
            kind::START_INTERRUPT_RECEIVING => body.exactly().map(|[endpoint]| Message::StartInterrupt(endpoint)),
            kind::STOP_INTERRUPT_RECEIVING => body.exactly().map(|[endpoint]| Message::StopInterrupt(endpoint)),
            kind::START_BULK_RECEIVING => start_bulk(body),
            kind::STOP_BULK_RECEIVING => body.exactly::<5>().map(|fields| Message::StopBulk(fields[4])),
            kind::CANCEL_DATA_PACKET => body.nothing(Message::Cancel),
            kind::FILTER_REJECT => body.nothing(Message::FilterReject),
            kind::FILTER_FILTER => Ok(Message::Filter),
            kind::DEVICE_DISCONNECT_ACK => body.nothing(Message::DisconnectAck),
            kind::CONTROL_PACKET => control(body),
            kind::BULK_PACKET => self.bulk(body),
            kind::ISO_PACKET | kind::INTERRUPT_PACKET => single(body),
            other => malformed(other, "a guest does not send this, or not to a host with our capabilities"),
        }
    }

    fn bulk(&self, body: &Body<'_>) -> Result<Message, Malformed> {
        let (header, data, high) = if self.has(capability::LONG_BULK) {
            let (header, data) = body.header::<10>()?;
            (header, data, usize::from(half(&header, 8)))
        } else {
            let (short, data) = body.header::<8>()?;
            let mut header = [0; 10];
            header[..8].copy_from_slice(&short);
            (header, data, 0)
        };
        let endpoint = header[0];
        let length = usize::from(half(&header, 2)) | high << 16;
        if length > LONGEST_TRANSFER {
            return malformed(
                body.kind,
                format!("a transfer of {length} bytes, at most {LONGEST_TRANSFER} are allowed"),
            );
        }
        let data = body.data(data, endpoint & 0x80 != 0, length)?;
        Ok(Message::Bulk { endpoint, length, stream: word(&header, 4), data })
    }
}

fn hello(body: &Body<'_>) -> Result<Message, Malformed> {
    let (text, capabilities) = body.header::<VERSION_TEXT>()?;
    if capabilities.len() % 4 != 0 {
        return malformed(body.kind, format!("{} bytes of capabilities, expected whole words", capabilities.len()));
    }
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    let version = String::from_utf8_lossy(&text[..end]).into_owned();
    Ok(Message::Hello { version, capabilities: if capabilities.is_empty() { 0 } else { word(capabilities, 0) } })
}

fn start_bulk(body: &Body<'_>) -> Result<Message, Malformed> {
    let fields = body.exactly::<10>()?;
    let length = word(&fields, 4) as usize;
    if length == 0 || length > LONGEST_TRANSFER {
        return malformed(body.kind, format!("transfers of {length} bytes, expected 1 to {LONGEST_TRANSFER}"));
    }
    Ok(Message::StartBulk { endpoint: fields[8], length, transfers: fields[9] })
}

fn control(body: &Body<'_>) -> Result<Message, Malformed> {
    let (header, data) = body.header::<10>()?;
    let [endpoint, request, request_type, _, value0, value1, index0, index1, length0, length1] = header;
    let setup = [request_type, request, value0, value1, index0, index1, length0, length1];
    let data = body.data(data, request_type & 0x80 != 0, usize::from(half(&header, 8)))?;
    Ok(Message::Control { endpoint, setup, data })
}

/// An isochronous or interrupt packet: OUT only, the others are ours to send.
fn single(body: &Body<'_>) -> Result<Message, Malformed> {
    let (header, data) = body.header::<4>()?;
    let endpoint = header[0];
    if endpoint & 0x80 != 0 {
        return malformed(body.kind, format!("for endpoint 0x{endpoint:02x}, which is IN"));
    }
    let data = body.data(data, false, usize::from(half(&header, 2)))?;
    Ok(match body.kind {
        kind::ISO_PACKET => Message::Iso { endpoint, data },
        _ => Message::Interrupt { endpoint, data },
    })
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_le_bytes(*four))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |two| u16::from_le_bytes(*two))
}
