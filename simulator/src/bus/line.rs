//! What the wires carry: frames, silence, reset, resume.

use crate::time::BusTime;

/// A bus reset: the least that USB 2.0 section 7.1.7.5 allows a hub.
pub const RESET: BusTime = BusTime::from_millis(10);
/// Time for the device to come to itself after a reset (USB 2.0 section 7.1.7.5, TRSTRCY).
pub const RESET_RECOVERY: BusTime = BusTime::from_millis(10);
/// How long a connection must be stable before the host believes in it (USB 2.0 section 7.1.7.3, TATTDB).
pub const DEBOUNCE: BusTime = BusTime::from_millis(100);
/// A device suspends when the bus has been idle this long (USB 2.0 section 7.1.7.6).
pub const IDLE_TO_SUSPEND: BusTime = BusTime::from_millis(3);
/// How long the host drives resume (USB 2.0 section 7.1.7.7, TDRSMDN).
pub const RESUME: BusTime = BusTime::from_millis(20);
/// Time for the device to come to itself after resume (USB 2.0 section 7.1.7.7, TRSMRCY).
pub const RESUME_RECOVERY: BusTime = BusTime::from_millis(10);

/// The state of the line below the host's port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// Idle. `suspend_at`: when the device is told that it is suspended (`None`: it has been, or nobody is there).
    /// `enabled`: the port has been reset since the device came, so that resume brings the frames back.
    Quiet { suspend_at: Option<BusTime>, enabled: bool },
    /// SE0 until `end`.
    Reset { end: BusTime },
    /// SOF each millisecond; the next one starts at `next_sof`.
    Frames { next_sof: BusTime },
    /// K until `end`.
    Resume { end: BusTime },
}

/// What a host driver would hear from its hub.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BusEvent {
    /// A pull-up was seen.
    Attach,
    /// The pull-up is gone, or the cable was pulled.
    Detach,
    /// The device resumed the bus by itself.
    Wakeup,
}
