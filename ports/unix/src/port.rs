//! The bus end.

use usb_simulator::port::{Port, PortError, Reply, Transaction};
use usb_simulator::time::BusTime;

use crate::wire::{Hold, Wire};

/// The end of a [`Wire`] that plugs into the simulated bus.
///
/// The device program runs between two steps of the bus, in the same thread, so `run_until` has nothing to let run: after
/// each step, the embedder calls `Device::interrupt` while [`BusEnd::irq`] is up.
#[derive(Clone, Debug)]
pub struct BusEnd(Hold);

impl BusEnd {
    /// The bus end of a static wire.
    pub const fn on(wire: &'static Wire) -> Self {
        Self(Hold::Static(wire))
    }

    pub(crate) fn held(hold: Hold) -> Self {
        Self(hold)
    }

    /// What both ends share.
    pub fn wire(&self) -> &Wire {
        &self.0
    }

    /// The controller's interrupt line.
    pub fn irq(&self) -> bool {
        self.0.irq()
    }
}

impl Port for BusEnd {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        Ok(until)
    }

    fn changes(&self) -> u64 {
        self.0.model().changes()
    }

    fn pull_up(&self) -> bool {
        self.0.model().pull_up()
    }

    fn resume_requested(&self) -> bool {
        self.0.model().resume_requested()
    }

    fn reset(&mut self, _start: BusTime, _end: BusTime) -> Result<(), PortError> {
        self.0.model().bus_reset();
        Ok(())
    }

    fn suspend(&mut self, _at: BusTime) -> Result<(), PortError> {
        self.0.model().bus_suspend();
        Ok(())
    }

    fn resume(&mut self, _at: BusTime) -> Result<(), PortError> {
        self.0.model().bus_resume();
        Ok(())
    }

    fn start_of_frame(&mut self, _at: BusTime, _frame: u16) -> Result<(), PortError> {
        self.0.model().bus_start_of_frame();
        Ok(())
    }

    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        Ok(self.0.model().transaction(transaction))
    }
}
