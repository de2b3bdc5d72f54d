//! What the program has not heard yet: state with sequence numbers, not a queue.
//!
//! Every latch holds the number of the moment it was set. The oldest is delivered first. As a latch is one place,
//! setting it again merges; the rules for that are with each method. The completions of transfers are latched in the
//! endpoint table, with numbers drawn from the same counter.

use core::num::NonZeroU32;

use crate::control::Stage;
use crate::controller::Controller;
use crate::device::{Device, Event};
use crate::setup::SetupPacket;

/// A moment, comparable by age with others that are at most 2^31 events away.
pub(crate) type Sequence = NonZeroU32;

/// The latches that are not an endpoint's.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Latch {
    Reset,
    Configured,
    /// The control pipe waits for the program: which way, its stage tells.
    Control,
    Ack,
    Suspend,
}

impl Latch {
    const ALL: [Self; 5] = [Self::Reset, Self::Configured, Self::Control, Self::Ack, Self::Suspend];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What the program has not heard, and what it has.
pub(crate) struct Latches {
    counter: u32,
    /// Which are set: a bit for each [`Latch`].
    set: u8,
    /// When each was set last.
    at: [Option<Sequence>; Latch::ALL.len()],
    /// The request that [`Latch::Ack`] is about: the control pipe may be busy with the next one.
    acknowledged: SetupPacket,
    /// The program has heard of the present configuration.
    told_configured: bool,
    /// The program has heard that the bus is suspended.
    told_suspended: bool,
}

impl Latches {
    pub const fn new() -> Self {
        Self {
            counter: 0,
            set: 0,
            at: [None; Latch::ALL.len()],
            acknowledged: SetupPacket::new([0; 8]),
            told_configured: false,
            told_suspended: false,
        }
    }

    // A call is shorter than what it does.
    #[inline(never)]
    fn set(&mut self, latch: Latch) {
        self.at[latch as usize] = Some(self.now());
        self.set |= latch.bit();
    }

    fn clear(&mut self, latch: Latch) {
        self.set &= !latch.bit();
    }

    fn is_set(&self, latch: Latch) -> bool {
        self.set & latch.bit() != 0
    }

    /// The number of this moment.
    pub fn now(&mut self) -> Sequence {
        self.counter = self.counter.wrapping_add(1);
        match NonZeroU32::new(self.counter) {
            Some(sequence) => sequence,
            None => {
                self.counter = 1;
                NonZeroU32::MIN
            }
        }
    }

    /// Endpoints are gone. Several resets are one: nothing that the program hears of can happen between them. A
    /// configuration that it has not heard of yet is not worth telling any more, and so is what the control pipe was
    /// about to ask.
    pub fn reset(&mut self) {
        self.clear(Latch::Configured);
        self.clear(Latch::Control);
        self.set(Latch::Reset);
    }

    /// The host has chosen the configuration.
    pub fn configured(&mut self) {
        self.set(Latch::Configured);
    }

    /// The control pipe waits for the program.
    pub fn control(&mut self) {
        self.set(Latch::Control);
    }

    /// The control pipe does not wait any more.
    pub fn drop_control(&mut self) {
        self.clear(Latch::Control);
    }

    /// A control transfer that the program took part in is over. There is never more than one of these to tell: the
    /// program has to hear of the next request before that can end, and it hears of this first.
    pub fn ack(&mut self, setup: SetupPacket) {
        self.acknowledged = setup;
        self.set(Latch::Ack);
    }

    /// The bus is suspended, or not: only a difference from what the program knows is worth telling.
    pub fn suspend(&mut self, suspended: bool) {
        if suspended == self.told_suspended {
            self.clear(Latch::Suspend);
        } else {
            self.set(Latch::Suspend);
        }
    }

    /// What the program has been told of the host's doings is still so.
    pub fn is_current(&self) -> bool {
        !self.is_set(Latch::Reset)
    }

    /// As far as the program has been told, the device is configured.
    pub fn told_configured(&self) -> bool {
        self.told_configured
    }
}

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// There is an event that the program has not heard yet.
    pub fn has_event(&self) -> bool {
        self.latches.set != 0 || !self.endpoints.complete.is_empty()
    }

    /// The oldest event that the program has not heard yet. By this call it has been told: what the event says counts
    /// from here on (a transfer may be submitted while [`Event::Configured`] is being handled, not while
    /// [`Event::Reset`] is).
    #[inline(never)]
    pub fn next_event(&mut self) -> Option<Event> {
        if !self.has_event() {
            return None;
        }
        let age = |at: Sequence| self.latches.counter.wrapping_sub(at.get());
        let mut oldest = None;
        for (&latch, &at) in Latch::ALL.iter().zip(&self.latches.at) {
            if self.latches.is_set(latch)
                && let Some(at) = at
                && oldest.is_none_or(|(best, _)| best < age(at))
            {
                oldest = Some((age(at), latch));
            }
        }
        let mut completion = None;
        for endpoint in self.endpoints.complete {
            if let Some(at) = self.endpoints.completed_at(endpoint)
                && oldest.is_none_or(|(best, _)| best < age(at))
                && completion.is_none_or(|(best, _)| best < age(at))
            {
                completion = Some((age(at), endpoint));
            }
        }
        if let Some((_, endpoint)) = completion {
            let (result, len) = self.endpoints.take_completion(endpoint);
            return Some(Event::Complete { endpoint, result, len });
        }
        let (_, latch) = oldest?;
        self.latches.clear(latch);
        Some(match latch {
            Latch::Reset => {
                self.latches.told_configured = false;
                Event::Reset
            }
            Latch::Configured => {
                self.latches.told_configured = true;
                Event::Configured
            }
            Latch::Ack => Event::AckStage(self.latches.acknowledged),
            Latch::Suspend => {
                self.latches.told_suspended = !self.latches.told_suspended;
                Event::Suspend(self.latches.told_suspended)
            }
            Latch::Control => {
                self.endpoints.all_told();
                self.control.asked = true;
                match self.control.stage {
                    Stage::AskString => Event::String(self.control.setup.value_low()),
                    Stage::AskData => Event::DataStage(self.control.setup),
                    _ => Event::Setup(self.control.setup),
                }
            }
        })
    }
}
