//! The built-in mass storage: USB Mass Storage Class, Bulk-Only Transport 1.0, with SCSI commands for one unit.
//!
//! Unlike the serial port it works in the *task*: a block device is slow, and a flash chip is written with interrupts
//! off. To the stack its endpoints are therefore a program's endpoints, and [`MassStorage`] is a small program. It moves
//! nothing itself. Its owner tells it what it hears ([`MassStorage::request`], [`MassStorage::complete`]) and then does
//! what [`MassStorage::step`] says, until there is nothing to do:
//!
//! ```text
//! Event::Configured ---> configured()          Event::Setup, if concerns() ---> request(), steps, then answer
//! Event::Reset --------> closed()              Event::Complete, if owns() ----> complete()
//!
//! steps:  loop { match storage.step(medium, buffer) {
//!             Submit { endpoint, len } => Device::submit(); without success: refused()
//!             Halt(endpoint)           => Device::set_halt(endpoint, true)
//!             Cancel(endpoint)         => Device::cancel(endpoint)
//!             Busy                     => come back later
//!             Rest                     => done
//!         } }
//! ```
//!
//! One buffer carries everything: command, data, status. From a submission to its completion it is the stack's, and the
//! driver does not look at it.
//!
//! # What the host may do wrong
//!
//! A transfer that is no command block wrapper halts both endpoints until Bulk-Only Mass Storage Reset (sections 5.3.4
//! and 6.6.1). Where host and device disagree about the data (section 6.7, the thirteen cases), the endpoint on which
//! the host waits for more is halted, and the status says what has been moved, or Phase Error.

mod data;
mod inquiry;
mod medium;
mod scsi;
mod wrapper;

use crate::controller::{Direction, EndpointAddress, TransferType};
use crate::descriptor::endpoints;
use crate::device::Outcome;
use crate::setup::{Recipient, RequestKind, SetupPacket, request};

pub use medium::{Capacity, Identity, Medium, Sense};
use scsi::{Intent, Unit};
use wrapper::{Status, Wrapper};

/// bInterfaceClass of mass storage.
const CLASS_MASS_STORAGE: u8 = 8;
/// Class requests (section 3).
const BULK_ONLY_RESET: u8 = 0xff;
const GET_MAX_LUN: u8 = 0xfe;

/// Room for a command: a packet of the largest size, so that one that is too long is seen to be that. The least that the
/// buffer must have.
pub const COMMAND_ROOM: usize = 64;

/// What GET MAX LUN is answered with: the highest logical unit number.
pub const MAX_LUN: [u8; 1] = [0];

/// What is to be done next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing, until something is heard.
    Rest,
    /// Nothing yet: the medium is busy. Ask again when others have had a turn.
    Busy,
    /// Submit the first `len` bytes of the buffer.
    Submit {
        /// Where.
        endpoint: EndpointAddress,
        /// How many bytes.
        len: usize,
    },
    /// Halt an endpoint.
    Halt(EndpointAddress),
    /// Take back what is in flight on an endpoint.
    Cancel(EndpointAddress),
}

/// The answer to a control request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Reject it.
    Stall,
    /// Acknowledge it.
    Acknowledge,
    /// Send [`MAX_LUN`].
    MaxLun,
}

/// What is going on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Not configured.
    Closed,
    /// The host may send a command.
    Command,
    /// So many bytes of it have come.
    Received(usize),
    /// The next part of the data is due.
    NextPart,
    /// The medium is to fill the buffer.
    Fill,
    /// What is in the buffer goes to the host.
    Send,
    /// The host fills the buffer.
    Receive,
    /// The medium is to take what is in the buffer.
    Store,
    /// An endpoint is to be halted, then comes the status.
    Halt,
    /// The status goes to the host.
    Status,
    /// No command could be made out: that many of both endpoints are still to be halted.
    Broken(u8),
    /// Bulk-Only Mass Storage Reset: that many are still to be emptied.
    Emptying(u8),
}

