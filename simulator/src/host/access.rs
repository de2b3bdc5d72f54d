//! How the host's blocking functions reach the bus: not through a reference that they hold, but through an accessor
//! that lends it for a moment. Between two loans the embedding program runs the device.

use crate::bus::Bus;
use crate::time::BusTime;

use super::HostError;

/// The program wants out of a blocking call (Ctrl-C, an exception in a device callback).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interrupted;

/// Lends the bus. A `Bus` or `&mut Bus` is its own accessor: right for a device that runs inside its port (in an
/// emulator, or behind a link). A device whose program runs in this thread implements [`BusAccess::let_device_run`].
pub trait BusAccess {
    /// Lends the bus to `act`. `act` neither runs the device's program nor calls the host.
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R;

    /// Called after each step of the bus, with no loan outstanding: run the device's interrupt handler, its tasks, its
    /// program, up to the bus's present or as far as it likes.
    ///
    /// # Errors
    /// [`Interrupted`] ends the host's call with [`HostError::Interrupted`]; what it had queued is cancelled.
    fn let_device_run(&mut self) -> Result<(), Interrupted> {
        Ok(())
    }
}

impl BusAccess for Bus {
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R {
        act(self)
    }
}

impl<B: BusAccess> BusAccess for &mut B {
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R {
        (**self).with(act)
    }

    fn let_device_run(&mut self) -> Result<(), Interrupted> {
        (**self).let_device_run()
    }
}

/// One step of the bus, then the device's turn. Returns the present.
pub(super) fn pump(access: &mut impl BusAccess, limit: BusTime) -> Result<BusTime, HostError> {
    let now = access.with(|bus| bus.step(limit))?;
    access.let_device_run().map_err(|Interrupted| HostError::Interrupted)?;
    Ok(now)
}
