//! active(), and the pull-up: when the host sees a device, and which.

use core::sync::atomic::{AtomicU32, Ordering};

use super::object::{Argument, UsbDevice};
use super::{builtin, callbacks, mass_storage, task};
use crate::device::with_device;
use crate::python::boundary::{raise, raise_invalid};
use crate::python::buffer::Lender;
use crate::python::error::{Error, Result};
use crate::python::obj::Obj;
use crate::python::{root, runtime};

/// How long the host has to see no device, in milliseconds, so that it takes the next one for a new one. One more than the
/// 50 that are meant: the clock's tick may be nearly over when it is read.
const DETACHED_MS: u32 = 51;

/// The clock when the host has seen no device for that long, after the pull-up was switched off.
static DETACHED_UNTIL: AtomicU32 = AtomicU32::new(0);

/// `active([value])`: the state before the call.
pub fn active([receiver]: [Obj; 1], value: Option<Obj>) -> Result<Obj> {
    let device = UsbDevice::of(receiver);
    let before = device.active.get();
    if let Some(value) = value {
        match (before, value.is_true()?) {
            (false, true) => activate(device),
            (true, false) => deactivate(device),
            _ => {}
        }
    }
    Ok(Obj::bool(before))
}

/// **Raises over its caller** OSError(EINVAL) when config() has not been called, ValueError for a descriptor that is wrong by now.
fn activate(device: &UsbDevice) {
    if !device.has_builtin() && device.argument(Argument::DescDev).is_none() {
        raise_invalid();
    }
    let lender = Lender::new();
    let configuration = lender.read(device.argument(Argument::DescCfg));
    let checked = with_device(|stack, _| {
        // It was right when config() took it, but a bytearray can change.
        if let Some(bytes) = configuration {
            stack.check_configuration(bytes)?;
        }
        device.active.set(true);
        device.was_active.set(true);
        device.trigger.set(true);
        device.report.forget_causes();
        Ok(())
    });
    if let Err(lie) = checked {
        raise(Error::descriptor(lie));
    }
    runtime::schedule_task();
}

/// The program hears of it before active() returns; in a callback, or on another thread, as soon as the task can call it.
fn deactivate(device: &UsbDevice) {
    with_device(|_, _| {
        device.active.set(false);
        device.trigger.set(true);
    });
    task::run();
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
    loop {
        // The program has heard of a configuration, which is about to go.
        if device.told_configured.get() {
            callbacks::reset(device);
        }
        let active = device.active.get();
        while active && let Err(error) = wait_detached() {
            device.report.raised(None, error);
        }
        // Callbacks and waiting let other code run, which may have changed its mind.
        if show(device, active) {
            return;
        }
        detach(Some(device));
    }
}

/// Shows the host Python's device, or none. False if there is another one that has to go first, or if active() says
/// something else now.
fn show(device: &UsbDevice, active: bool) -> bool {
    with_device(|stack, _| {
        // A device that no host has looked at is replaced: it may have seen the pull-up, which stays.
        let replaceable = !stack.is_attached() || (active && !stack.is_noticed());
        let possible = replaceable && device.active.get() == active;
        if possible {
            device.trigger.set(false);
            device.serving.set(active);
            if active {
                stack.connect();
            }
        }
        possible
    })
}

/// Attaches the device that belongs on the bus, after boot.py: Python's if it is active, else the built-in one, unless
/// Python took that away.
pub fn start() {
    while let Err(error) = wait_detached() {
        runtime::pend_exception(error.exception());
    }
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
        with_device(|stack, _| stack.connect());
    }
}

/// A soft reset: Python's device leaves the bus and is forgotten, without a callback. The built-in one stays.
pub fn stop() {
    let device = UsbDevice::current();
    if device.is_some_and(|device| device.active.get() || device.serving.get()) {
        detach(device);
    }
    root::clear();
    task::forget();
}

/// Takes whatever device the host sees off the bus, and what Python's had in flight with it.
fn detach(device: Option<&UsbDevice>) {
    mass_storage::close();
    let was_attached = with_device(|stack, _| {
        let was_attached = stack.is_attached();
        stack.disconnect();
        if let Some(device) = device {
            device.serving.set(false);
            device.drop_transfers();
        }
        was_attached
    });
    if was_attached {
        DETACHED_UNTIL.store(runtime::ticks_ms().wrapping_add(DETACHED_MS), Ordering::Relaxed);
    }
}

/// Waits until the host has seen no device for long enough.
///
/// # Errors
/// An exception that waited for the main program. The waiting is not over then.
fn wait_detached() -> Result<()> {
    loop {
        let left = DETACHED_UNTIL.load(Ordering::Relaxed).wrapping_sub(runtime::ticks_ms());
        // The clock wraps: more than that is a time that has passed.
        if !(1..=DETACHED_MS).contains(&left) {
            return Ok(());
        }
        runtime::delay_ms(left)?;
    }
}
