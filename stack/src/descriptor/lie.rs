//! What is wrong with a descriptor, without text formatting: a table, an offset and a rule.

/// Which of the program's descriptors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// The device descriptor.
    Device,
    /// The configuration descriptor and all in it.
    Configuration,
    /// The binary object store.
    Bos,
}

/// The rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// The descriptor has fewer bytes than its type needs.
    TooShort,
    /// bLength is 0 (or 1), or too small for the header of its table or for a device capability.
    Length,
    /// bLength reaches past the end.
    PastEnd,
    /// wTotalLength is beyond the buffer, or below the header.
    TotalLength,
    /// bMaxPacketSize0 is not 8, 16, 32 or 64.
    MaxPacketSize0,
    /// The same endpoint address twice in one setting.
    EndpointTwice,
    /// Endpoint number 0, or one that the controller does not have.
    EndpointNumber,
    /// A type that the controller cannot do.
    EndpointType,
    /// A packet size that the type or the controller does not allow.
    PacketSize,
    /// No packet memory is left in the controller.
    NoRoom,
    /// It promises link power management, which the stack does not have.
    Lpm,
}

impl Rule {
    /// The rule in a few words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooShort => "too short",
            Self::Length => "bLength",
            Self::PastEnd => "bLength past the end",
            Self::TotalLength => "wTotalLength",
            Self::MaxPacketSize0 => "bMaxPacketSize0",
            Self::EndpointTwice => "endpoint address twice",
            Self::EndpointNumber => "endpoint number",
            Self::EndpointType => "endpoint type",
            Self::PacketSize => "wMaxPacketSize",
            Self::NoRoom => "no room in the controller",
            Self::Lpm => "LPM not supported",
        }
    }
}

/// A descriptor that does not keep its word. To be shown as table, offset and rule.
/// Four bytes, aligned: one word in every result that it is part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(align(4))]
pub struct Lie {
    /// Which descriptor.
    pub table: Table,
    /// Byte offset in it: wTotalLength has 16 bits, and every bLength less.
    pub offset: u16,
    /// The rule that is broken there.
    pub rule: Rule,
}

impl Table {
    /// Its name as an argument of machine.USBDevice.config().
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "desc_dev",
            Self::Configuration => "desc_cfg",
            Self::Bos => "desc_bos",
        }
    }

    /// A lie in this table.
    pub(crate) const fn lie(self, offset: usize, rule: Rule) -> Lie {
        Lie { table: self, offset: offset as u16, rule }
    }
}
