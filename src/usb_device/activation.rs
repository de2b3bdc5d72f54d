//! active(), and the pull-up: when the host sees a device, and which.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::object::{Argument, UsbDevice};
use super::{builtin, callbacks, mass_storage, task};
use crate::device::with_device;
use crate::python::buffer::Lender;
use crate::python::error::{Error, Result};
use crate::python::obj::Obj;
use crate::python::{root, runtime};

/// How long the host has to see no device, in milliseconds, so that it takes the next one for a new one. One more than the
/// 50 that are meant: the clock's tick may be nearly over when it is read.
const DETACHED_MS: u32 = 51;

/// The pull-up was switched off and not on again.
static DETACHED: AtomicBool = AtomicBool::new(false);
/// The clock then.
static DETACHED_AT: AtomicU32 = AtomicU32::new(0);

/// `active([value])`: the state before the call.
pub fn active(receiver: Obj, value: Option<Obj>) -> Result<Obj> {
    let device = UsbDevice::of(receiver)?;
    let before = device.active.get();
    if let Some(value) = value {
        let value = value.is_true()?;
        if value && !before {
            activate(device)?;
        } else if !value && before {
            deactivate(device);
        }
    }
    Ok(Obj::bool(before))
}

fn activate(device: &UsbDevice) -> Result<()> {
    if !device.has_builtin() && device.argument(Argument::DescDev).is_none() {
        return Err(Error::invalid());
    }
    // It was right when config() took it, but a bytearray can change.
    if let Some(bytes) = Lender::new().read(device.argument(Argument::DescCfg)) {
        with_device(|stack, _| stack.check_configuration(bytes)).map_err(Error::descriptor)?;
    }
    with_device(|_, _| {
        device.active.set(true);
        device.was_active.set(true);
        device.trigger.set(true);
        device.report.forget_causes();
    });
    runtime::schedule_task();
    Ok(())
}

fn deactivate(device: &UsbDevice) {
    with_device(|_, _| {
        device.active.set(false);
        device.trigger.set(true);
    });
    if device.told_configured.get() {
        // The program hears of it before active() returns, but not in the middle of a callback or on another thread.
        if runtime::is_main_thread() && !task::is_running() {
            task::alone(0, || callbacks::reset(device));
        } else {
            device.reset_owed.set(true);
        }
    }
    runtime::schedule_task();
}

/// Does what active() asked for: takes the device off the bus, and puts the new one on it. In the task.
#[inline(always)]
pub fn change(device: &UsbDevice) {
    if device.trigger.get() {
        change_now(device);
    }
}

#[inline(never)]
fn change_now(device: &UsbDevice) {
    while device.trigger.get() {
        if device.reset_owed.replace(false) {
            callbacks::reset(device);
        }
        let active = device.active.get();
        if active && replace_unnoticed(device) {
            return;
        }
        detach();
        with_device(|_, _| {
            device.serving.set(false);
            device.drop_transfers();
        });
        if active {
            wait_detached(|error| device.report.raised(None, error));
        }
        // Waiting lets other code run, which may have changed its mind.
        with_device(|stack, _| {
            if device.active.get() == active {
                device.trigger.set(false);
                if active {
                    device.serving.set(true);
                    stack.connect();
                    attached();
                }
            }
        });
    }
}

/// Puts Python's device in the place of one that no host has looked at: it may have seen the pull-up, which stays. False if
/// that is not how it is.
fn replace_unnoticed(device: &UsbDevice) -> bool {
    with_device(|stack, _| {
        let possible = device.active.get() && stack.is_attached() && !stack.is_noticed();
        if possible {
            device.trigger.set(false);
            device.serving.set(true);
        }
        possible
    })
}

/// Attaches the device that belongs on the bus, after boot.py: Python's if it is active, else the built-in one, unless
/// Python took that away.
pub fn start() {
    wait_detached(|error| runtime::pend_exception(error.exception()));
    let device = UsbDevice::current();
    if device.is_some_and(|device| device.trigger.get()) {
        // The task is about to do it.
        runtime::schedule_task();
        return;
    }
    let wanted = match device {
        Some(device) => device.active.get() || (builtin::EXISTS && !device.was_active.get()),
        None => builtin::EXISTS,
    };
    if wanted {
        with_device(|stack, _| {
            stack.connect();
            attached();
        });
    }
}

/// A soft reset: Python's device leaves the bus and is forgotten, without a callback. The built-in one stays.
pub fn stop() {
    let was_active = UsbDevice::current().is_some_and(|device| device.active.get() || device.serving.get());
    if was_active {
        detach();
    }
    with_device(|_, _| root::clear());
    task::forget();
}

fn attached() {
    DETACHED.store(false, Ordering::Relaxed);
}

fn detach() {
    mass_storage::close();
    let was_attached = with_device(|stack, _| {
        let was_attached = stack.is_attached();
        stack.disconnect();
        was_attached
    });
    if was_attached {
        DETACHED.store(true, Ordering::Relaxed);
        DETACHED_AT.store(runtime::ticks_ms(), Ordering::Relaxed);
    }
}

/// Waits until the host has seen no device for long enough. An exception for the main program goes to `interrupted`.
fn wait_detached(mut interrupted: impl FnMut(Error)) {
    while DETACHED.load(Ordering::Relaxed) {
        let passed = runtime::ticks_ms().wrapping_sub(DETACHED_AT.load(Ordering::Relaxed));
        if passed >= DETACHED_MS {
            return;
        }
        if let Err(error) = runtime::delay_ms(DETACHED_MS - passed) {
            interrupted(error);
        }
    }
}