/// The driver.
#[derive(Clone, Copy)]
pub struct MassStorage {
    phase: Phase,
    /// A transfer is under way.
    in_flight: bool,
    /// A submission was refused: the host has halted the endpoint, and will be heard when it ends that.
    refused: bool,
    interface: u8,
    /// Device to host.
    input: EndpointAddress,
    output: EndpointAddress,
    wrapper: Wrapper,
    intent: Intent,
    /// Bytes that the command moves; those that were on the bus, and those of them that count: the medium has taken them.
    planned: u32,
    moved: u32,
    done: u32,
    /// Bytes of the part that is in the buffer; those of them that the medium has given or taken.
    part: usize,
    by_medium: usize,
    status: Status,
    unit: Unit,
}

impl Default for MassStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl MassStorage {
    /// Not configured.
    pub const fn new() -> Self {
        Self {
            phase: Phase::Closed,
            in_flight: false,
            refused: false,
            interface: 0,
            input: EndpointAddress::CONTROL_IN,
            output: EndpointAddress::CONTROL_OUT,
            wrapper: Wrapper::new(),
            intent: Intent::Done,
            planned: 0,
            moved: 0,
            done: 0,
            part: 0,
            by_medium: 0,
            status: Status::Passed,
            unit: Unit { sense: Sense::NONE, locked: false },
        }
    }

    /// The host has chosen a configuration in which this interface is the mass storage's. If it is not there, or has not
    /// the endpoints, nothing is served.
    pub fn configured(&mut self, configuration: &[u8], interface: u8) {
        *self = Self { interface, ..Self::new() };
        let (mut input, mut output) = (None, None);
        for endpoint in endpoints(configuration) {
            let fits = endpoint.interface() == interface
                && endpoint.alternate() == 0
                && endpoint.class() == CLASS_MASS_STORAGE
                && endpoint.config().transfer_type == TransferType::Bulk;
            if fits {
                let address = endpoint.config().address;
                match address.direction() {
                    Direction::In => input = Some(address),
                    Direction::Out => output = Some(address),
                }
            }
        }
        if let (Some(input), Some(output)) = (input, output) {
            self.input = input;
            self.output = output;
            self.phase = Phase::Command;
        }
    }

    /// The bus was reset, or the host has left the configuration.
    pub fn closed(&mut self) {
        *self = Self::new();
    }

    /// The endpoint is the driver's.
    pub fn owns(&self, endpoint: EndpointAddress) -> bool {
        self.phase != Phase::Closed && (endpoint == self.input || endpoint == self.output)
    }

    /// The control request is the driver's to answer.
    pub fn concerns(&self, setup: &SetupPacket) -> bool {
        match setup.recipient() {
            Recipient::Endpoint => self.owns(EndpointAddress::from_byte(setup.index_low())),
            // A class request to the device is the interface's that wIndex names.
            Recipient::Device if setup.kind() != RequestKind::Class => false,
            Recipient::Device | Recipient::Interface => {
                self.phase != Phase::Closed && setup.index_low() == self.interface
            }
            Recipient::Other => false,
        }
    }

    /// A control request that [`Self::concerns`] the driver. The answer is for after the next steps.
    pub fn request(&mut self, setup: &SetupPacket) -> Reply {
        // It may have ended a halt.
        self.refused = false;
        match (setup.kind(), setup.recipient(), setup.request()) {
            (RequestKind::Standard, Recipient::Endpoint, _) => {
                if let Phase::Broken(_) = self.phase {
                    // Only a reset ends this one (section 5.3.4).
                    self.phase = Phase::Broken(2);
                }
                Reply::Acknowledge
            }
            (RequestKind::Standard, _, request::SET_INTERFACE) => {
                // The endpoints have been opened anew, and what was in flight is gone.
                self.in_flight = false;
                self.phase = Phase::Command;
                Reply::Acknowledge
            }
            (RequestKind::Standard, _, request::GET_INTERFACE | request::GET_STATUS) => Reply::Acknowledge,
            (RequestKind::Class, Recipient::Interface, GET_MAX_LUN)
                if setup.value() == 0 && setup.length() == 1 && setup.direction() == Direction::In =>
            {
                Reply::MaxLun
            }
            (RequestKind::Class, Recipient::Interface, BULK_ONLY_RESET)
                if setup.value() == 0 && setup.length() == 0 && setup.direction() == Direction::Out =>
            {
                self.phase = Phase::Emptying(2);
                self.in_flight = false;
                self.unit.locked = false;
                Reply::Acknowledge
            }
            _ => Reply::Stall,
        }
    }

