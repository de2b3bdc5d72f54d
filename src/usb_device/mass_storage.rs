//! The built-in mass storage, a program of the stack's beside Python's: it hears its events in the task and reads and
//! writes the port's block device there. In a build without it every function here is one that does nothing.

use core::sync::atomic::{AtomicBool, Ordering};

use usb_stack::msc::{MAX_LUN, MassStorage, Reply, Step};
use usb_stack::{Answer, Application, EndpointAddress, Event, Submit};

use super::application::builtin_interfaces;
use super::builtin::{HAS_MSC, INTERFACE_MAX, SERIAL_INTERFACES};
use super::object::{Transfer, UsbDevice};
use crate::device::with_device;
use crate::python::buffer::Lender;
use crate::python::disk::{self, Disk};
use crate::python::section::Shared;

/// Its interface: the last of the built-in ones.
const INTERFACE: u8 = SERIAL_INTERFACES;

/// The driver. The task works on a copy, because the block device is used outside of critical sections; everybody else only
/// asks what its endpoints are.
static STORAGE: Shared<MassStorage> = Shared::new(MassStorage::new());

/// The block device was busy: it is to be asked again.
static BUSY: AtomicBool = AtomicBool::new(false);

/// The endpoint is the mass storage's. Safe in interrupt context.
pub fn owns(endpoint: EndpointAddress) -> bool {
    HAS_MSC && STORAGE.with(|storage| storage.owns(endpoint))
}

/// What it sends on an endpoint, if it is its own. In interrupt context.
pub fn data_in(lender: &Lender, endpoint: EndpointAddress) -> Option<&[u8]> {
    if owns(endpoint) {
        return Some(disk::buffer_to_send(lender));
    }
    let is_pythons = || UsbDevice::serving().is_some_and(|device| !device.transfer(endpoint).is_idle());
    // Python has answered no request: then this answers one.
    if endpoint == EndpointAddress::CONTROL_IN && !is_pythons() { Some(&MAX_LUN) } else { None }
}

/// The device leaves the bus.
pub fn close() {
    if HAS_MSC {
        STORAGE.with(MassStorage::closed);
        BUSY.store(false, Ordering::Relaxed);
    }
}

/// The block device wants to be asked again, after others have had a turn.
pub fn is_busy() -> bool {
    HAS_MSC && BUSY.load(Ordering::Relaxed)
}

/// Asks it again. In the task.
pub fn go_on() {
    if is_busy() {
        work(STORAGE.with(|storage| *storage));
    }
}

/// Hears an event. Returns true if it was for the mass storage alone. In the task.
pub fn hears(event: &Event) -> bool {
    if !HAS_MSC {
        return false;
    }
    let mut storage = STORAGE.with(|storage| *storage);
    let mut reply = None;
    match *event {
        Event::Reset => storage.closed(),
        Event::Configured => with_device(|_, app| {
            // The device that the host sees may be Python's alone.
            if builtin_interfaces() == INTERFACE_MAX {
                storage.configured(app.configuration_descriptor(), INTERFACE);
            }
        }),
        Event::Setup(ref setup) if storage.concerns(setup) => reply = Some(storage.request(setup)),
        Event::DataStage(ref setup) if storage.concerns(setup) => {
            with_device(|stack, app| stack.answer(app, Answer::Continue));
            return true;
        }
        Event::AckStage(ref setup) if storage.concerns(setup) => return true,
        Event::Complete { endpoint, result, len } if storage.owns(endpoint) => storage.complete(result, len),
        _ => return false,
    }
    work(storage);
    if let Some(reply) = reply {
        answer(reply);
    }
    !matches!(event, Event::Reset | Event::Configured)
}

/// Does what the driver wants to be done, until it waits for the host.
fn work(mut storage: MassStorage) {
    let mut busy = false;
    loop {
        let step =
            if storage.is_waiting() { Step::Rest } else { disk::with_buffer(|buffer| storage.step(&mut Disk, buffer)) };
        // Before the stack is told: it may ask at once whose the endpoint is.
        STORAGE.with(|shared| *shared = storage);
        match step {
            Step::Rest => break,
            Step::Busy => {
                busy = true;
                break;
            }
            Step::Submit { endpoint, len } => {
                if with_device(|stack, app| stack.submit(app, endpoint, len)) == Submit::Refused {
                    storage.refused();
                }
            }
            Step::Halt(endpoint) => with_device(|stack, app| stack.set_halt(app, endpoint, true)),
            Step::Cancel(endpoint) => with_device(|stack, app| stack.cancel(app, endpoint)),
        }
    }
    BUSY.store(busy, Ordering::Relaxed);
}

/// Answers the control request.
fn answer(reply: Reply) {
    let answer = match reply {
        Reply::Stall => Answer::Stall,
        Reply::Acknowledge => Answer::Continue,
        Reply::MaxLun => Answer::Data { len: MAX_LUN.len() },
    };
    with_device(|stack, app| {
        if let Some(device) = UsbDevice::serving() {
            device.set_control_buffer(Transfer::IDLE);
        }
        stack.answer(app, answer)
    });
}
