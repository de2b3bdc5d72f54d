//! The one root: the pointer through which the garbage collector finds everything that this library keeps.

use super::obj::Obj;
use crate::ffi;

/// The object in the root, NULL when there is none. Safe in interrupt context.
pub fn get() -> Obj {
    // SAFETY: the root is a variable of MicroPython's state, which lives for ever; a word is read whole. EXCEPTION: cannot
    // raise.
    unsafe { ffi::usbdevice_root().read_volatile() }
}

/// Puts an object into the root; NULL empties it.
pub fn set(object: Obj) {
    // SAFETY: as in `get`; a word is written whole. EXCEPTION: cannot raise.
    unsafe { ffi::usbdevice_root().write_volatile(object) };
}