    /// A transfer on one of the driver's endpoints has ended.
    pub fn complete(&mut self, outcome: Outcome, len: usize) {
        self.in_flight = false;
        if self.is_moving_data() {
            self.moved = self.moved.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        }
        match self.phase {
            _ if outcome != Outcome::Success => self.phase = Phase::Broken(2),
            Phase::Command => self.phase = Phase::Received(len),
            Phase::Send => {
                self.done = self.moved;
                self.after_part();
            }
            Phase::Receive if len < self.part => {
                // A short packet before the end: the host has not kept its word.
                self.status = Status::PhaseError;
                self.phase = Phase::Status;
            }
            Phase::Receive => self.phase = Phase::Store,
            Phase::Status => self.phase = Phase::Command,
            _ => {}
        }
    }

    /// The stack has refused the last submission.
    pub fn refused(&mut self) {
        self.in_flight = false;
        self.refused = true;
    }

    /// Nothing is to be done until something is heard: the buffer may be the stack's.
    pub fn is_waiting(&self) -> bool {
        self.in_flight || self.refused
    }

    /// The next thing to do. The buffer is the driver's while it is not waiting.
    pub fn step(&mut self, medium: &mut impl Medium, buffer: &mut [u8]) -> Step {
        while !self.is_waiting() {
            match self.phase {
                Phase::Closed | Phase::Broken(0) => break,
                Phase::Command => return self.submit(self.output, COMMAND_ROOM.min(buffer.len())),
                Phase::Received(len) => self.begin(medium, buffer, len),
                Phase::NextPart => self.next_part(buffer.len()),
                Phase::Fill | Phase::Store => match self.ask_medium(medium, buffer) {
                    Ok(0) => return Step::Busy,
                    Ok(count) => self.medium_moved(count),
                    Err(sense) => self.fail(sense),
                },
                Phase::Send => return self.submit(self.input, self.part),
                Phase::Receive => return self.submit(self.output, self.part),
                Phase::Halt => {
                    self.phase = Phase::Status;
                    return Step::Halt(if self.wrapper.is_in { self.input } else { self.output });
                }
                Phase::Status => {
                    let bytes = self.wrapper.status(self.residue(), self.status);
                    buffer.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
                    return self.submit(self.input, bytes.len());
                }
                Phase::Broken(left) => {
                    self.phase = Phase::Broken(left.wrapping_sub(1));
                    return Step::Halt(self.endpoint(left));
                }
                Phase::Emptying(0) => self.phase = Phase::Command,
                Phase::Emptying(left) => {
                    self.phase = Phase::Emptying(left.wrapping_sub(1));
                    return Step::Cancel(self.endpoint(left));
                }
            }
        }
        Step::Rest
    }

    /// The one and the other.
    fn endpoint(&self, which: u8) -> EndpointAddress {
        if which > 1 { self.input } else { self.output }
    }

    fn submit(&mut self, endpoint: EndpointAddress, len: usize) -> Step {
        self.in_flight = true;
        Step::Submit { endpoint, len }
    }

    fn is_moving_data(&self) -> bool {
        matches!(self.phase, Phase::Send | Phase::Receive)
    }

    /// Bytes of the host's that were of no use (dCSWDataResidue).
    fn residue(&self) -> u32 {
        self.wrapper.length.saturating_sub(self.done)
    }
}
