//! Where MicroPython calls Rust: the end of every native function.

use core::ffi::CStr;

use super::error::{self, Error, Result};
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
    // SAFETY: an exception object. EXCEPTION: raises, over frames that own nothing.
    unsafe { ffi::nlr_jump(exception.0) }
}

/// Raises OSError(EINVAL), **over its caller**.
pub fn raise_invalid() -> ! {
    // SAFETY: a number. EXCEPTION: raises, over frames that own nothing.
    unsafe { ffi::mp_raise_OSError(ffi::MP_EINVAL as cty::c_int) }
}

/// Raises ValueError(message), **over its caller**.
pub fn raise_value(message: &'static CStr) -> ! {
    // SAFETY: a text that ends with NUL. EXCEPTION: raises, over frames that own nothing.
    unsafe { ffi::mp_raise_ValueError(error::text(message)) }
}

/// Raises TypeError(message), **over its caller**.
pub fn raise_type(message: &'static CStr) -> ! {
    // SAFETY: a text that ends with NUL. EXCEPTION: raises, over frames that own nothing.
    unsafe { ffi::mp_raise_TypeError(error::text(message)) }
}
