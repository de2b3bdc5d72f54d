//! What the control pipe remembers between two packets, and the words for what it does.

use crate::setup::SetupPacket;

/// Where a control transfer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Nothing is going on, or the request was stalled.
    Idle,
    /// The program has to say what is to be done.
    AskSetup,
    /// The program has to find a string.
    AskString,
    /// The data stage is over and the program has to agree.
    AskData,
    DataIn,
    DataOut,
    StatusIn,
    StatusOut,
}

/// Where the data of an IN data stage come from. They are looked up again for every packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// [`ControlPipe::small`].
    Small,
    Device,
    Configuration,
    Bos,
    /// The string of the index in wValue.
    String,
    /// The string that the task found.
    AnsweredText,
    /// The program's buffer for endpoint 0.
    Program,
}

/// What to do about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reaction {
    /// Request error (USB 2.0 section 9.2.7).
    Stall,
    /// Done: send the status.
    Acknowledge,
    /// Send [`ControlPipe::length`] bytes from [`ControlPipe::source`].
    Send,
    /// Receive [`ControlPipe::length`] bytes into [`ControlPipe::small`].
    Receive,
    /// The program decides.
    AskProgram,
    /// The program has to find the string.
    AskString,
}

/// What the control pipe remembers between two packets.
pub(crate) struct ControlPipe {
    pub setup: SetupPacket,
    pub stage: Stage,
    pub source: Source,
    /// Data of a request that the stack answers, either way.
    pub small: [u8; 8],
    /// Bytes to send, or room for what comes in.
    pub length: u16,
    /// Bytes sent or received.
    pub done: u16,
    /// Bytes in the packet that is on its way to the host.
    pub packet: u8,
    /// Taken from the device descriptor at a bus reset, before the first packet.
    pub max_packet_size: u8,
    /// The address to take when the status stage is over.
    pub address: Option<u8>,
    /// The program has heard the question that [`Self::stage`] is about, and this SETUP is still the one it heard of.
    pub asked: bool,
    /// The program hears when the status stage is over.
    pub tell_ack: bool,
    /// The host's data belong to the program, not to [`Self::small`].
    pub programs_data: bool,
    /// Endpoint 0 answers STALL until the next SETUP.
    pub stalled: bool,
}

impl ControlPipe {
    pub const fn new() -> Self {
        Self {
            setup: SetupPacket::new([0; 8]),
            stage: Stage::Idle,
            source: Source::Small,
            small: [0; 8],
            length: 0,
            done: 0,
            packet: 0,
            max_packet_size: 0,
            address: None,
            asked: false,
            tell_ack: false,
            programs_data: false,
            stalled: false,
        }
    }

    /// Idle, with packets of this size.
    pub fn reset(&mut self, max_packet_size: u8) {
        *self = Self { max_packet_size, ..Self::new() };
    }

    /// Sends the low bytes of a number.
    pub fn send_number(&mut self, number: u16, length: u16) -> Reaction {
        if let Some(small) = self.small.first_chunk_mut() {
            *small = number.to_le_bytes();
        }
        self.send(Source::Small, length)
    }

    /// Sends so many bytes of the source.
    pub fn send(&mut self, source: Source, length: u16) -> Reaction {
        self.source = source;
        self.length = length;
        Reaction::Send
    }

    /// A new transfer begins.
    pub fn begin(&mut self, setup: SetupPacket) {
        *self = Self { setup, max_packet_size: self.max_packet_size, ..Self::new() };
    }
}
