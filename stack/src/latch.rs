//! What the program has not heard yet: state with sequence numbers, not a queue.
//!
//! Every latch holds the number of the moment it was set. The oldest is delivered first. As a latch is one place,
//! setting it again merges; the rules for that are with each method. When a transfer has ended stands in the endpoint table,
//! with a number drawn from the same counter.

use crate::application::Application;
use crate::control::Stage;
use crate::controller::{Controller, EndpointAddress};
use crate::device::{Device, Event};
use crate::endpoint::{EndpointSet, endpoint_at};
use crate::setup::SetupPacket;

/// A moment, comparable by age with others that are less than 2^32 events away.
pub(crate) type Sequence = u32;

// The latches that are not an endpoint's: places in [`Latches::at`], and bits of [`Latches::state`].

/// The control pipe waits for the program: which way, its stage tells. First, because it is the one that is asked for most.
const CONTROL: usize = 0;
const ACK: usize = 1;
const RESET: usize = 2;
const CONFIGURED: usize = 3;
const SUSPEND: usize = 4;
/// How many there are.
const LATCHES: usize = 5;

/// The bits of all latches.
const ANY: u32 = (1 << LATCHES) - 1;
/// A bit beside those of the latches: the program has heard of the present configuration.
const TOLD_CONFIGURED: u32 = 1 << LATCHES;
/// Another: the program has heard that the bus is suspended.
const TOLD_SUSPENDED: u32 = 2 << LATCHES;

/// What the program has not heard, and what it has.
pub(crate) struct Latches {
    counter: Sequence,
    /// Which are set: a bit for each latch; and [`TOLD_CONFIGURED`], [`TOLD_SUSPENDED`].
    state: u32,
    /// When each was set last.
    at: [Sequence; LATCHES],
    /// A transfer has ended and the program has not heard of it.
    pub complete: EndpointSet,
    /// SET_INTERFACE has opened or closed it and the program has not heard of that.
    pub untold: EndpointSet,
    /// Of those in `untold`: it was open before.
    was_open: EndpointSet,
    /// The request that [`ACK`] is about: the control pipe may be busy with the next one.
    acknowledged: SetupPacket,
}

impl Latches {
    pub const fn new() -> Self {
        Self {
            counter: 0,
            state: 0,
            at: [0; LATCHES],
            complete: EndpointSet::new(),
            untold: EndpointSet::new(),
            was_open: EndpointSet::new(),
            acknowledged: SetupPacket::new([0; 8]),
        }
    }

    /// Something for the program's task. A call is shorter than what it does.
    #[inline(never)]
    fn set<A: Application>(&mut self, app: &mut A, latch: usize) {
        let now = self.now();
        if let Some(at) = self.at.get_mut(latch) {
            *at = now;
        }
        self.state |= 1 << latch;
        app.wake_task();
    }

    fn clear(&mut self, latch: usize) {
        self.state &= !(1 << latch);
    }

    fn is_any(&self, of: u32) -> bool {
        self.state & of != 0
    }

    /// The number of this moment.
    pub fn now(&mut self) -> Sequence {
        self.counter = self.counter.wrapping_add(1);
        self.counter
    }

    /// Endpoints are gone. Several resets are one: nothing that the program hears of can happen between them. A
    /// configuration that it has not heard of yet is not worth telling any more, and so is what the control pipe was
    /// about to ask, and what SET_INTERFACE has done.
    pub fn reset<A: Application>(&mut self, app: &mut A) {
        self.clear(CONFIGURED);
        self.clear(CONTROL);
        self.all_told();
        self.set(app, RESET);
    }

    /// The host has chosen the configuration.
    pub fn configured<A: Application>(&mut self, app: &mut A) {
        self.set(app, CONFIGURED);
    }

    /// The control pipe waits for the program.
    pub fn control<A: Application>(&mut self, app: &mut A) {
        self.set(app, CONTROL);
    }

    /// The control pipe does not wait any more.
    pub fn drop_control(&mut self) {
        self.clear(CONTROL);
    }

    /// A control transfer that the program took part in is over. There is never more than one of these to tell: the
    /// program has to hear of the next request before that can end, and it hears of this first.
    pub fn ack<A: Application>(&mut self, app: &mut A, setup: SetupPacket) {
        self.acknowledged = setup;
        self.set(app, ACK);
    }

