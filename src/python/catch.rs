//! Exceptions become results.

use core::mem::MaybeUninit;

use super::error::{Error, Result};
use crate::ffi;

/// Runs `body` and returns what it returns, or the exception that MicroPython raised in it.
///
/// The jump of an exception passes over `body`'s frame, so nothing in it may need dropping: what it captures is `Copy`, and
/// it should be no more than the one call that can raise.
///
/// # Errors
/// An [`Error`] with the exception.
pub fn catch<T: Copy, F: FnOnce() -> T + Copy>(body: F) -> Result<T> {
    struct Call<F, T> {
        body: F,
        result: MaybeUninit<T>,
    }

    unsafe extern "C" fn run<T: Copy, F: FnOnce() -> T + Copy>(context: *mut cty::c_void) {
        let call: *mut Call<F, T> = context.cast();
        // SAFETY: `context` is the `call` below, which nobody else uses meanwhile.
        unsafe { (*call).result = MaybeUninit::new(((*call).body)()) };
    }

    let mut call = Call { body, result: MaybeUninit::<T>::uninit() };
    // SAFETY: `run` gets the `call` that it was made for, which outlives the call. EXCEPTION: this is what catches them.
    let exception = unsafe { ffi::usbdevice_catch(Some(run::<T, F>), (&raw mut call).cast()) };
    if exception.is_null() {
        // SAFETY: `run` came to its end, so it has stored the result.
        Ok(unsafe { call.result.assume_init() })
    } else {
        Err(Error::raised(exception))
    }
}
