//! Two functions of which one can panic, with the library's panic handler. tools/test_qemu.py links each of them: the one
//! that cannot panic must link, the other one must not, for the reason that the handler names.

#![no_std]

// On a desktop, where this is only checked: its panic handler.
#[cfg(not(target_os = "none"))]
extern crate std;

#[cfg(target_os = "none")]
#[path = "../../../src/seam/panic.rs"]
mod panic;

const DIGITS: [u8; 10] = *b"0123456789";

/// Panics for an `index` of 10 or more.
// SAFETY: nothing else is linked with it that could have this name.
#[unsafe(no_mangle)]
pub extern "C" fn function_that_can_panic(index: usize) -> u8 {
    DIGITS[index]
}

/// The same with 0 in that case.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn function_that_cannot_panic(index: usize) -> u8 {
    DIGITS.get(index).copied().unwrap_or(0)
}
