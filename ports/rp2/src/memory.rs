//! What stands where in the packet memory (section 4.1.2.4), and the two control words of an endpoint (4.1.2.5).

use usb_stack::controller::{Direction, EndpointAddress};

/// Bytes of packet memory.
pub const SIZE: u16 = 0x1000;
/// The SETUP packet.
pub const SETUP: u16 = 0x000;
/// The packet buffer of endpoint 0, for both directions.
pub const CONTROL_BUFFER: u16 = 0x100;
/// Packet buffers of the other endpoints begin here.
pub const BUFFERS: u16 = 0x180;
/// A packet buffer begins at a multiple of this: the controller ignores the lower bits of its address.
pub const GRANULE: u16 = 64;

/// Bits of an endpoint control word.
pub mod endpoint_control {
    /// The endpoint answers.
    pub const ENABLE: u32 = 1 << 31;
    /// Two buffers.
    pub const DOUBLE: u32 = 1 << 30;
    /// An interrupt for every buffer.
    pub const INTERRUPT: u32 = 1 << 29;
    /// The transfer type stands from this bit on.
    pub const TYPE_SHIFT: u32 = 26;
}

/// Bits of one buffer's half of a buffer control word.
pub mod buffer_control {
    /// IN: there is a packet to send. OUT: there is a packet to read.
    pub const FULL: u16 = 1 << 15;
    /// Raise TRANS_COMPLETE when this packet is over.
    pub const LAST: u16 = 1 << 14;
    /// DATA1.
    pub const DATA1: u16 = 1 << 13;
    /// Buffer 0 is the next one. Only in the half of buffer 0.
    pub const SELECT_FIRST: u16 = 1 << 12;
    /// Answer STALL. Only in the half of buffer 0.
    pub const STALL: u16 = 1 << 11;
    /// The buffer belongs to the controller.
    pub const AVAILABLE: u16 = 1 << 10;
    /// Bytes of the packet, or room for it.
    pub const LENGTH: u16 = 0x3ff;
}

/// An endpoint and direction as the controller counts them: twice its number, and one more for OUT. So it is a bit of
/// BUFF_STATUS, EP_ABORT and (endpoint 0) EP_STALL_ARM, and the index of both control words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(u32);

impl Slot {
    /// How many there are.
    pub const COUNT: usize = 32;
    /// Endpoint 0, device to host.
    pub const CONTROL_IN: Self = Self(0);
    /// Endpoint 0, host to device.
    pub const CONTROL_OUT: Self = Self(1);

    /// The slot of a bit in BUFF_STATUS, 0 to 31.
    pub const fn from_bit(bit: u8) -> Self {
        Self(bit as u32 & 31)
    }

    /// The slot of the lowest bit that is set; there is one.
    #[inline(never)]
    pub const fn lowest(bits: u32) -> Self {
        let mut index = 0;
        while bits >> index & 1 == 0 && index < 31 {
            index += 1;
        }
        Self(index)
    }

    /// Of an endpoint.
    pub const fn of(endpoint: EndpointAddress) -> Self {
        Self((endpoint.number() as u32) << 1 | matches!(endpoint.direction(), Direction::Out) as u32)
    }

    /// Of an IN endpoint's number.
    pub const fn input(number: u8) -> Self {
        Self((number as u32 & 15) << 1)
    }

    /// Of an OUT endpoint's number.
    pub const fn output(number: u8) -> Self {
        Self((number as u32 & 15) << 1 | 1)
    }

    /// 0 to 31.
    pub const fn index(self) -> usize {
        (self.0 & 31) as usize
    }

    /// Its bit in the registers.
    pub const fn bit(self) -> u32 {
        1 << (self.0 & 31)
    }

    /// The endpoint's number.
    pub const fn number(self) -> u8 {
        (self.0 >> 1) as u8
    }

    /// It is an OUT endpoint.
    pub const fn is_out(self) -> bool {
        self.0 & 1 != 0
    }

    /// FULL in the control word of a buffer that the controller is done with: it has emptied those of an IN endpoint and
    /// filled those of an OUT endpoint.
    pub const fn full_when_over(self) -> u16 {
        (self.0 as u16 & 1) << 15
    }

    /// It is endpoint 0.
    pub const fn is_control(self) -> bool {
        self.0 < 2
    }

    /// Where its endpoint control word stands. Endpoint 0 has none: the SETUP packet stands there.
    pub const fn endpoint_control(self) -> u16 {
        4 * self.index() as u16
    }

    /// Where the half of its buffer control word stands that is for buffer 0 or 1.
    pub const fn buffer_control(self, buffer: u8) -> u16 {
        0x80 + 4 * self.index() as u16 + 2 * (buffer & 1) as u16
    }
}
