//! A rig on the simulator's bus.

use usb_simulator::bus::Bus;
use usb_simulator::host::{BusAccess, Interrupted};
use usb_simulator::time::BusTime;

use crate::rig::Rig;

/// A device under test that is plugged into a bus; the device runs between two steps of the bus.
pub struct Plugged {
    /// The bus.
    pub bus: Bus,
    /// The device.
    pub rig: Rig,
    /// The device runs this often at most: interrupts are held off meanwhile, by a flash write for instance. A host gives a
    /// device 2 ms to take an address (USB 2.0 section 9.2.6.3), so more than that is not enumerated.
    pub every: BusTime,
    ran: BusTime,
}

impl Plugged {
    /// Plugs it in at bus time 0.
    pub fn new(mut rig: Rig) -> Self {
        rig.has_own_time = false;
        Self { bus: Bus::new(Box::new(rig.bus.clone())), rig, every: BusTime::ZERO, ran: BusTime::ZERO }
    }
}

impl BusAccess for Plugged {
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R {
        act(&mut self.bus)
    }

    fn let_device_run(&mut self) -> Result<(), Interrupted> {
        if self.bus.now() >= self.ran + self.every {
            self.ran = self.bus.now();
            self.rig.turn();
        }
        Ok(())
    }
}
