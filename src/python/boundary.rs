//! Where MicroPython calls Rust: the end of every native function.

use super::error::Result;
use super::obj::Obj;
use crate::ffi;

/// Gives a native function's result back to MicroPython, or raises. It is the last thing that the function does: nothing
/// that needs dropping may be alive in it.
pub fn finish(result: Result<Obj>) -> Obj {
    match result {
        Ok(value) => value,
        // SAFETY: an exception object, and the frames between here and MicroPython own nothing. EXCEPTION: it raises.
        Err(error) => unsafe { ffi::nlr_jump(error.exception().0) },
    }
}
