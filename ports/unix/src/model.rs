//! The controller itself: what both ends act on.
//!
//! This file holds the state and what the device stack does to it, `opening` how it opens and closes endpoints, and `bus`
//! what the bus does.
//!
//! # An interrupt that comes late
//!
//! The stack hears of a bus reset or a SETUP only when it asks for the event, and until then it may still act on what it
//! believed before. So between a bus reset and the delivery of its event, and between a SETUP and the delivery of its
//! event, calls for endpoint 0 are accepted and have no effect, as a driver must arrange it on a chip: what was meant for
//! the old request must not become the answer to the new one. What is told of an empty packet survives a SETUP: it was the
//! status stage of the request before.

mod bus;
mod opening;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use usb_stack::controller::{Direction, EndpointAddress, EndpointConfig, Event, Limits, OpenError, Received};

use crate::endpoint::{InEndpoint, Line, OutEndpoint, ReadFault};
use crate::shape::Shape;
use crate::violation::Violation;

/// Endpoint numbers in one direction (USB 2.0 section 8.3.2.2).
const NUMBERS: usize = 16;

/// Violations are counted beyond this many, but not kept.
const VIOLATIONS_KEPT: usize = 64;

/// A USB device controller in memory.
#[derive(Debug)]
pub struct Model {
    shape: Shape,
    pull_up: bool,
    /// `None` until the first bus reset after `connect`: nothing is answered before.
    address: Option<u8>,
    suspended: bool,
    waking: bool,
    sof_enabled: bool,
    outs: [Option<OutEndpoint>; NUMBERS],
    ins: [Option<InEndpoint>; NUMBERS],
    /// Packet memory in bytes that each endpoint keeps until all are closed, OUT and IN.
    kept_memory: [[u32; NUMBERS]; 2],
    /// The most that was announced for it.
    reserved_memory: [[u32; NUMBERS]; 2],
    /// Packet memory that is gone until then: it is handed out from one end to the other, as a driver of few lines does.
    memory_used: u32,
    events: VecDeque<Event>,
    /// `Event::Reset` is in `events`: the endpoints are closed for the bus already, for the stack not yet.
    reset_undelivered: bool,
    /// `Event::Setup` is in `events`.
    setup_undelivered: bool,
    /// The last run that the host took from endpoint 0 was an empty packet.
    empty_sent: bool,
    changes: u64,
    violations: Vec<Violation>,
    violation_count: usize,
}

impl Model {
    /// A controller of the given shape, not connected.
    pub const fn new(shape: Shape) -> Self {
        Self {
            shape,
            pull_up: false,
            address: None,
            suspended: false,
            waking: false,
            sof_enabled: false,
            outs: [const { None }; NUMBERS],
            ins: [const { None }; NUMBERS],
            kept_memory: [[0; NUMBERS]; 2],
            reserved_memory: [[0; NUMBERS]; 2],
            memory_used: 0,
            events: VecDeque::new(),
            reset_undelivered: false,
            setup_undelivered: false,
            empty_sent: false,
            changes: 0,
            violations: Vec::new(),
            violation_count: 0,
        }
    }

    /// The shape that it was made with.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// An event waits: the interrupt line is up.
    pub fn interrupt_pending(&self) -> bool {
        !self.events.is_empty()
    }

