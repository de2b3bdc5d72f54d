//! The interpreter around us: its thread, its scheduler, its clock.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::catch::{self, Function};
use super::error::Result;
use super::obj::Obj;
use super::print;
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
/// end the machine as soon as the prompt waits: it is printed instead.
pub fn rescue_prompt() {
    if !exception_is_pending() || has_handler(0) || !is_main_thread() {
        return;
    }
    // SAFETY: as for `exception_is_pending`, and nobody else changes it meanwhile.
    let exception = critical_section::with(|_| unsafe { PENDING.replace(Obj::NULL) });
    // What is raised meanwhile is for nobody.
    let _ = print::try_to_print(exception, 0, None);
}

/// Whether there are more exception handlers than these on the main thread's stack.
fn has_handler(others: usize) -> bool {
    // SAFETY: as for `exception_is_pending`.
    let mut handler = unsafe { (&raw const ffi::mp_state_ctx.thread.nlr_top).read_volatile() };
    for _ in 0..others {
        if handler.is_null() {
            break;
        }
        // SAFETY: the handlers are a list; the next older one comes first in each (py/nlr.h).
        handler = unsafe { *handler.cast() };
    }
    !handler.is_null()
}

/// Callbacks run and there is no main program, only the REPL's prompt. Upstream's prompt has no exception handler: an
/// exception that is pended for it ends the machine.
static ONLY_PROMPT: AtomicBool = AtomicBool::new(false);

/// Callbacks run and there is nobody but them whom a Ctrl-C could interrupt. Safe in interrupt context.
pub fn callbacks_are_alone() -> bool {
    ONLY_PROMPT.load(Ordering::Relaxed)
}

/// Callbacks are about to run, on the main thread. Says whether there is a main program that an exception can be handed to:
/// at the REPL's prompt there is none, and nobody to catch it. Until [`callbacks_end`] a Ctrl-C interrupts them there, too.
/// `others`: exception handlers on the stack that are neither the main program's nor the library's.
pub fn callbacks_begin(others: usize) -> bool {
    let has_program = has_handler(others.wrapping_add(WAITING.load(Ordering::Relaxed)));
    ONLY_PROMPT.store(!has_program, Ordering::Relaxed);
    has_program
}

/// Callbacks have run.
pub fn callbacks_end() {
    if callbacks_are_alone() {
        // From here on nothing is pended for the prompt any more.
        ONLY_PROMPT.store(false, Ordering::Relaxed);
        // SAFETY: no arguments. EXCEPTION: cannot raise.
        unsafe { ffi::usbdevice_drop_ctrl_c() };
    }
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
    // SAFETY: any object; the interpreter's state roots it. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_schedule_call(function) }
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
