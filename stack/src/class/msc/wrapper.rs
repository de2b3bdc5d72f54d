//! Command block wrapper and command status wrapper (USB Mass Storage Class, Bulk-Only Transport 1.0, section 5).

/// Bytes of a command block wrapper.
pub(super) const COMMAND_LENGTH: usize = 31;
/// Bytes of a command status wrapper.
pub(super) const STATUS_LENGTH: usize = 13;

/// dCBWSignature, "USBC".
const COMMAND_SIGNATURE: [u8; 4] = *b"USBC";
/// dCSWSignature, "USBS".
const STATUS_SIGNATURE: [u8; 4] = *b"USBS";

/// bCSWStatus (table 5.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Status {
    Passed = 0,
    Failed = 1,
    PhaseError = 2,
}

/// What the host says with a command block wrapper.
#[derive(Clone, Copy)]
pub(super) struct Wrapper {
    /// dCBWTag: comes back in the status.
    pub tag: [u8; 4],
    /// dCBWDataTransferLength: bytes that the host will move.
    pub length: u32,
    /// The direction in which it will: device to host. Means nothing if the length is 0.
    pub is_in: bool,
    /// bCBWLUN.
    pub unit: u8,
    /// CBWCB, with zeros behind its bCBWCBLength bytes.
    pub command: [u8; 16],
}

impl Wrapper {
    pub const fn new() -> Self {
        Self { tag: [0; 4], length: 0, is_in: false, unit: 0, command: [0; 16] }
    }

    /// The wrapper in a transfer of these bytes, if they are a valid and meaningful one (section 6.2).
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; COMMAND_LENGTH] = bytes.try_into().ok()?;
        let (&signature, rest) = bytes.split_first_chunk::<4>()?;
        let (&tag, rest) = rest.split_first_chunk::<4>()?;
        let (&length, rest) = rest.split_first_chunk::<4>()?;
        let (&[flags, unit, command_length], command) = rest.split_first_chunk::<3>()?;
        // The upper bits of the last two are reserved.
        if signature != COMMAND_SIGNATURE || unit > 15 || !(1..=16).contains(&command_length) {
            return None;
        }
        let mut wrapper =
            Self { tag, length: u32::from_le_bytes(length), is_in: flags & 0x80 != 0, unit, command: [0; 16] };
        for (to, from) in wrapper.command.iter_mut().zip(command).take(usize::from(command_length)) {
            *to = *from;
        }
        Some(wrapper)
    }

    /// The command status wrapper that answers it, with this many of the host's bytes not moved.
    pub fn status(&self, residue: u32, status: Status) -> [u8; STATUS_LENGTH] {
        let [s0, s1, s2, s3] = STATUS_SIGNATURE;
        let [t0, t1, t2, t3] = self.tag;
        let [r0, r1, r2, r3] = residue.to_le_bytes();
        [s0, s1, s2, s3, t0, t1, t2, t3, r0, r1, r2, r3, status as u8]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INQUIRY: [u8; 31] = *b"USBCtag!\x24\0\0\0\x80\0\x06\x12\0\0\0\x24\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

    #[test]
    fn a_wrapper_is_read_and_its_command_ends_where_it_says() {
        let wrapper = Wrapper::parse(&INQUIRY).expect("valid");
        assert_eq!((wrapper.tag, wrapper.length, wrapper.is_in, wrapper.unit), (*b"tag!", 36, true, 0));
        assert_eq!(wrapper.command, [0x12, 0, 0, 0, 0x24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn anything_else_is_no_wrapper() {
        assert!(Wrapper::parse(&INQUIRY[..30]).is_none());
        assert!(Wrapper::parse(&[&INQUIRY[..], &[0]].concat()).is_none());
        for (place, byte) in [(0, b'u'), (3, b'S'), (13, 16), (14, 0), (14, 17), (14, 0x26)] {
            let mut bytes = INQUIRY;
            bytes[place] = byte;
            assert!(Wrapper::parse(&bytes).is_none(), "byte {place} is {byte}");
        }
    }

    #[test]
    fn the_status_carries_tag_and_residue() {
        let wrapper = Wrapper::parse(&INQUIRY).expect("valid");
        assert_eq!(&wrapper.status(0x0102_0304, Status::PhaseError), b"USBStag!\x04\x03\x02\x01\x02");
    }
}