    /// Breaches of the contract so far, the first ones if there were very many.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    fn violated(&mut self, violation: Violation) {
        self.violation_count = self.violation_count.saturating_add(1);
        if self.violations.len() < VIOLATIONS_KEPT {
            self.violations.push(violation);
        }
    }

    fn changed(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    fn out(&mut self, number: u8) -> Option<&mut OutEndpoint> {
        self.outs[usize::from(number & 0x0f)].as_mut()
    }

    fn input(&mut self, number: u8) -> Option<&mut InEndpoint> {
        self.ins[usize::from(number & 0x0f)].as_mut()
    }

    fn line(&mut self, endpoint: EndpointAddress) -> Option<&mut Line> {
        match endpoint.direction() {
            Direction::Out => self.out(endpoint.number()).map(|out| &mut out.line),
            Direction::In => self.input(endpoint.number()).map(|input| &mut input.line),
        }
    }

    /// Forgets what was to be told about one endpoint.
    fn forget_events(&mut self, endpoint: EndpointAddress) {
        self.events.retain(|event| match (endpoint.direction(), event) {
            (Direction::In, Event::Sent { number }) | (Direction::Out, Event::Received { number }) => {
                *number != endpoint.number()
            }
            _ => true,
        });
    }

    /// What the stack does to endpoint 0 now was meant for a request that is no more.
    fn overtaken(&self, number: u8) -> bool {
        number == 0 && (self.reset_undelivered || self.setup_undelivered)
    }

    /// See [`usb_stack::Controller::limits`]; so for the other methods of the device end.
    pub fn limits(&self) -> Limits {
        self.shape.limits()
    }

    /// Packet memory of an endpoint.
    ///
    /// # Errors
    /// As [`Shape::footprint`].
    pub fn footprint(&self, config: &EndpointConfig) -> Result<u32, OpenError> {
        self.shape.footprint(config)
    }

    /// Pull-up on.
    pub fn connect(&mut self) {
        if self.pull_up {
            self.violated(Violation::ConnectedTwice);
        }
        self.pull_up = true;
        self.changed();
    }

    /// Pull-up off; everything is forgotten but the counters and the violations.
    pub fn disconnect(&mut self) {
        *self = Self {
            changes: self.changes,
            violations: std::mem::take(&mut self.violations),
            violation_count: self.violation_count,
            ..Self::new(self.shape)
        };
        self.changed();
    }

    /// The oldest event. Delivering a reset is what closes the endpoints for the stack.
    pub fn next_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        match event {
            Event::Reset => {
                self.reset_undelivered = false;
                self.close_all();
            }
            Event::Setup(_) => self.setup_undelivered = false,
            _ => {}
        }
        Some(event)
    }

    /// Answers to `address` from now on.
    pub fn set_address(&mut self, address: u8) {
        if address > 127 {
            return self.violated(Violation::AddressOutOfRange(address));
        }
        if self.address.is_none() || self.reset_undelivered {
            return;
        }
        if self.input(0).is_some_and(|input| !input.is_empty()) {
            return self.violated(Violation::AddressBeforeStatus);
        }
        self.address = Some(address);
        self.changed();
    }

    /// Queues a run.
    pub fn send(&mut self, number: u8, data: &[u8]) -> Option<usize> {
        let overtaken = self.overtaken(number);
        let Some(input) = self.input(number) else {
            self.violated(Violation::SendOnClosed(number));
            return None;
        };
        if number == 0 && data.len() > input.line.packet() {
            self.violated(Violation::ControlRunTooLong(data.len()));
            return None;
        }
        if overtaken {
            return Some(data.len());
        }
        if input.line.halted {
            self.violated(Violation::SendWhileHalted(number));
            return None;
        }
        let taken = input.queue(data);
        if taken.is_some() {
            self.changed();
        }
        taken
    }

    /// Bytes of the oldest run in flight that the host has acknowledged already.
    pub fn acknowledged(&self, number: u8) -> usize {
        self.ins[usize::from(number & 0x0f)].as_ref().map_or(0, InEndpoint::acknowledged)
    }

    /// Arms buffers for `room`.
    pub fn arm(&mut self, number: u8, room: &[u8]) {
        self.arm_with(number, |out| out.arm(room));
    }

    /// Arms all buffers.
    pub fn arm_ahead(&mut self, number: u8) {
        self.arm_with(number, OutEndpoint::arm_ahead);
    }

    fn arm_with(&mut self, number: u8, arm: impl FnOnce(&mut OutEndpoint) -> bool) {
        let overtaken = self.overtaken(number);
        let Some(out) = self.out(number) else {
            return self.violated(Violation::ArmOnClosed(number));
        };
        if overtaken {
            return;
        }
        if out.line.halted {
            return self.violated(Violation::ArmWhileHalted(number));
        }
        if arm(out) {
            self.changed();
        }
    }

    /// The oldest run that waits.
    pub fn received(&self, number: u8) -> Option<Received> {
        self.outs[usize::from(number & 0x0f)].as_ref()?.received()
    }

    /// Copies from the oldest run that waits.
    pub fn read(&mut self, number: u8, offset: usize, into: &mut [u8]) {
        let result = self.out(number).map_or(Err(ReadFault::Nothing), |out| out.read(offset, into));
        match result {
            Ok(()) => {}
            Err(_) if self.overtaken(number) => {}
            Err(ReadFault::Nothing) => self.violated(Violation::ReadOfNothing(number)),
            Err(ReadFault::Beyond(len)) => self.violated(Violation::ReadBeyond { number, offset, len }),
            Err(ReadFault::Elsewhere) => self.violated(Violation::ReadElsewhere(number)),
        }
    }

    /// Drops the oldest run that waits.
    pub fn release(&mut self, number: u8) {
        let overtaken = self.overtaken(number);
        if !self.out(number).is_some_and(OutEndpoint::release) && !overtaken {
            self.violated(Violation::ReleaseOfNothing(number));
        }
    }

    /// Takes back what is in flight.
    pub fn cancel(&mut self, endpoint: EndpointAddress) {
        match endpoint.direction() {
            Direction::Out => {
                if let Some(out) = self.out(endpoint.number()) {
                    out.cancel();
                }
            }
            Direction::In => {
                if let Some(input) = self.input(endpoint.number()) {
                    input.cancel();
                }
            }
        }
        self.forget_events(endpoint);
        self.changed();
    }

    /// Sets or ends a halt.
    pub fn set_halt(&mut self, endpoint: EndpointAddress, halted: bool) {
        let number = endpoint.number();
        if self.overtaken(number) {
            return;
        }
        let Some(line) = self.line(endpoint) else {
            return self.violated(Violation::ChangeOfClosed(endpoint.byte()));
        };
        line.halted = halted;
        if !halted {
            line.data1 = false;
        } else if endpoint.direction() == Direction::In {
            if let Some(input) = self.input(number) {
                input.cancel();
            }
        } else if self.out(number).is_some_and(OutEndpoint::disarm) {
            self.events.push_back(Event::Received { number });
        }
        self.changed();
    }

    /// DATA0 next.
    pub fn reset_toggle(&mut self, endpoint: EndpointAddress) {
        if self.overtaken(endpoint.number()) {
            return;
        }
        match self.line(endpoint) {
            Some(line) => line.data1 = false,
            None => self.violated(Violation::ChangeOfClosed(endpoint.byte())),
        }
        self.changed();
    }

    /// Drives resume until the host takes over.
    pub fn remote_wakeup(&mut self) {
        if !self.suspended {
            return self.violated(Violation::WakeupWhileAwake);
        }
        self.waking = true;
        self.changed();
    }

    /// Start-of-frame events on or off.
    pub fn enable_sof(&mut self, enabled: bool) {
        self.sof_enabled = enabled;
        if !enabled {
            self.events.retain(|event| *event != Event::StartOfFrame);
        }
    }
}