    /// The bus is suspended, or not: only a difference from what the program knows is worth telling.
    pub fn suspend<A: Application>(&mut self, app: &mut A, suspended: bool) {
        if suspended == self.is_any(TOLD_SUSPENDED) {
            self.clear(SUSPEND);
        } else {
            self.set(app, SUSPEND);
        }
    }

    /// SET_INTERFACE opens or closes the endpoint, which was open or not.
    #[inline(never)]
    pub fn changed(&mut self, endpoint: EndpointAddress, was_open: bool) {
        if was_open && !self.untold.contains(endpoint) {
            self.was_open.insert(endpoint);
        }
        self.untold.insert(endpoint);
    }

    /// SET_INTERFACE has changed the endpoint, and the program, which has not been told, takes it for open.
    pub fn seems_open(&self, endpoint: EndpointAddress) -> bool {
        self.was_open.contains(endpoint)
    }

    /// The program knows of every SET_INTERFACE.
    pub fn all_told(&mut self) {
        self.untold.clear();
        self.was_open.clear();
    }

    /// What the program has been told of the host's doings is still so.
    pub fn is_current(&self) -> bool {
        !self.is_any(1 << RESET)
    }

    /// As far as the program has been told, the device is configured.
    pub fn told_configured(&self) -> bool {
        self.is_any(TOLD_CONFIGURED)
    }
}

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// There is an event that the program has not heard yet.
    pub fn has_event(&self) -> bool {
        self.latches.is_any(ANY) || !self.latches.complete.is_empty()
    }

    /// The oldest event that the program has not heard yet. By this call it has been told: what the event says counts
    /// from here on (a transfer may be submitted while [`Event::Configured`] is being handled, not while
    /// [`Event::Reset`] is).
    #[inline(never)]
    pub fn next_event(&mut self) -> Option<Event> {
        if !self.has_event() {
            return None;
        }
        let place = self.oldest();
        if place >= LATCHES {
            let endpoint = endpoint_at(place.wrapping_sub(LATCHES));
            self.latches.complete.remove(endpoint);
            let entry = self.endpoints.get_mut(endpoint);
            return Some(Event::Complete { endpoint, result: entry.outcome(), len: entry.done as usize });
        }
        self.latches.clear(place);
        Some(match place {
            RESET => {
                self.latches.state &= !TOLD_CONFIGURED;
                Event::Reset
            }
            CONFIGURED => {
                self.latches.state |= TOLD_CONFIGURED;
                Event::Configured
            }
            ACK => Event::AckStage(self.latches.acknowledged),
            SUSPEND => {
                self.latches.state ^= TOLD_SUSPENDED;
                Event::Suspend(self.latches.is_any(TOLD_SUSPENDED))
            }
            _ => {
                self.latches.all_told();
                self.control.asked = true;
                match self.control.stage {
                    Stage::AskString => Event::String(self.control.setup.value_low()),
                    Stage::AskData => Event::DataStage(self.control.setup),
                    _ => Event::Setup(self.control.setup),
                }
            }
        })
    }

    /// The place of what was latched first, if anything is: of a latch, or after those of an endpoint.
    #[inline(always)]
    fn oldest(&self) -> usize {
        let set = self.latches.state & ANY;
        // Mostly this one, and nothing else.
        if set == 1 << CONTROL && self.latches.complete.is_empty() {
            return CONTROL;
        }
        let mut oldest = Oldest { now: self.latches.counter, age: 0, place: 0 };
        oldest.look(set, 0, |place| self.latches.at.get(place).copied());
        oldest.look(self.latches.complete.bits(), LATCHES, |place| self.endpoints.ended_at(place));
        oldest.place
    }
}

/// The search for what was latched first.
struct Oldest {
    now: Sequence,
    /// How long ago the oldest was latched that has been found.
    age: u32,
    /// Its place, in all lists that were looked at, one after the other.
    place: usize,
}

impl Oldest {
    /// Looks at what is latched of a list, at the places whose bits in `set` are set; `at` tells when. `before` is the
    /// length of the lists before.
    #[inline(always)]
    fn look(&mut self, mut set: u32, before: usize, at: impl Fn(usize) -> Option<Sequence>) {
        let mut place = 0usize;
        while set != 0 {
            if set & 1 != 0
                && let Some(at) = at(place)
            {
                let age = self.now.wrapping_sub(at);
                if age >= self.age {
                    self.age = age;
                    self.place = before.wrapping_add(place);
                }
            }
            set >>= 1;
            place = place.wrapping_add(1);
        }
    }
}
