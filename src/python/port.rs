//! What MicroPython's port has for a USB device: the console's input, texts, the boot loader.

use core::ffi::CStr;

use super::buffer::Lender;
use super::runtime;
use crate::ffi;

/// Gives `bytes` to the console; returns how many it took. An interrupt character pends its exception. Safe in interrupt
/// context.
pub fn console_input(bytes: &[u8]) -> usize {
    // SAFETY: bytes to be copied. EXCEPTION: cannot raise; an interrupt character pends its exception.
    unsafe { ffi::usbdevice_stdin_put(bytes.as_ptr(), bytes.len(), runtime::callbacks_are_alone()) }
}

/// Something waits in the console to be read.
pub fn console_has_input() -> bool {
    // SAFETY: two numbers that live for ever and are read whole; the interrupt changes one of them.
    let (get, put) = unsafe {
        ((&raw const ffi::stdin_ringbuf.iget).read_volatile(), (&raw const ffi::stdin_ringbuf.iput).read_volatile())
    };
    get != put
}

/// The host asks for the boot loader: the scheduler starts it, if the port has that. Safe in interrupt context.
pub fn touch_1200() {
    // SAFETY: no arguments. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_touch_1200() };
}

/// The text of the built-in string `index` (1 to 5), or the whole descriptor of string 0; `None` where there is none. Safe in
/// interrupt context.
pub fn builtin_string(_lender: &Lender, index: u8) -> Option<&[u8]> {
    // SAFETY: a number; the answer is NULL or a text that stays. EXCEPTION: cannot raise.
    let text = unsafe { ffi::usbdevice_builtin_string(index) };
    if text.is_null() {
        return None;
    }
    // SAFETY: it ends with NUL. It is constant, but for the serial number, which every call writes again as it was.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}
