//! What is wrong with a descriptor, without text formatting: a table, an offset and a rule.

use core::fmt;
use core::num::NonZeroU32;

/// The texts of [`Table`] and [`Rule`], each after a NUL and before one. A value of those is the place where its text
/// begins: there is no table of texts beside the texts.
const TEXTS: &[u8] = b"\0desc_dev\0desc_cfg\0desc_bos\0too short\0bLength\0bLength past the end\0wTotalLength\0\
bMaxPacketSize0\0endpoint address twice\0endpoint number\0endpoint type\0wMaxPacketSize\0no room in the controller\0\
LPM not supported\0";

/// Where a text begins; at compile time only.
const fn place(text: &str) -> u8 {
    let text = text.as_bytes();
    let mut begin = 1;
    loop {
        let mut len = 0;
        while len < text.len() && TEXTS[begin + len] == text[len] {
            len += 1;
        }
        if len == text.len() && TEXTS[begin - 1] == 0 && TEXTS[begin + len] == 0 {
            return begin as u8;
        }
        begin += 1;
    }
}

/// Which of the program's descriptors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Table {
    /// The device descriptor.
    Device = place("desc_dev"),
    /// The configuration descriptor and all in it.
    Configuration = place("desc_cfg"),
    /// The binary object store.
    Bos = place("desc_bos"),
}

/// The rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rule {
    /// The descriptor has fewer bytes than its type needs.
    TooShort = place("too short"),
    /// bLength is 0 (or 1), or too small for the header of its table or for a device capability.
    Length = place("bLength"),
    /// bLength reaches past the end.
    PastEnd = place("bLength past the end"),
    /// wTotalLength is beyond the buffer, or below the header.
    TotalLength = place("wTotalLength"),
    /// bMaxPacketSize0 is not 8, 16, 32 or 64.
    MaxPacketSize0 = place("bMaxPacketSize0"),
    /// The same endpoint address twice in one setting.
    EndpointTwice = place("endpoint address twice"),
    /// Endpoint number 0, or one that the controller does not have.
    EndpointNumber = place("endpoint number"),
    /// A type that the controller cannot do.
    EndpointType = place("endpoint type"),
    /// A packet size that the type or the controller does not allow.
    PacketSize = place("wMaxPacketSize"),
    /// No packet memory is left in the controller.
    NoRoom = place("no room in the controller"),
    /// It promises link power management, which the stack does not have.
    Lpm = place("LPM not supported"),
}

impl Table {
    /// A lie in this table; of `offset` the low 16 bits count.
    pub const fn lie(self, offset: usize, rule: Rule) -> Lie {
        match NonZeroU32::new((offset as u32) << 16 | (self as u32) << 8 | rule as u32) {
            Some(number) => Lie(number),
            // No place is 0.
            None => Lie(NonZeroU32::MIN),
        }
    }
}

/// A descriptor that does not keep its word. To be shown as table, offset and rule.
///
/// One number, not a structure: a result with it in is then passed in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Lie(NonZeroU32);

impl Lie {
    /// Which descriptor: its name as an argument of machine.USBDevice.config(), a text for C that ends with a NUL.
    pub fn table(self) -> *const u8 {
        text(self.0.get() >> 8)
    }

    /// Byte offset in it: wTotalLength has 16 bits, and every bLength less.
    pub const fn offset(self) -> u16 {
        (self.0.get() >> 16) as u16
    }

    /// The rule that is broken there, in a few words that end with a NUL.
    pub fn rule(self) -> *const u8 {
        text(self.0.get())
    }

    /// Whether it is about this descriptor and this rule.
    pub const fn is(self, table: Table, rule: Rule) -> bool {
        self.0.get() as u16 == (table as u16) << 8 | rule as u16
    }
}

/// The text that begins at the place in the low byte: one of [`Table`] or [`Rule`], for there is no other way to a [`Lie`].
fn text(place: u32) -> *const u8 {
    TEXTS.as_ptr().wrapping_add(place as usize & 0xff)
}

impl fmt::Debug for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |place: u32| {
            let text = TEXTS.get(place as usize & 0xff..).and_then(|text| text.split(|byte| *byte == 0).next());
            text.and_then(|text| str::from_utf8(text).ok())
        };
        write!(f, "{:?}, byte {}: {:?}", text(self.0.get() >> 8), self.offset(), text(self.0.get()))
    }
}
