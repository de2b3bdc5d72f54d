//! The C functions of `ports/unix/c/unix_port.h`: virtual time for MicroPython's clock, and the link.

use std::ffi::{CStr, c_char};
use std::process::exit;

use usb_simulator::time::BusTime;

use crate::usbsim::plug;

/// Whether MicroPython's time is bus time. Any thread.
#[unsafe(no_mangle)]
extern "C" fn usb_clock_is_virtual() -> bool {
    plug::now().is_some()
}

/// Bus time in nanoseconds. Any thread.
#[unsafe(no_mangle)]
extern "C" fn usb_clock_now_ns() -> u64 {
    plug::now().unwrap_or(0)
}

/// Lets bus time pass up to `until`, or until there is something for the interpreter. Returns the time reached.
#[unsafe(no_mangle)]
extern "C" fn usb_clock_run_until_ns(until: u64) -> u64 {
    if plug::now().is_some_and(|now| now < until) && plug::run_until(BusTime::from_nanos(until)).is_err() {
        // The other process has put an end to time: it has seen what it wanted to see, and reports what went wrong.
        exit(0);
    }
    plug::now().unwrap_or(until)
}

/// Plugs this process's device into another process's bus. False with the reason in `reason` when that fails.
///
/// # Safety
/// `address` ends with NUL, and `room` bytes can be written at `reason`.
#[unsafe(no_mangle)]
unsafe extern "C" fn usb_link_open(address: *const c_char, reason: *mut c_char, room: usize) -> bool {
    // SAFETY: the caller's promise.
    let address = unsafe { CStr::from_ptr(address) };
    let error = match address.to_str().map(plug::open_link) {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "its address is not text".to_owned(),
    };
    let kept = error.len().min(room.saturating_sub(1));
    if room > 0 {
        // SAFETY: `kept` bytes and a NUL are at most `room`, which the caller promised.
        unsafe {
            reason.cast::<u8>().copy_from_nonoverlapping(error.as_ptr(), kept);
            reason.add(kept).write(0);
        }
    }
    false
}

/// Whether the program holds interrupts off: the main thread is in a critical section, or called `machine.disable_irq()`.
pub fn interrupts_are_off() -> bool {
    unsafe extern "C" {
        fn usb_interrupts_are_off() -> bool;
    }
    // SAFETY: no arguments; `ports/unix/c/usb_port.c` has it. EXCEPTION: cannot raise.
    unsafe { usb_interrupts_are_off() }
}
