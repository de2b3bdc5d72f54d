//! Messages to the console. They may wait for the console's other end, so they are printed when nothing else is under way,
//! on the main thread. An exception that comes meanwhile, from the printing or for the main program, is pended for that.

use core::ffi::{CStr, c_void};
use core::ptr;

use super::catch::Function;
use super::obj::Obj;
use super::qstr::Qstr;
use super::runtime;
use crate::ffi;

/// Prints an exception with its traceback.
pub fn exception(exception: Obj) {
    // SAFETY: an exception object.
    unsafe { print(ffi::usbdevice_print_exception, exception, 0, ptr::null()) };
}

/// Prints how many exceptions were not printed.
pub fn more_exceptions(count: usize) {
    line(c"%u additional exceptions in USB callbacks\n", count);
}

/// Prints that a string descriptor has no room for the whole text.
pub fn string_was_cut() {
    line(c"USB: string descriptor cut at 126 units\n", 0);
}

/// `format` has one `%u` at most.
fn line(format: &'static CStr, number: usize) {
    // SAFETY: a text that ends with NUL.
    unsafe { print(ffi::usbdevice_print, Obj::NULL, number, format.as_ptr().cast()) };
}

/// # Safety
/// What the function asks of its arguments.
unsafe fn print(function: Function, object: Obj, number: usize, pointer: *const c_void) {
    // SAFETY: the caller's promise. EXCEPTION: caught. Printing runs Python code and waits for the console: both raise.
    if let Err(error) = unsafe { runtime::waiting(function, object, number, pointer) } {
        runtime::pend_exception(error.exception());
    }
}

/// Writes a name through the printer that a `print` slot was given.
///
/// # Safety
/// `printer` is the one that MicroPython passed to the slot, which is still running. EXCEPTION: it may raise over the
/// caller's frame, which must own nothing.
pub unsafe fn name_to(printer: *const ffi::mp_print_t, name: Qstr) {
    // SAFETY: a string, and the caller's printer. EXCEPTION: see above.
    unsafe { ffi::mp_obj_print_helper(printer, Obj::qstr(name), ffi::PRINT_STR) };
}
