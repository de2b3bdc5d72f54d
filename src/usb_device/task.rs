//! The task: delivers what the interrupt has latched, on the main thread, one event at a time, never inside itself.

use core::sync::atomic::{AtomicBool, Ordering};

use usb_stack::Event;

use super::object::{Transfer, UsbDevice};
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
    let more = deliver_events(device);
    if let Some(device) = device {
        activation::change(device);
    }
    RUNNING.store(false, Ordering::Relaxed);
    runtime::callbacks_end();
    if let Some(device) = device
        && device.report.has_news()
    {
        device.report.flush(has_program);
    }
    if more && !run_later() {
        runtime::schedule_task();
    }
}

/// Makes the scheduler run the task: something was latched. Safe in interrupt context.
#[inline(always)]
pub fn wake() {
    WOKEN.store(true, Ordering::Relaxed);
    runtime::schedule_task();
}

/// A soft reset: whatever was going on is over.
pub fn forget() {
    RUNNING.store(false, Ordering::Relaxed);
    CONTINUATION.store(false, Ordering::Relaxed);
}

/// Delivers what there is to tell, as far as it is this run's turn. Returns whether something may be left.
fn deliver_events(device: Option<&UsbDevice>) -> bool {
    mass_storage::go_on();
    let mut turns = EVENTS_PER_RUN;
    while turns != 0 && WOKEN.load(Ordering::Relaxed) {
        if let Some(device) = device {
            // What came from the device that is about to go is not told any more.
            if device.trigger.get() {
                return false;
            }
            // KeyboardInterrupt goes to the main program before the next callback can swallow it.
            if device.report.is_interrupted() {
                break;
            }
        }
        if let Some(event) = next_event(device) {
            callbacks::deliver(device, &event);
        }
        turns = turns.wrapping_sub(1);
    }
    WOKEN.load(Ordering::Relaxed) || mass_storage::is_busy()
}

fn next_event(device: Option<&UsbDevice>) -> Option<Event> {
    with_device(|stack, _| {
        let event = stack.next_event();
        WOKEN.store(stack.has_event(), Ordering::Relaxed);
        // Its place is free before the callback runs, which may submit the next one.
        if let (Some(Event::Complete { endpoint, .. }), Some(device)) = (&event, device) {
            device.set_transfer(*endpoint, Transfer::IDLE);
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
    let queued = CONTINUATION.load(Ordering::Relaxed) || runtime::schedule_call(CONTINUED.object());
    CONTINUATION.store(queued, Ordering::Relaxed);
    queued
}
