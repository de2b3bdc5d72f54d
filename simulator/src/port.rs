//! The packet-level interface: what a device is to the bus.
//!
//! Every kind of device attaches through [`Port`]: a virtual controller in this process, a MicroPython program in
//! another process (through [`crate::link`]), a firmware image in an emulator. The bus side, its timing and the host
//! are written once, on the other side of this trait.
//!
//! # Who moves time
//!
//! The bus owns the time. It never asks a port about the past, and it never skips a port's present: before a
//! transaction that starts at T it calls [`Port::run_until`] with T (again and again, until T is reached), then
//! [`Port::transaction`]. The order is always
//!
//! ```text
//! run_until(T) -> T                  the device has done all that it does before T
//! transaction(start = T, ...)        the device decides and the answer comes back; its own clock may stay at T
//! run_until(T + duration) -> ...     the interrupt, the program, ...; the completion of the transaction is seen from
//!                                    Transaction::completes() on
//! ```
//!
//! `reset`, `suspend`, `resume`, `start_of_frame` and `cable` obey the same rule: `run_until` has brought the device to
//! the (start) time that they name.
//!
//! How the four kinds of device fit:
//!
//! * **Virtual controller, device program in the same process and thread** (unit tests, the `usbsim` Python module):
//!   the program cannot run inside the bus, so `run_until` returns `until` at once, and the program runs between two
//!   calls of [`Bus::step`](crate::bus::Bus::step). Nothing of the device may call the bus from inside a port method.
//! * **A program in another process**: [`RemotePort`](crate::link::RemotePort) sends each call as one message; the
//!   other process lets its program run up to the granted time.
//! * **An emulator**: `run_until` executes instructions until the emulated clock reaches `until` or the emulated
//!   controller counts a change. Going past `until` by less than one instruction is allowed and reported as `until`.
//!
//! # Why changes are counted
//!
//! A host polls an endpoint that has nothing to say some 150 times a millisecond, and each poll would be a round trip
//! to an emulator. So a port counts, in [`Port::changes`], everything that could turn a NAK into another answer, and
//! stops `run_until` early when it happens. The host retries an endpoint that answered NAK only after the count has
//! moved; bus time passes just the same.

use std::cell::RefCell;
use std::rc::Rc;

use thiserror::Error;

use crate::bus::timing;
use crate::time::BusTime;

/// Why a port cannot go on. There is no way back: the bus stops with it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PortError {
    /// The other process has closed its end of the link; the text says in which call.
    #[error("the device process has closed the link ({0})")]
    Closed(String),
    /// The operating system refused to read or write the link.
    #[error("the link to the device failed: {0}")]
    Io(String),
    /// The other side sent something that the protocol does not allow.
    #[error("the device broke the link protocol: {0}")]
    Protocol(String),
    /// The device itself reports that it cannot go on (an emulator met an instruction it does not know, ...).
    #[error("the device stopped: {0}")]
    Device(String),
}

/// The kind of a transaction: its token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    /// SETUP token, DATA0 with 8 bytes, handshake.
    Setup,
    /// OUT token, data packet, handshake (none if isochronous).
    Out,
    /// IN token, data packet from the device or NAK or STALL, ACK from the host (none if isochronous).
    In,
}

/// The toggle of a data packet (USB 2.0 section 8.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Toggle {
    /// PID DATA0.
    #[default]
    Data0,
    /// PID DATA1.
    Data1,
}

impl Toggle {
    /// The other one.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Data0 => Self::Data1,
            Self::Data1 => Self::Data0,
        }
    }

    /// 0 or 1.
    pub const fn number(self) -> u8 {
        match self {
            Self::Data0 => 0,
            Self::Data1 => 1,
        }
    }

    /// DATA1 for `true`.
    pub const fn from_bit(bit: bool) -> Self {
        if bit { Self::Data1 } else { Self::Data0 }
    }
}

/// Noise on the wire during one transaction, injected by a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The token does not arrive. The bus then does not call the port at all; a port that meets it answers
    /// [`Reply::Silent`] and changes nothing.
    LoseToken,
    /// The data packet arrives with a wrong CRC. SETUP and OUT: the device must not answer (it may set error flags).
    /// IN: the host does not acknowledge, so the device keeps the packet and its toggle.
    CorruptData,
    /// The handshake does not arrive. SETUP and OUT: the device has accepted the packet, the host repeats it with the
    /// same toggle. IN: the device does not see the host's ACK and keeps the packet and its toggle.
    LoseHandshake,
}

/// One transaction, as the host puts it on the wire (USB 2.0 section 8.5).
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// The first bit of the token's SYNC.
    pub start: BusTime,
    /// The last bit of the token's EOP. For IN the device must have decided what to send now.
    pub token_end: BusTime,
    /// The last bit of the host's data packet; equals `token_end` for IN.
    pub data_end: BusTime,
    /// SETUP, OUT or IN.
    pub token: Token,
    /// Device address, 0 to 127.
    pub address: u8,
    /// Endpoint number, 0 to 15; the direction follows from `token`.
    pub endpoint: u8,
    /// Toggle of the host's data packet. For IN: the toggle that the host expects, for information only; a device
    /// cannot see it and must not use it.
    pub toggle: Toggle,
    /// The host's data: 8 bytes for SETUP, 0 to 1023 for OUT, empty for IN.
    pub data: &'a [u8],
    /// IN: the most that the host takes. A longer packet is babble: the host does not acknowledge it. A device cannot
    /// see it either; it is there for [`Transaction::acknowledged`].
    pub room: usize,
    /// No handshake, no retry (USB 2.0 section 8.5.5).
    pub isochronous: bool,
    /// Noise.
    pub fault: Option<Fault>,
}

