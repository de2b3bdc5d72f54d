//! Where MicroPython calls Rust: the end of every native function.

use super::error::{Error, Result};
use super::obj::Obj;
use crate::ffi;

/// Gives a native function's result back to MicroPython, or raises. It is the last thing that the function does: nothing
/// that needs dropping may be alive in it.
pub fn finish(result: Result<Obj>) -> Obj {
    match result {
        Ok(value) => value,
        Err(error) => raise(error),
    }
}

/// Raises, **over its caller**.
#[inline(always)]
pub fn raise(error: Error) -> ! {
    let exception = error.exception();
    // SAFETY: an exception object, and the frames between here and MicroPython own nothing. EXCEPTION: it raises.
    unsafe { ffi::nlr_jump(exception.0) }
}
