//! The interpreter around us: its thread, its scheduler, its clock.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::catch::{self, Function};
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
    // SAFETY: a variable of MicroPython's state, which lives for ever; a word is read whole.
    !unsafe { PENDING.read_volatile() }.is_null()
}

/// MP_STATE_MAIN_THREAD(mp_pending_exception)
// SAFETY: only its address is taken.
const PENDING: *mut Obj = unsafe { &raw mut ffi::mp_state_ctx.thread.mp_pending_exception };

/// The console is asked for input. If that is the REPL's prompt, which catches nothing, what waits for the main program would
/// end the machine as soon as the prompt waits: it is printed instead. (Threads always have a handler.)
pub fn rescue_prompt() {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    if !exception_is_pending() || unsafe { ffi::usbdevice_exceptions_are_caught() } {
        return;
    }
    // SAFETY: as for `exception_is_pending`, and nobody else changes it meanwhile.
    let exception = critical_section::with(|_| unsafe { PENDING.replace(Obj::NULL) });
    // What is raised meanwhile is for nobody.
    // SAFETY: an exception object. EXCEPTION: caught.
    let _ = unsafe { waiting(ffi::usbdevice_print_exception, exception, 0, ptr::null()) };
}

/// Callbacks are about to run, on the main thread. Says whether there is a main program that an exception can be handed to:
/// at the REPL's prompt there is none, and nobody to catch it. Until [`callbacks_end`] a Ctrl-C interrupts them there, too.
/// `others`: exception handlers on the stack that are neither the main program's nor the library's.
pub fn callbacks_begin(others: usize) -> bool {
    let others = others.wrapping_add(WAITING.load(Ordering::Relaxed));
    // SAFETY: a number. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_callbacks_begin(others) }
}

/// How many [`waiting`] calls are under way.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// [`catch::call`] for a function that waits, so that the task may run meanwhile. On the main thread.
///
/// # Errors
/// The exception that it raised, or one that waited for the main program.
///
/// # Safety
/// What the function asks of its arguments.
pub(super) unsafe fn waiting(function: Function, object: Obj, number: usize, pointer: *const c_void) -> Result<Obj> {
    let before = WAITING.load(Ordering::Relaxed);
    WAITING.store(before.wrapping_add(1), Ordering::Relaxed);
    // SAFETY: the caller's promise. EXCEPTION: caught.
    let result = unsafe { catch::call(function, object, number, pointer) };
    WAITING.store(before, Ordering::Relaxed);
    result
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

/// Waits for `ms` milliseconds; scheduled functions may run meanwhile. On the main thread.
///
/// # Errors
/// An exception that waited for the main program, or one that a port raises while it waits.
pub fn delay_ms(ms: u32) -> Result<()> {
    // SAFETY: a number. EXCEPTION: caught.
    unsafe { waiting(ffi::usbdevice_delay_ms, Obj::NULL, ms as usize, ptr::null()) }.map(|_| ())
}

/// Handles what the interpreter has to do and then waits for an event, for one millisecond at most. **Raises over its
/// caller** what waited for the main program.
pub fn wait_for_event() {
    // SAFETY: a number. EXCEPTION: raises a pending exception, over frames that own nothing.
    unsafe { ffi::mp_event_wait_ms(1) };
}

/// Raises what waits for the main program, and runs what the scheduler has.
///
/// # Errors
/// An exception that waited for the main program.
#[cfg(feature = "unix")]
pub fn handle_pending() -> Result<()> {
    // SAFETY: a flag. EXCEPTION: caught.
    catch::catch(move || unsafe { ffi::mp_handle_pending(true) })
}
