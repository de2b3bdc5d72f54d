//! Exceptions become results.

use core::ffi::c_void;

use super::error::{Error, Result};
use super::obj::Obj;
use crate::ffi;

/// A function in C that may raise: `usbdevice.c` has them. It takes an object, a number and a pointer, and uses what it needs.
pub type Function = unsafe extern "C" fn(object: Obj, number: usize, pointer: *const c_void) -> Obj;

/// Calls `function` and returns what it returns.
///
/// # Errors
/// The exception that it raised.
///
/// # Safety
/// What the function asks of its arguments.
#[inline(always)]
pub unsafe fn call(function: Function, object: Obj, number: usize, pointer: *const c_void) -> Result<Obj> {
    let mut result = Obj::NULL;
    // SAFETY: the caller's promise, and room for the result. EXCEPTION: this is what catches them.
    if unsafe { ffi::usbdevice_catch(Some(function), object, number, pointer, &raw mut result) } {
        Err(Error::raised(result))
    } else {
        Ok(result)
    }
}

/// Runs `body` and returns what it returns, or the exception that MicroPython raised in it.
///
/// The jump of an exception passes over `body`'s frame, so nothing in it may need dropping: what it captures is `Copy`, and
/// it should be no more than the one call that can raise.
///
/// # Errors
/// An [`Error`] with the exception.
#[cfg(feature = "unix")]
pub fn catch<T: Copy, F: FnOnce() -> T + Copy>(body: F) -> Result<T> {
    use core::cell::Cell;
    use core::mem::MaybeUninit;

    struct Body<F, T> {
        body: F,
        result: Cell<MaybeUninit<T>>,
    }

    unsafe extern "C" fn run<T: Copy, F: FnOnce() -> T + Copy>(_: Obj, _: usize, pointer: *const c_void) -> Obj {
        // SAFETY: it is the `body` below, which nobody else uses meanwhile.
        let body = unsafe { &*pointer.cast::<Body<F, T>>() };
        body.result.set(MaybeUninit::new((body.body)()));
        Obj::NULL
    }

    let body = Body { body, result: Cell::new(MaybeUninit::<T>::uninit()) };
    // SAFETY: `run` gets the `body` that it was made for, which outlives the call. EXCEPTION: caught.
    unsafe { call(run::<T, F>, Obj::NULL, 0, (&raw const body).cast()) }?;
    // SAFETY: `run` came to its end, so it has stored the result.
    Ok(unsafe { body.result.get().assume_init() })
}
