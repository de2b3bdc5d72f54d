//! The eight bytes of a SETUP packet (USB 2.0 section 9.3) and the numbers that stand in them.

use crate::controller::Direction;

/// Who a request is for: bmRequestType bits 0 to 4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// The device.
    Device,
    /// The interface whose number is the low byte of wIndex.
    Interface,
    /// The endpoint whose address is the low byte of wIndex.
    Endpoint,
    /// Something else, and the reserved values.
    Other,
}

/// Whose request it is: bmRequestType bits 5 and 6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestKind {
    /// Chapter 9's.
    Standard,
    /// A device class's.
    Class,
    /// The vendor's.
    Vendor,
    /// Not used by anybody.
    Reserved,
}

/// A SETUP packet as it was on the bus. Aligned, so that a chip without unaligned access copies it as two words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(align(4))]
pub struct SetupPacket([u8; 8]);

impl SetupPacket {
    /// From the bytes on the bus.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes as they were on the bus.
    pub const fn bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// bmRequestType.
    pub const fn request_type(&self) -> u8 {
        self.0[0]
    }

    /// Direction of the data stage, if there is one.
    pub const fn direction(&self) -> Direction {
        if self.0[0] & 0x80 != 0 { Direction::In } else { Direction::Out }
    }

    /// Standard, class or vendor.
    pub const fn kind(&self) -> RequestKind {
        match self.0[0] & 0x60 {
            0x00 => RequestKind::Standard,
            0x20 => RequestKind::Class,
            0x40 => RequestKind::Vendor,
            _ => RequestKind::Reserved,
        }
    }

    /// Device, interface, endpoint or other.
    pub const fn recipient(&self) -> Recipient {
        match self.0[0] & 0x1f {
            0 => Recipient::Device,
            1 => Recipient::Interface,
            2 => Recipient::Endpoint,
            _ => Recipient::Other,
        }
    }

    /// bRequest.
    pub const fn request(&self) -> u8 {
        self.0[1]
    }

    /// wValue.
    pub const fn value(&self) -> u16 {
        u16::from_le_bytes([self.0[2], self.0[3]])
    }

    /// Low byte of wValue, for instance a descriptor index.
    pub const fn value_low(&self) -> u8 {
        self.0[2]
    }

    /// High byte of wValue, for instance a descriptor type.
    pub const fn value_high(&self) -> u8 {
        self.0[3]
    }

    /// wIndex.
    pub const fn index(&self) -> u16 {
        u16::from_le_bytes([self.0[4], self.0[5]])
    }

    /// Low byte of wIndex: an interface number or an endpoint address.
    pub const fn index_low(&self) -> u8 {
        self.0[4]
    }

    /// wLength: bytes of the data stage, at most.
    pub const fn length(&self) -> u16 {
        u16::from_le_bytes([self.0[6], self.0[7]])
    }

    /// A data stage from the host to the device follows.
    pub const fn has_data_out(&self) -> bool {
        self.length() != 0 && matches!(self.direction(), Direction::Out)
    }
}

/// Standard request codes (USB 2.0 table 9-4).
pub mod request {
    /// Status of device, interface or endpoint.
    pub const GET_STATUS: u8 = 0;
    /// Clears a feature.
    pub const CLEAR_FEATURE: u8 = 1;
    /// Sets a feature.
    pub const SET_FEATURE: u8 = 3;
    /// Gives the device its address.
    pub const SET_ADDRESS: u8 = 5;
    /// Reads a descriptor.
    pub const GET_DESCRIPTOR: u8 = 6;
    /// Reads bConfigurationValue of the present configuration.
    pub const GET_CONFIGURATION: u8 = 8;
    /// Chooses a configuration.
    pub const SET_CONFIGURATION: u8 = 9;
    /// Reads the alternate setting of an interface.
    pub const GET_INTERFACE: u8 = 10;
    /// Chooses the alternate setting of an interface.
    pub const SET_INTERFACE: u8 = 11;
}

/// Standard feature selectors (USB 2.0 table 9-6).
pub mod feature {
    /// Of an endpoint: it answers STALL.
    pub const ENDPOINT_HALT: u16 = 0;
    /// Of the device: it may wake the host.
    pub const DEVICE_REMOTE_WAKEUP: u16 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_little_endian_and_in_place() {
        let setup = SetupPacket::new([0xa1, 0x21, 0x34, 0x12, 0x78, 0x56, 0x07, 0x80]);
        assert_eq!(setup.direction(), Direction::In);
        assert_eq!(setup.kind(), RequestKind::Class);
        assert_eq!(setup.recipient(), Recipient::Interface);
        assert_eq!(setup.request(), 0x21);
        assert_eq!((setup.value(), setup.index(), setup.length()), (0x1234, 0x5678, 0x8007));
        assert_eq!((setup.value_high(), setup.value_low(), setup.index_low()), (0x12, 0x34, 0x78));
    }

    #[test]
    fn reserved_recipients_and_kinds_are_told_apart() {
        assert_eq!(SetupPacket::new([0x1f, 0, 0, 0, 0, 0, 0, 0]).recipient(), Recipient::Other);
        assert_eq!(SetupPacket::new([0x60, 0, 0, 0, 0, 0, 0, 0]).kind(), RequestKind::Reserved);
        assert_eq!(SetupPacket::new([0x40, 0, 0, 0, 0, 0, 0, 0]).kind(), RequestKind::Vendor);
    }
}
