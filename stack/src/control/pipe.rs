//! What the control pipe remembers between two packets, and the words for what it does.

use crate::setup::SetupPacket;

/// Where a control transfer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Nothing is going on.
    Idle,
    /// Request error (USB 2.0 section 9.2.7): endpoint 0 answers STALL until the next SETUP.
    Stalled,
    /// The program has to say what is to be done.
    AskSetup,
    /// The program has to find a string.
    AskString,
    /// The data stage is over and the program has to agree.
    AskData,
    /// [`ControlPipe::length`] bytes go to the host.
    DataIn,
    /// There is room for [`ControlPipe::length`] bytes from the host.
    DataOut,
    StatusIn,
    StatusOut,
}

/// Where the data of the data stage come from, or where they go. It is looked up again for every packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// [`Device::small`](crate::Device::small).
    Small,
    Device,
    Configuration,
    Bos,
    /// The string of the index in wValue.
    String,
    /// The string that the task found.
    AnsweredText,
    /// The program's buffer for endpoint 0, either way.
    Program,
}

/// Data of a request that the stack answers, either way. Aligned, to be copied as two words.
#[derive(Clone, Copy)]
#[repr(align(4))]
pub(crate) struct Small(pub [u8; 8]);

/// What the control pipe remembers between two packets.
#[repr(C)]
pub(crate) struct ControlPipe {
    pub setup: SetupPacket,
    /// Bytes to send, or room for what comes in.
    pub length: usize,
    /// Bytes sent or received.
    pub done: usize,
    pub stage: Stage,
    pub source: Source,
    /// Bytes in the packet that is on its way to the host.
    pub packet: u8,
    /// Taken from the device descriptor at a bus reset, before the first packet.
    pub max_packet_size: u8,
    /// The program has heard the question that [`Self::stage`] is about, and this SETUP is still the one it heard of.
    pub asked: bool,
    /// The program hears when the status stage is over.
    pub tell_ack: bool,
}

impl ControlPipe {
    pub const fn new() -> Self {
        Self {
            setup: SetupPacket::new([0; 8]),
            length: 0,
            done: 0,
            stage: Stage::Idle,
            source: Source::Small,
            packet: 0,
            max_packet_size: 0,
            asked: false,
            tell_ack: false,
        }
    }

    /// A new transfer begins.
    pub fn begin(&mut self, setup: SetupPacket) {
        *self = Self { setup, max_packet_size: self.max_packet_size, ..Self::new() };
    }

    /// The stage in which so many bytes of the source are sent, or as many as the host wants.
    pub fn send(&mut self, source: Source, length: usize) -> Stage {
        let wanted = usize::from(self.setup.length());
        self.source = source;
        self.length = length.min(wanted);
        // USB 2.0 section 9.3.5: no data stage, so the status goes to the host whatever the direction bit says.
        if wanted == 0 { Stage::StatusIn } else { Stage::DataIn }
    }

    /// The same for a descriptor: one without a byte does not exist.
    pub fn send_descriptor(&mut self, source: Source, length: usize) -> Stage {
        if length == 0 { Stage::Stalled } else { self.send(source, length) }
    }

    /// The stage in which the source takes so many bytes, or as many as the host has.
    pub fn receive(&mut self, source: Source, length: usize) -> Stage {
        self.send(source, length);
        Stage::DataOut
    }
}
