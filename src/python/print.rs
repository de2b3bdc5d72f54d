//! Messages to the console. They may wait for the console's other end, so they are printed when nothing else is under way,
//! on the main thread. An exception that comes meanwhile, from the printing or for the main program, is pended for that.

use core::ffi::CStr;
use core::ptr;

use super::error::Result;
use super::obj::Obj;
use super::qstr::Qstr;
use super::runtime;
use crate::ffi;

/// Prints an exception with its traceback.
pub fn exception(exception: Obj) {
    print(exception, 0, None);
}

/// Prints how many exceptions were not printed.
pub fn more_exceptions(count: usize) {
    print(Obj::NULL, count, Some(c"%u additional exceptions in USB callbacks\n"));
}

/// Prints that a string descriptor has no room for the whole text.
pub fn string_was_cut() {
    print(Obj::NULL, 0, Some(c"USB: string descriptor cut at 126 units\n"));
}

fn print(exception: Obj, number: usize, text: Option<&'static CStr>) {
    if let Err(error) = try_to_print(exception, number, text) {
        runtime::pend_exception(error.exception());
    }
}

/// Prints a text, which has one `%u` for the number at most, or an exception.
///
/// # Errors
/// What the printing raises, or what waited for the main program.
pub(super) fn try_to_print(exception: Obj, number: usize, text: Option<&'static CStr>) -> Result<Obj> {
    let text = text.map_or(ptr::null(), |text| text.as_ptr().cast());
    // SAFETY: an exception object, or a text that ends with NUL. EXCEPTION: caught. Printing runs Python code and waits for the
    // console: both raise.
    unsafe { runtime::waiting(ffi::usbdevice_print, exception, number, text) }
}

/// Writes a name through the printer that a `print` slot was given.
///
/// # Safety
/// `printer` is the one that MicroPython passed to the slot, which is still running. EXCEPTION: it may raise over the
/// caller's frame, which must own nothing.
pub unsafe fn name_to(printer: *const ffi::mp_print_t, name: Qstr) {
    // SAFETY: a string, and the caller's printer. EXCEPTION: raises, over frames that own nothing.
    unsafe { ffi::mp_obj_print_helper(printer, Obj::qstr(name), ffi::PRINT_STR) };
}
