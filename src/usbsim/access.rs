//! How the host's blocking functions let the device's program run.

use usb_simulator::bus::Bus;
use usb_simulator::host::{BusAccess, Interrupted};

use super::plug;
use crate::python::runtime;

/// This process's bus. It exists as soon as a host does.
pub(super) struct InProcess;

impl BusAccess for InProcess {
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R {
        match plug::with_bus(act) {
            Some(result) => result,
            // `Host()` makes the bus before it makes the host, and nothing takes it away.
            None => unreachable!("a host without a bus"),
        }
    }

    /// Callbacks run here, exactly as in a sleep. What they raise ends the host's call, and is raised at its end.
    fn let_device_run(&mut self) -> Result<(), Interrupted> {
        runtime::handle_pending().map_err(|error| {
            runtime::pend_exception(error.exception());
            Interrupted
        })
    }
}
