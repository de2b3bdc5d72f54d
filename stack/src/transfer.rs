//! Transfers of the program's endpoints: cut into runs for the controller, put together again, ended.
//!
//! A transfer ends when its bytes are moved, or, host to device, with a short packet. Nothing is added: a transfer of
//! whole packets is not followed by a zero-length packet, and a zero-length transfer is one.

use crate::application::Application;
use crate::control::Stage;
use crate::controller::{Controller, Direction, EndpointAddress};
use crate::device::{Device, Outcome, Submit};
use crate::endpoint::{HALTED, IN_FLIGHT, ISOCHRONOUS, PROGRAMS, RUN_PACKETS};

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// Starts a transfer of `len` bytes; [`Application::data_in`] or [`Application::data_out`] gives its buffer from
    /// now on. It never completes inside this call. A zero-length transfer sends or receives one empty packet.
    pub fn submit<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress, len: usize) -> Submit {
        self.submit_and(app, endpoint, len, || {})
    }

    /// The same. `queued` is called when nothing stands against it any more, before the application is asked for the buffer.
    pub fn submit_and<A: Application>(
        &mut self,
        app: &mut A,
        endpoint: EndpointAddress,
        len: usize,
        queued: impl FnOnce(),
    ) -> Submit {
        if endpoint.number() == 0 || !self.latches.told_configured() {
            return Submit::Refused;
        }
        if !self.latches.is_current() {
            return Submit::Discarded;
        }
        if self.latches.untold.contains(endpoint) {
            let was_open = self.latches.seems_open(endpoint);
            return if was_open { Submit::Discarded } else { Submit::Refused };
        }
        let Ok(length) = u32::try_from(len) else {
            return Submit::Refused;
        };
        let is_complete = self.latches.complete.contains(endpoint);
        let entry = self.endpoints.get_mut(endpoint);
        if is_complete || !entry.is_only(PROGRAMS, PROGRAMS | IN_FLIGHT | HALTED) {
            return Submit::Refused;
        }
        // Packets of no bytes never move any.
        if entry.max_packet_size == 0 && length != 0 {
            return Submit::Refused;
        }
        entry.start(length);
        queued();
        self.pump(app, endpoint);
        Submit::Queued
    }

    /// The endpoint answers STALL.
    pub fn is_halted(&self, endpoint: EndpointAddress) -> bool {
        if endpoint.number() == 0 {
            self.control.stage == Stage::Stalled
        } else {
            self.endpoints.get(endpoint).is(HALTED)
        }
    }

    /// Halts an endpoint or ends its halt, because the program says so. Halting ends a transfer in flight with
    /// [`Outcome::Stalled`]; ending the halt of an endpoint makes DATA0 its next packet. An endpoint that is not open,
    /// or a built-in driver's, stays as it is. Endpoint 0 answers STALL until the next SETUP.
    pub fn set_halt<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress, halted: bool) {
        // What the host has taken or sent already belongs to the transfer that is about to end.
        self.interrupt(app);
        if endpoint.number() == 0 {
            if halted && self.bus.connected {
                self.control_stall();
            }
            return;
        }
        if !self.is_under_control(endpoint) {
            return;
        }
        let entry = self.endpoints.get_mut(endpoint);
        let (was_halted, in_flight) = (entry.is(HALTED), entry.is(IN_FLIGHT));
        if !halted {
            if was_halted {
                self.end_halt(app, endpoint);
            }
            return;
        }
        entry.set_halted(true);
        if in_flight {
            self.count_acknowledged(endpoint);
            self.complete(app, endpoint, Outcome::Stalled);
        }
        self.take_back(endpoint);
        if !was_halted {
            self.controller.set_halt(endpoint, true);
        }
    }

    /// Takes back the transfer in flight on an endpoint, and the end of one that the program has not heard of. Nothing
    /// is heard of it any more. What the host has sent and nobody has asked for is dropped. Toggle and halt stay as they
    /// are.
    pub fn cancel<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress) {
        self.interrupt(app);
        if self.is_under_control(endpoint) {
            self.take_back(endpoint);
            self.endpoints.get_mut(endpoint).stop();
            self.latches.complete.remove(endpoint);
        }
    }

    /// The endpoint is the program's, and still what the program has been told that it is.
    fn is_under_control(&self, endpoint: EndpointAddress) -> bool {
        self.is_programs(endpoint) && self.latches.is_current() && !self.latches.untold.contains(endpoint)
    }

    /// The controller forgets what it holds of an endpoint's transfer.
    #[inline(never)]
    pub(crate) fn take_back(&mut self, endpoint: EndpointAddress) {
        self.controller.cancel(endpoint);
        self.endpoints.get_mut(endpoint).forget_runs();
    }

    /// SET_FEATURE(ENDPOINT_HALT): a transfer in flight waits for the end of the halt. The rest of a packet of which a
    /// part was delivered is dropped.
    pub(crate) fn host_sets_halt(&mut self, endpoint: EndpointAddress) {
        let entry = self.endpoints.get_mut(endpoint);
        if entry.is(HALTED) {
            return;
        }
        entry.set_halted(true);
        if endpoint.direction() == Direction::In {
            self.count_acknowledged(endpoint);
            self.controller.set_halt(endpoint, true);
            return;
        }
        self.controller.set_halt(endpoint, true);
        if entry.kept() != 0 {
            entry.set_kept(0);
            self.controller.release(endpoint.number());
        }
    }

    /// Runs of an IN endpoint are about to be taken back: what the host has of the oldest one counts as sent.
    pub(crate) fn count_acknowledged(&mut self, endpoint: EndpointAddress) {
        if endpoint.direction() == Direction::Out {
            return;
        }
        let bytes = self.controller.acknowledged(endpoint.number()) as u16;
        if bytes == 0 {
            return;
        }
        let entry = self.endpoints.get_mut(endpoint);
        if entry.is(PROGRAMS) {
            entry.done = entry.done.wrapping_add(u32::from(bytes));
        } else {
            self.builtin_took(bytes);
        }
    }

    /// CLEAR_FEATURE(ENDPOINT_HALT): DATA0 is next (USB 2.0 section 9.4.5), transfers go on.
    pub(crate) fn host_clears_halt<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress) {
        if self.endpoints.get_mut(endpoint).is(HALTED) {
            self.end_halt(app, endpoint);
        } else {
            self.controller.reset_toggle(endpoint);
        }
    }

    /// The controller tells of the runs that the host took before a halt; those left were taken back and are sent
    /// again.
    fn end_halt<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress) {
        self.controller.set_halt(endpoint, false);
        let entry = self.endpoints.get_mut(endpoint);
        entry.set_halted(false);
        entry.forget_runs();
        if entry.is(PROGRAMS) {
            self.pump(app, endpoint);
        } else {
            self.builtin_pump(app, endpoint.direction());
        }
    }

    /// The endpoint is open and belongs to the program.
    #[inline(always)]
    pub(crate) fn is_programs(&self, endpoint: EndpointAddress) -> bool {
        self.endpoints.get(endpoint).is(PROGRAMS)
    }

    /// The host took a run.
    pub(crate) fn run_sent<A: Application>(&mut self, app: &mut A, number: u8) {
        let endpoint = EndpointAddress::new(number, Direction::In);
        let entry = self.endpoints.get_mut(endpoint);
        let Some(bytes) = entry.pop_run() else {
            return;
        };
        if !entry.is(PROGRAMS) {
            self.builtin_took(bytes);
            return self.builtin_pump(app, Direction::In);
        }
        entry.done = entry.done.wrapping_add(u32::from(bytes));
        if entry.done >= entry.length() {
            self.complete(app, endpoint, Outcome::Success);
        } else {
            self.pump(app, endpoint);
        }
    }

    /// The host sent a run.
    pub(crate) fn run_received<A: Application>(&mut self, app: &mut A, number: u8) {
        let endpoint = EndpointAddress::new(number, Direction::Out);
        let entry = self.endpoints.get_mut(endpoint);
        if !entry.is(PROGRAMS) {
            self.builtin_pump(app, Direction::Out);
        } else if entry.is_only(ISOCHRONOUS, ISOCHRONOUS | IN_FLIGHT) {
            // Data that nobody waited for are of no use later. The transfer before may have taken this run already.
            while self.controller.received(number).is_some() {
                self.controller.release(number);
            }
        } else {
            self.pump(app, endpoint);
        }
    }

    /// Moves what can be moved of the transfer in flight.
    fn pump<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress) {
        if !self.endpoints.get_mut(endpoint).is_only(IN_FLIGHT, IN_FLIGHT | HALTED) {
            return;
        }
        let ended = match endpoint.direction() {
            Direction::In => self.pump_in(app, endpoint),
            Direction::Out => self.pump_out(app, endpoint),
        };
        let Some(outcome) = ended else {
            return;
        };
        if outcome == Outcome::Failed {
            self.take_back(endpoint);
        }
        self.complete(app, endpoint, outcome);
    }

    fn complete<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress, outcome: Outcome) {
        let at = self.latches.now();
        self.endpoints.get_mut(endpoint).end(outcome, at);
        self.latches.complete.insert(endpoint);
        app.wake_task();
    }

    /// Gives the controller runs until it takes no more or the transfer has none left. Returns how it ended, if it did.
    fn pump_in<A: Application>(&mut self, app: &A, endpoint: EndpointAddress) -> Option<Outcome> {
        let entry = self.endpoints.get_mut(endpoint);
        while entry.has_room_for_run() {
            let length = entry.length() as usize;
            let next = (entry.done as usize).wrapping_add(entry.queued());
            if next >= length && (length != 0 || entry.has_runs()) {
                return None;
            }
            let Some(data) = app.data_in(endpoint).and_then(|data| data.get(..length)?.get(next..)) else {
                return Some(Outcome::Failed);
            };
            let longest = usize::from(entry.max_packet_size).wrapping_mul(RUN_PACKETS);
            let data = data.get(..longest).unwrap_or(data);
            let taken = self.controller.send(endpoint.number(), data)?.min(data.len());
            if taken == 0 && !data.is_empty() {
                return None;
            }
            entry.push_run(taken);
        }
        None
    }

    /// Takes what waits in the controller and lets the host send the rest. Returns how it ended, if it did.
    fn pump_out<A: Application>(&mut self, app: &mut A, endpoint: EndpointAddress) -> Option<Outcome> {
        let entry = self.endpoints.get_mut(endpoint);
        let number = endpoint.number();
        let room = app.data_out(endpoint);
        let Some(mut room) = room.and_then(|room| room.get_mut(entry.done as usize..entry.length() as usize)) else {
            return Some(Outcome::Failed);
        };
        while let Some(run) = self.controller.received(number) {
            let offset = usize::from(entry.kept());
            let waiting = run.len.saturating_sub(offset);
            let taken = waiting.min(room.len());
            if taken != 0 {
                self.controller.read(number, offset, room);
            }
            entry.done = entry.done.wrapping_add(taken as u32);
            if taken < waiting && !entry.is(ISOCHRONOUS) {
                entry.set_kept(offset.wrapping_add(taken) as u16);
            } else {
                entry.set_kept(0);
                self.controller.release(number);
            }
            room = room.get_mut(taken..).unwrap_or(&mut []);
            if room.is_empty() || run.short {
                return Some(Outcome::Success);
            }
        }
        self.controller.arm(number, room);
        None
    }
}
