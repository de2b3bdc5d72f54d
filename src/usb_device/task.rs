//! The task: delivers what the interrupt has latched, on the main thread, one event at a time, never inside itself.

use core::sync::atomic::{AtomicBool, Ordering};

use usb_stack::Event;

use super::object::{Transfer, UsbDevice};
use super::report::Report;
use super::{activation, callbacks, mass_storage};
use crate::device::with_device;
use crate::python::error::Result;
use crate::python::obj::Obj;
use crate::python::rom::function;
use crate::python::runtime;

/// The most events of one run: then the main program gets a turn, however busy the host is.
const EVENTS_PER_RUN: usize = 64;

/// The task is at work; callbacks run in it. Only the main thread writes it.
static RUNNING: AtomicBool = AtomicBool::new(false);
/// The stack may have something to tell.
static WOKEN: AtomicBool = AtomicBool::new(false);
/// The scheduler has a call of [`continued`] in its queue.
static CONTINUATION: AtomicBool = AtomicBool::new(false);

/// This is a callback, or the task about to call one: the caller must not wait for the host.
pub fn is_running() -> bool {
    RUNNING.load(Ordering::Relaxed) && runtime::is_main_thread()
}

/// Runs the task if there is no reason against it. Callable from anywhere but the interrupt.
pub fn run() {
    run_under(0);
}

/// The same, with this many exception handlers on the stack that the main program knows nothing of.
fn run_under(others: usize) {
    if !runtime::is_main_thread() {
        runtime::schedule_task();
        return;
    }
    // Called from a callback there is nothing to do: the run that called it goes on afterwards.
    if RUNNING.load(Ordering::Relaxed) {
        return;
    }
    // Ctrl-C is for the main program. A callback that ran now would meet it first.
    if runtime::exception_is_pending() && run_later() {
        return;
    }
    let device = UsbDevice::current();
    let has_program = runtime::callbacks_begin(others);
    RUNNING.store(true, Ordering::Relaxed);
    let finished = deliver_events(device);
    if let Some(device) = device {
        activation::change(device);
    }
    RUNNING.store(false, Ordering::Relaxed);
    runtime::callbacks_end();
    if let Some(device) = device {
        Report::flush(device, has_program);
    }
    if !finished && !run_later() {
        runtime::schedule_task();
    }
}

/// Makes the scheduler run the task: something was latched. Safe in interrupt context.
pub fn wake() {
    WOKEN.store(true, Ordering::Relaxed);
    runtime::schedule_task();
}

/// A soft reset: whatever was going on is over.
pub fn forget() {
    RUNNING.store(false, Ordering::Relaxed);
    CONTINUATION.store(false, Ordering::Relaxed);
}

/// Delivers until nothing is left. Returns false when something may be.
fn deliver_events(device: Option<&UsbDevice>) -> bool {
    mass_storage::go_on();
    for _ in 0..EVENTS_PER_RUN {
        if device.is_some_and(|device| device.trigger.get()) {
            return true;
        }
        let event = if WOKEN.load(Ordering::Relaxed) { next_event(device) } else { None };
        let Some(event) = event else { return !mass_storage::is_busy() };
        callbacks::deliver(&event);
        // KeyboardInterrupt goes to the main program before the next callback can swallow it.
        if device.is_some_and(|device| device.report.is_interrupted()) {
            return false;
        }
    }
    false
}

fn next_event(device: Option<&UsbDevice>) -> Option<Event> {
    with_device(|stack, _| {
        let event = stack.next_event();
        WOKEN.store(stack.has_event(), Ordering::Relaxed);
        if let Some(device) = device {
            match event {
                // Its place is free before the callback runs, which may submit the next one.
                Some(Event::Complete { endpoint, .. }) => {
                    device.replace_transfer(endpoint, Transfer::IDLE);
                }
                Some(Event::Reset) => device.drop_transfers(),
                _ => {}
            }
        }
        event
    })
}

function!(CONTINUED, 1, continued);

fn continued(_: Obj) -> Result<Obj> {
    CONTINUATION.store(false, Ordering::Relaxed);
    // The scheduler catches what a function raises.
    run_under(1);
    Ok(Obj::NONE)
}

/// Runs the task again after the main program had a turn; false when the scheduler's queue is full. A scheduler node would
/// not do: the scheduler runs nodes until none is left, and only then the main program.
fn run_later() -> bool {
    // Load and store, not an exchange, which a Cortex-M0 has not: only the main thread comes here.
    if !CONTINUATION.load(Ordering::Relaxed) {
        CONTINUATION.store(runtime::schedule_call(CONTINUED.object()), Ordering::Relaxed);
    }
    CONTINUATION.load(Ordering::Relaxed)
}
