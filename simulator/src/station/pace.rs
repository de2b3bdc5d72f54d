//! How bus time follows the wall clock when the host is one that lives by it.
//!
//! The bus stays at the wall's time, and up to [`LEAD`] before it while transfers are being moved: the next answer is
//! then ready when the host's next question comes, and no wait has to be finer than the operating system's timers. A
//! device that is slower than the wall (an emulator) makes the bus late; what is more than [`LONGEST_LAG`] is given up,
//! so that a device which has been slow for a while is not hurried afterwards.

use std::time::{Duration, Instant};

use crate::time::BusTime;

/// How far the bus may be before the wall while transfers are being moved: one frame.
pub const LEAD: BusTime = BusTime::FRAME;
/// How far the bus may be behind the wall and still hurry to catch up.
pub const LONGEST_LAG: BusTime = BusTime::from_millis(20);

/// What the bus does while transfers are being moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pace {
    /// It keeps to the wall clock: 12 Mbit/s are 12 Mbit/s.
    #[default]
    Wall,
    /// It runs as fast as device and host can, and goes on from there at the wall's pace when nothing moves. The device
    /// sees more time pass than the wall shows.
    Free,
}

/// Bus time by the wall clock.
#[derive(Debug)]
pub struct Pacer {
    pace: Pace,
    wall: Instant,
    bus: BusTime,
    lost: Duration,
}

impl Pacer {
    /// Bus time 0 is `now`.
    pub const fn new(pace: Pace, now: Instant) -> Self {
        Self { pace, wall: now, bus: BusTime::ZERO, lost: Duration::ZERO }
    }

    /// The bus time that the wall clock shows.
    pub fn target(&self, now: Instant) -> BusTime {
        let nanos = now.saturating_duration_since(self.wall).as_nanos();
        self.bus + BusTime::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How far the bus may run now. `moving`: transfers are being moved.
    pub fn limit(&self, now: Instant, bus: BusTime, moving: bool) -> BusTime {
        match (moving, self.pace) {
            (false, _) => self.target(now),
            (true, Pace::Wall) => self.target(now) + LEAD,
            (true, Pace::Free) => self.target(now).max(bus) + LEAD,
        }
    }

    /// When the wall clock shows a bus time; the beginning for what lies before it.
    pub fn wall(&self, time: BusTime) -> Instant {
        self.wall + Duration::from_nanos(time.since(self.bus).nanos())
    }

    /// The bus is at `bus`. What it is too far behind is given up; what it is too far ahead in [`Pace::Free`] counts as
    /// passed.
    pub fn settle(&mut self, now: Instant, bus: BusTime) {
        let target = self.target(now);
        let lag = target.since(bus);
        if lag > LONGEST_LAG {
            self.lost += Duration::from_nanos(lag.nanos());
        } else if self.pace == Pace::Wall || bus <= target + LEAD {
            return;
        }
        self.wall = now;
        self.bus = bus;
    }

    /// How much wall time the bus has not followed, all in all.
    pub const fn lost(&self) -> Duration {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> BusTime {
        BusTime::from_millis(count)
    }

    #[test]
    fn the_bus_follows_the_wall_and_leads_by_a_frame_only_while_something_moves() {
        let start = Instant::now();
        let pacer = Pacer::new(Pace::Wall, start);
        let later = start + Duration::from_millis(7);
        assert_eq!(pacer.target(later), ms(7));
        assert_eq!(pacer.limit(later, ms(6), false), ms(7));
        assert_eq!(pacer.limit(later, ms(6), true), ms(8));
        assert_eq!(pacer.wall(ms(7)), later);
    }

    #[test]
    fn a_short_lag_is_caught_up_and_a_long_one_given_up() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Wall, start);
        let later = start + Duration::from_millis(100);
        pacer.settle(later, ms(85));
        assert_eq!((pacer.target(later), pacer.lost()), (ms(100), Duration::ZERO));
        pacer.settle(later, ms(40));
        assert_eq!((pacer.target(later), pacer.lost()), (ms(40), Duration::from_millis(60)));
        assert_eq!(pacer.wall(ms(41)), later + Duration::from_millis(1));
    }

    #[test]
    fn a_bus_that_runs_free_goes_on_from_where_it_is() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Free, start);
        let later = start + Duration::from_millis(1);
        assert_eq!(pacer.limit(later, ms(50), true), ms(51));
        pacer.settle(later, ms(50));
        assert_eq!(pacer.limit(later, ms(50), false), ms(50));
        assert_eq!(pacer.target(later + Duration::from_millis(1)), ms(51));
        assert_eq!(pacer.lost(), Duration::ZERO);
    }
}
