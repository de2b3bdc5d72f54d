//! The virtual clock: what a program on the unix port sees as time while a virtual bus is in use.
//!
//! While the clock is off, the program sees real time and nothing here matters. Switched on, time moves only when the
//! program lets it:
//!
//! * it *sleeps*: time moves to the end of the sleep;
//! * it *idles* (waits for something to happen): time moves on by one idle step;
//! * it *computes*: every so many hooks of the virtual machine's loop, time moves by a quantum, so that a program that
//!   never sleeps still meets its interrupts.
//!
//! The clock says how far time wants to move; the caller lets the bus run up to there and says how far it came with
//! [`Clock::advance_to`]. So the same program has the same time on every run and every computer.
//!
//! Another process may own the bus. It then grants time ([`Clock::grant`]), and the program must wait when it has used
//! up what was granted.

/// How time moves; all in nanoseconds but the count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Hooks of the virtual machine's loop that make one quantum; 0 counts as 1.
    pub hooks_per_quantum: u32,
    /// How far a quantum moves time.
    pub quantum: u64,
    /// How far one idle step moves time.
    pub idle_step: u64,
}

impl Rules {
    /// About what a small microcontroller needs: 64 hooks (a few hundred byte codes) for 50 µs, and idle steps of a
    /// quarter of a frame.
    pub const DEFAULT: Self = Self { hooks_per_quantum: 64, quantum: 50_000, idle_step: 250_000 };
}

/// What a program may do now that it wants time to move to a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The target has been reached (or the clock is off).
    Reached,
    /// Let the bus run up to here (nanoseconds), then call [`Clock::advance_to`].
    Run(u64),
    /// What was granted is used up: wait for more.
    Wait,
}

/// The virtual clock. Nanoseconds since an arbitrary beginning; 64 bits last 584 years.
#[derive(Clone, Debug)]
pub struct Clock {
    rules: Rules,
    now: Option<u64>,
    hooks: u32,
    granted: u64,
}

impl Clock {
    /// A clock that is off.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, now: None, hooks: 0, granted: u64::MAX }
    }

    /// Switches virtual time on; it begins at `real_now`, so that the program sees no jump. Does nothing when it is on.
    pub const fn switch_on(&mut self, real_now: u64) {
        if self.now.is_none() {
            self.now = Some(real_now);
            self.hooks = 0;
            self.granted = u64::MAX;
        }
    }

    /// Back to real time. It may be behind the virtual time: the caller decides what the program may see.
    pub const fn switch_off(&mut self) {
        self.now = None;
    }

    /// Virtual time, `None` while the clock is off.
    pub const fn now(&self) -> Option<u64> {
        self.now
    }

    /// Time may move up to here and no further, until more is granted. Without a call there is no limit. A grant never
    /// takes back what was granted, except that the first one replaces "no limit".
    pub fn grant(&mut self, until: u64) {
        self.granted = if self.granted == u64::MAX { until } else { self.granted.max(until) };
    }

    /// The end of a sleep of `nanos` that begins now; `None` while the clock is off.
    pub fn sleep(&mut self, nanos: u64) -> Option<u64> {
        self.now.map(|now| now.saturating_add(nanos))
    }

    /// The end of one idle step, no later than `deadline` if there is one; `None` while the clock is off.
    pub fn idle(&mut self, deadline: Option<u64>) -> Option<u64> {
        let now = self.now?;
        let step = now.saturating_add(self.rules.idle_step.max(1));
        Some(deadline.map_or(step, |deadline| step.min(deadline.max(now))))
    }

    /// The virtual machine's loop passed its hook: a target when a quantum is full, else `None`.
    pub fn hook(&mut self) -> Option<u64> {
        let now = self.now?;
        self.hooks += 1;
        if self.hooks < self.rules.hooks_per_quantum {
            return None;
        }
        self.hooks = 0;
        Some(now.saturating_add(self.rules.quantum))
    }

    /// What to do so that time reaches `target`.
    pub const fn next(&self, target: u64) -> Next {
        let Some(now) = self.now else { return Next::Reached };
        if now >= target {
            return Next::Reached;
        }
        if now >= self.granted {
            return Next::Wait;
        }
        Next::Run(if target < self.granted { target } else { self.granted })
    }

    /// The bus has reached `time`. Time never goes back, and never past what was granted.
    pub const fn advance_to(&mut self, time: u64) {
        if let Some(now) = self.now {
            let limited = if time < self.granted { time } else { self.granted };
            if limited > now {
                self.now = Some(limited);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { hooks_per_quantum: 3, quantum: 100, idle_step: 40 };

    fn on() -> Clock {
        let mut clock = Clock::new(RULES);
        clock.switch_on(1000);
        clock
    }

    #[test]
    fn nothing_moves_while_off() {
        let mut clock = Clock::new(RULES);
        assert_eq!(clock.now(), None);
        assert_eq!((0..10).find_map(|_| clock.hook()), None);
        assert_eq!(clock.sleep(5), None);
        assert_eq!(clock.idle(None), None);
        clock.advance_to(7);
        assert_eq!(clock.now(), None);
        assert_eq!(clock.next(9), Next::Reached);
    }

    #[test]
    fn begins_where_real_time_is_and_only_once() {
        let mut clock = on();
        clock.advance_to(1500);
        clock.switch_on(9000);
        assert_eq!(clock.now(), Some(1500));
        clock.switch_off();
        clock.switch_on(9000);
        assert_eq!(clock.now(), Some(9000));
    }

    #[test]
    fn computing_moves_by_quanta() {
        let mut clock = on();
        let targets: Vec<_> = (0..7).map(|_| clock.hook().inspect(|&target| clock.advance_to(target))).collect();
        assert_eq!(targets, [None, None, Some(1100), None, None, Some(1200), None]);
    }

    #[test]
    fn no_hooks_a_quantum_counts_as_one() {
        let mut clock = Clock::new(Rules { hooks_per_quantum: 0, ..RULES });
        clock.switch_on(0);
        assert_eq!(clock.hook(), Some(100));
    }

    #[test]
    fn sleep_goes_to_its_end_in_steps_of_the_bus() {
        let mut clock = on();
        let end = clock.sleep(500).unwrap();
        assert_eq!(clock.next(end), Next::Run(1500));
        clock.advance_to(1200);
        assert_eq!(clock.next(end), Next::Run(1500));
        clock.advance_to(1500);
        assert_eq!(clock.next(end), Next::Reached);
        assert_eq!(clock.sleep(u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn idle_stops_at_a_deadline_and_never_goes_back() {
        let mut clock = on();
        assert_eq!(clock.idle(None), Some(1040));
        assert_eq!(clock.idle(Some(1010)), Some(1010));
        assert_eq!(clock.idle(Some(5)), Some(1000));
        clock.advance_to(10);
        assert_eq!(clock.now(), Some(1000));
    }

    #[test]
    fn a_grant_limits_time_until_the_next_one() {
        let mut clock = on();
        clock.grant(1200);
        let end = clock.sleep(500).unwrap();
        assert_eq!(clock.next(end), Next::Run(1200));
        clock.advance_to(1400);
        assert_eq!(clock.now(), Some(1200));
        assert_eq!(clock.next(end), Next::Wait);
        clock.grant(1100);
        assert_eq!(clock.next(end), Next::Wait);
        clock.grant(2000);
        assert_eq!(clock.next(end), Next::Run(1500));
    }
}
