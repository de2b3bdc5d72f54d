//! The one host of this process.

use std::cell::RefCell;

use usb_simulator::bus::BusEvent;
use usb_simulator::host::{Host, HostError};
use usb_simulator::time::BusTime;

use super::access::InProcess;
use super::{answer, plug};
use crate::ffi::{MP_EBUSY, MP_ENODEV};
use crate::python::{Error, Result, runtime};

/// The host, and what it has seen.
pub(super) struct Desk {
    pub(super) host: Host<InProcess>,
    events: Vec<(BusTime, BusEvent)>,
    woken: bool,
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

impl Desk {
    /// Takes over what the bus has seen since the last time.
    fn collect(&mut self) {
        let fresh = self.host.with_bus(|bus| bus.take_events());
        self.woken |= fresh.iter().any(|(_, event)| *event == BusEvent::Wakeup);
        self.events.extend(fresh);
    }

    /// Everything that the hub has seen, oldest first.
    pub(super) fn events(&mut self) -> &[(BusTime, BusEvent)] {
        self.collect();
        &self.events
    }

    /// Whether the device has woken the bus since the last suspend.
    pub(super) fn woken(&mut self) -> bool {
        self.collect();
        self.woken
    }

    /// Suspends the bus.
    pub(super) fn suspend(&mut self) -> core::result::Result<(), HostError> {
        self.collect();
        self.woken = false;
        self.host.suspend()
    }
}

/// Makes the host and its bus, once.
///
/// # Errors
/// OSError(ENODEV) when the device is plugged into another process's bus.
pub(super) fn make() -> Result<()> {
    if !runtime::is_main_thread() {
        return Err(answer::os_error(MP_EBUSY, "the host belongs to the main thread"));
    }
    if !plug::make_bus() {
        return Err(answer::os_error(MP_ENODEV, "the device is plugged into another process's bus"));
    }
    DESK.with_borrow_mut(|desk| {
        desk.get_or_insert_with(|| Desk { host: Host::new(InProcess), events: Vec::new(), woken: false });
    });
    Ok(())
}

/// Lends the host to `act`.
///
/// # Errors
/// OSError(EBUSY) from another thread, from a USB callback, and while a host call is under way; `act`'s own as OSError.
pub(super) fn with<R>(act: impl FnOnce(&mut Desk) -> core::result::Result<R, HostError>) -> Result<R> {
    if !runtime::is_main_thread() {
        return Err(answer::os_error(MP_EBUSY, "the host belongs to the main thread"));
    }
    if crate::usb_device::task_is_running() {
        return Err(answer::os_error(MP_EBUSY, "a device's callback cannot wait for the host"));
    }
    let result = DESK.with(|desk| {
        let mut desk = desk.try_borrow_mut().ok()?;
        Some(act(desk.as_mut()?))
    });
    match result {
        None => Err(answer::os_error(MP_EBUSY, "a host call is under way")),
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(failed(&error)),
    }
}

fn failed(error: &HostError) -> Error {
    answer::error(error)
}
