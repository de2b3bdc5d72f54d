//! Messages to the console. They may wait for the console's other end, so they are printed when nothing else is under way.

use core::ffi::CStr;

use super::catch::catch;
use super::error::Result;
use super::obj::Obj;
use super::qstr::Qstr;
use crate::ffi;

/// Prints an exception with its traceback.
///
/// # Errors
/// An exception that waited for the main program, or one that the printing raised.
pub fn exception(exception: Obj) -> Result<()> {
    // SAFETY: an exception object. EXCEPTION: printing runs Python code and waits for the console: both raise.
    catch(move || unsafe { ffi::usbdevice_print_exception(exception) })
}

/// Prints how many exceptions were not printed.
///
/// # Errors
/// An exception that waited for the main program.
pub fn more_exceptions(count: usize) -> Result<()> {
    // SAFETY: a number. EXCEPTION: waiting for the console raises.
    catch(move || unsafe { ffi::usbdevice_print_more_exceptions(count) })
}

/// Prints one line that begins with "USB: ".
///
/// # Errors
/// An exception that waited for the main program.
pub fn message(text: &'static CStr) -> Result<()> {
    // SAFETY: a text that ends with NUL. EXCEPTION: waiting for the console raises.
    catch(move || unsafe { ffi::usbdevice_print_message(text.as_ptr()) })
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
