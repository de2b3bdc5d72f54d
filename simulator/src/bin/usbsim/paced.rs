//! A bus in step with the wall clock for the host in this process, and a way to end that host's calls from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use usb_simulator::bus::Bus;
use usb_simulator::host::{BusAccess, Interrupted};
use usb_simulator::station::{Pace, Pacer};
use usb_simulator::time::BusTime;

/// Transactions take microseconds: sleeping after each would cost more than it would be exact.
const SHORTEST_SLEEP: Duration = Duration::from_nanos(BusTime::FRAME.nanos());

/// A bus whose time passes no faster than the wall clock.
pub struct Paced {
    bus: Bus,
    pacer: Pacer,
    stop: Arc<AtomicBool>,
}

impl Paced {
    /// Paces a new bus. When `stop` is set, the host's call in progress ends with
    /// [`HostError::Interrupted`](usb_simulator::host::HostError::Interrupted).
    pub fn new(bus: Bus, stop: Arc<AtomicBool>) -> Self {
        Self { bus, pacer: Pacer::new(Pace::Wall, Instant::now()), stop }
    }
}

impl BusAccess for Paced {
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R {
        act(&mut self.bus)
    }

    fn let_device_run(&mut self) -> Result<(), Interrupted> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Interrupted);
        }
        let now = Instant::now();
        self.pacer.settle(now, self.bus.now());
        let ahead = self.pacer.wall(self.bus.now()).saturating_duration_since(now);
        if ahead >= SHORTEST_SLEEP {
            thread::sleep(ahead);
        }
        Ok(())
    }
}
