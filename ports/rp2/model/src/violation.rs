//! What a driver must not do.

/// A breach of the rules of the hardware.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// The block is in reset: a register or the packet memory was touched before [`port_rp2::Registers::restart`].
    InReset,
    /// An access to this offset of the packet memory is not aligned; the RP2350 faults.
    Unaligned(u16),
    /// The half of a buffer control word at this offset was written while the controller had the buffer and no abort was
    /// done.
    BufferTaken(u16),
    /// AVAILABLE was set together with other bits, or before they had settled (section 4.1.2.7.1), at this offset.
    AvailableTooEarly(u16),
    /// Packet memory at this offset was read or written while it belonged to the controller.
    DataTaken(u16),
    /// EP_ABORT on a chip where it never ends (erratum RP2040-E2).
    AbortThatNeverEnds,
    /// A bulk IN buffer of this endpoint was handed over at the end of a frame (erratum RP2040-E15).
    LateInFrame(u8),
    /// A buffer of this slot lies outside the packet memory for buffers.
    BufferOutside(u8),
    /// The transceiver is isolated (RP2350), or the controller disabled, with the pull-up on.
    PullUpTooEarly,
    /// GPIO 15 was taken though the chip does not need it.
    PinTaken,
}
