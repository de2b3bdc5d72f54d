//! The interpreter around us: its thread, its scheduler, its clock.

use super::catch::catch;
use super::error::Result;
use super::obj::Obj;
use crate::ffi;

/// Whether this is the thread that runs the main program and every callback.
pub fn is_main_thread() -> bool {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_is_main_thread() }
}

/// Whether an exception waits for the main program (Ctrl-C).
pub fn exception_is_pending() -> bool {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_exception_is_pending() }
}

/// The console is asked for input. If that is the REPL's prompt, which catches nothing, an exception that waits for the main
/// program is printed.
pub fn rescue_prompt() {
    // SAFETY: no arguments. EXCEPTION: cannot raise; what printing raises is caught.
    unsafe { ffi::usbdevice_rescue_prompt() };
}

/// Callbacks are about to run, on the main thread. Says whether there is a main program that an exception can be handed to:
/// at the REPL's prompt there is none, and nobody to catch it. Until [`callbacks_end`] a Ctrl-C interrupts them there, too.
/// `others`: exception handlers on the stack that are neither the main program's nor the library's.
pub fn callbacks_begin(others: usize) -> bool {
    // SAFETY: a number. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_callbacks_begin(others) }
}

/// Callbacks have run.
pub fn callbacks_end() {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_callbacks_end() };
}

/// Hands an exception to the main program, which raises it at its next bytecode that looks. Safe in interrupt context.
pub fn pend_exception(exception: Obj) {
    // SAFETY: an exception object; the interpreter's state roots it. EXCEPTION: cannot raise.
    unsafe { ffi::mp_sched_exception(exception) };
}

/// Makes the scheduler run the USB task soon. Safe in interrupt context, and from any thread.
pub fn schedule_task() {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_schedule_task() };
}

/// Makes the scheduler call `function(None)` after the main program had a turn; false when its queue is full.
pub fn schedule_call(function: Obj) -> bool {
    // SAFETY: any objects; the interpreter's state roots them. EXCEPTION: cannot raise.
    unsafe { ffi::mp_sched_schedule(function, Obj::NONE) }
}

/// Milliseconds of the port's clock; it wraps.
pub fn ticks_ms() -> u32 {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_ticks_ms() }
}

/// Waits for `ms` milliseconds; scheduled functions may run meanwhile.
///
/// # Errors
/// An exception that waited for the main program, or one that a port raises while it waits.
pub fn delay_ms(ms: u32) -> Result<()> {
    // SAFETY: a number. EXCEPTION: raises a pending exception.
    catch(move || unsafe { ffi::usbdevice_delay_ms(ms) })
}

/// Handles what the interpreter has to do and then waits for an event, for one millisecond at most.
///
/// # Errors
/// An exception that waited for the main program.
pub fn wait_for_event() -> Result<()> {
    // SAFETY: a number. EXCEPTION: raises a pending exception.
    catch(move || unsafe { ffi::mp_event_wait_ms(1) })
}

/// Runs what the scheduler has, and raises what waits for the main program.
///
/// # Errors
/// An exception that waited for the main program.
#[cfg(feature = "unix")]
pub fn handle_pending() -> Result<()> {
    // SAFETY: a flag. EXCEPTION: raises a pending exception.
    catch(move || unsafe { ffi::mp_handle_pending(true) })
}