/// What the device put on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The data were accepted (or had been accepted before: a repeated toggle).
    Ack,
    /// Not now.
    Nak,
    /// The endpoint is halted, or the control request is refused.
    Stall,
    /// Nothing at all: another address, a closed endpoint, a damaged packet, no pull-up, or an isochronous OUT.
    Silent,
    /// The answer to IN.
    Data {
        /// Its toggle.
        toggle: Toggle,
        /// Its bytes, 0 to 1023.
        bytes: Vec<u8>,
    },
}

impl Transaction<'_> {
    /// Whether the device sees an ACK from the host after sending `len` bytes in answer to an IN: if not, it keeps the
    /// packet and its toggle and sends it again. (An isochronous packet is gone after one try: `true`.)
    pub const fn acknowledged(&self, len: usize) -> bool {
        self.isochronous || (self.fault.is_none() && len <= self.room)
    }

    /// Whether the data packet of a SETUP or OUT reaches the device undamaged.
    pub const fn arrives(&self) -> bool {
        !matches!(self.fault, Some(Fault::LoseToken | Fault::CorruptData))
    }

    /// When the transaction is over for the device, that is when its controller raises its interrupt: at the end of the
    /// handshake that it sends or receives.
    pub fn completes(&self, reply: &Reply) -> BusTime {
        timing::end_of_transaction(self, reply)
    }
}

/// A device at the end of the cable. See the module's text for the order of calls.
pub trait Port {
    /// Lets the device run until `until`, or until its next change that the host could see. Returns the time reached,
    /// which is never later than `until`; earlier means that [`Port::changes`] has moved.
    ///
    /// # Errors
    /// [`PortError`] when the device is gone; so for every method.
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError>;

    /// Counts what the host could notice by asking again: an endpoint became ready, was halted, opened or closed, its
    /// interrupt handler ended a transaction so that the next one can be taken; the pull-up was switched; a remote
    /// wakeup began. Counting too much only costs time; a change that is not counted leaves the host waiting, so when
    /// in doubt count. It may wrap.
    fn changes(&self) -> u64;

    /// The pull-up resistor on D+ is on.
    fn pull_up(&self) -> bool;

    /// The device is driving resume signalling (remote wakeup, USB 2.0 section 7.1.7.7). True until [`Port::resume`] or
    /// [`Port::reset`].
    fn resume_requested(&self) -> bool;

    /// SE0 from `start` to `end`, 10 ms or more (USB 2.0 section 7.1.7.5). The device knows nothing of `end` before it
    /// comes: it sees the reset begin 2.5 us after `start` at the earliest and end at `end`.
    ///
    /// # Errors
    /// As [`Port::run_until`].
    fn reset(&mut self, start: BusTime, end: BusTime) -> Result<(), PortError>;

    /// The bus has been idle for 3 ms at `at` (USB 2.0 section 7.1.7.6).
    ///
    /// # Errors
    /// As [`Port::run_until`].
    fn suspend(&mut self, at: BusTime) -> Result<(), PortError>;

    /// Resume signalling (K) begins at `at`; frames begin again 20 ms later or more.
    ///
    /// # Errors
    /// As [`Port::run_until`].
    fn resume(&mut self, at: BusTime) -> Result<(), PortError>;

    /// The SOF packet of frame number `frame` (11 bits) ends at `at`.
    ///
    /// # Errors
    /// As [`Port::run_until`].
    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError>;

    /// The cable is plugged or pulled. A device that does not look at VBUS ignores it: it sees an idle bus, and
    /// `suspend` comes 3 ms later.
    ///
    /// # Errors
    /// As [`Port::run_until`].
    fn cable(&mut self, at: BusTime, plugged: bool) -> Result<(), PortError> {
        let _ = (at, plugged);
        Ok(())
    }

    /// One transaction.
    ///
    /// # Errors
    /// As [`Port::run_until`].
    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError>;
}

/// A port that somebody else looks at too. Nobody may have borrowed it while the bus steps.
impl<P: Port> Port for Rc<RefCell<P>> {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        self.borrow_mut().run_until(until)
    }
    fn changes(&self) -> u64 {
        self.borrow().changes()
    }
    fn pull_up(&self) -> bool {
        self.borrow().pull_up()
    }
    fn resume_requested(&self) -> bool {
        self.borrow().resume_requested()
    }
    fn reset(&mut self, start: BusTime, end: BusTime) -> Result<(), PortError> {
        self.borrow_mut().reset(start, end)
    }
    fn suspend(&mut self, at: BusTime) -> Result<(), PortError> {
        self.borrow_mut().suspend(at)
    }
    fn resume(&mut self, at: BusTime) -> Result<(), PortError> {
        self.borrow_mut().resume(at)
    }
    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError> {
        self.borrow_mut().start_of_frame(at, frame)
    }
    fn cable(&mut self, at: BusTime, plugged: bool) -> Result<(), PortError> {
        self.borrow_mut().cable(at, plugged)
    }
    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        self.borrow_mut().transaction(transaction)
    }
}
