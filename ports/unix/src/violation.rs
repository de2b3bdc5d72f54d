//! What a stack must not do to a controller.

/// A breach of the contract of [`usb_stack::Controller`]. Real hardware would do something undefined; the virtual controller
/// does nothing and remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// `connect` while the pull-up is on.
    ConnectedTwice,
    /// A call that needs the bus came while the pull-up is off.
    NotConnected,
    /// `send` to an IN endpoint (the number) that is closed.
    SendOnClosed(u8),
    /// `send` to an IN endpoint that is halted.
    SendWhileHalted(u8),
    /// `send` of so many bytes, more than a packet, to endpoint 0.
    ControlRunTooLong(usize),
    /// `arm` of an OUT endpoint that is closed.
    ArmOnClosed(u8),
    /// `arm` of an OUT endpoint that is halted.
    ArmWhileHalted(u8),
    /// `read` when no run waits.
    ReadOfNothing(u8),
    /// `read` from an offset past the end of the run.
    ReadBeyond {
        /// The OUT endpoint's number.
        number: u8,
        /// The offset that was asked for.
        offset: usize,
        /// The run's length in bytes.
        len: usize,
    },
    /// A run that went straight into the `room` of its `arm` was read into another place.
    ReadElsewhere(u8),
    /// `release` when no run waits.
    ReleaseOfNothing(u8),
    /// `set_halt` or `reset_toggle` of an endpoint (its bEndpointAddress) that is closed.
    ChangeOfClosed(u8),
    /// `set_address` with more than 7 bits.
    AddressOutOfRange(u8),
    /// `set_address` before the host has acknowledged the status stage: it could not ask for it again.
    AddressBeforeStatus,
    /// `remote_wakeup` on a bus that is not suspended.
    WakeupWhileAwake,
}
