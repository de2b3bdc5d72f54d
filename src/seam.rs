//! The C functions that MicroPython's ports call, in place of upstream's shared/tinyusb and TinyUSB.
//!
//! `machine_usb_device_type` stands with the type itself, in `usb_device`.

#[cfg(feature = "unix")]
mod clock;
#[cfg(target_os = "none")]
mod panic;

use core::slice;
use core::sync::atomic::{AtomicBool, Ordering};

use usb_stack::msc::Sense;

/// What the controller's interrupt does, for the unix port, whose interrupts are calls.
pub use crate::device::interrupt;
use crate::device::with_device;
use crate::ffi;
use crate::python::{disk, port, runtime};
use crate::usb_device;
#[cfg(feature = "unix")]
pub use clock::interrupts_are_off;

/// Attaches the USB device: the port calls it after boot.py, also after a soft reset.
#[unsafe(no_mangle)]
pub extern "C" fn mp_usbd_init() {
    usb_device::start();
}

/// Takes Python's device away: the port calls it in a soft reset.
#[unsafe(no_mangle)]
pub extern "C" fn mp_usbd_deinit() {
    usb_device::stop();
}

/// Runs the USB task now.
#[unsafe(no_mangle)]
pub extern "C" fn mp_usbd_task() {
    usb_device::run();
}

/// The scheduler's turn to run the USB task (`usbdevice.c`).
#[unsafe(no_mangle)]
pub extern "C" fn usbdevice_task_is_due(_node: *mut ffi::mp_sched_node_t) {
    usb_device::run();
}

/// The controller's interrupt, under the name that the samd port has for it. There is one controller.
#[unsafe(no_mangle)]
pub extern "C" fn dcd_int_handler(_rhport: u8) {
    interrupt();
}

/// The host has configured the device (the rp2 port keeps the USB clock running in light sleep then).
#[unsafe(no_mangle)]
pub extern "C" fn tud_mounted() -> bool {
    with_device(|stack, _| stack.is_configured())
}

/// Why the present command to the mass storage fails: the port's block device calls it before it refuses one.
#[unsafe(no_mangle)]
pub extern "C" fn tud_msc_set_sense(_lun: u8, key: u8, code: u8, qualifier: u8) -> bool {
    disk::set_sense(Sense::new(key, code, qualifier));
    true
}

/// Writes `len` bytes at `bytes` as lower-case hexadecimal digits and a NUL.
///
/// # Safety
/// `out` has room for `2 * len + 1` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mp_usbd_hex_str(out: *mut cty::c_char, bytes: *const u8, len: usize) {
    for i in 0..2 * len {
        // SAFETY: the caller's promise.
        unsafe {
            let digit = *bytes.add(i / 2) >> (4 - i % 2 * 4) & 0x0f;
            let letter = if digit < 10 { 0 } else { b'a' - b'9' - 1 };
            *out.add(i) = (b'0' + digit + letter) as cty::c_char;
        }
    }
    // SAFETY: the caller's promise.
    unsafe { *out.add(2 * len) = 0 };
}

/// Which of `poll_flags` (MP_STREAM_POLL_RD, _WR) the built-in serial port can do without waiting. The prompt and every
/// reader of the console's input come here before each character, with no flags: that has to be short.
#[unsafe(no_mangle)]
pub extern "C" fn mp_usbd_cdc_poll_interfaces(poll_flags: usize) -> usize {
    if poll_flags == 0 {
        usb_device::controller::about_to_look();
    }
    runtime::rescue_prompt();
    // As long as the ring has something to read, what waits in the controller may wait. Taking it in larger pieces is what
    // makes it fast.
    if usb_device::input_waits() && !port::console_has_input() {
        with_device(|stack, app| {
            usb_device::input_is_offered();
            stack.serial().poll(app);
        });
    }
    if poll_flags == 0 { 0 } else { poll_flags & possible() }
}

// Apart from the way of the readers, who have no use for it and would save its registers.
#[inline(never)]
fn possible() -> usize {
    // Without a listener the newest output is kept: there is always room.
    let has_room = !usb_device::HAS_CDC
        || with_device(|stack, _| {
            let serial = stack.serial();
            !serial.is_open() || serial.room() > 0
        });
    let mut possible = 0;
    if port::console_has_input() {
        possible |= ffi::MP_STREAM_POLL_RD as usize;
    }
    if has_room {
        possible |= ffi::MP_STREAM_POLL_WR as usize;
    }
    possible
}

/// How long a write waits for a listener that does not read, in milliseconds.
const TX_TIMEOUT_MS: usize = ffi::USBDEVICE_CDC_TX_TIMEOUT_MS as usize;

/// A listener let a write run into its time limit. Until it reads again, no write waits for it.
static LISTENER_SLEEPS: AtomicBool = AtomicBool::new(false);

/// Writes `len` bytes to the built-in serial port; returns how many it took. It waits while the host reads, and for
/// MICROPY_HW_USB_CDC_TX_TIMEOUT milliseconds when the host does not; in a callback it does not wait at all. What boot.py
/// prints, before the device is attached, is kept like everything that nobody listens to.
///
/// EXCEPTION: raises what waits for the main program (Ctrl-C), as waiting does in every port.
///
/// # Safety
/// `len` bytes stand at `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mp_usbd_cdc_tx_strn(bytes: *const cty::c_char, len: ffi::mp_uint_t) -> ffi::mp_uint_t {
    let mut written = 0;
    let mut waiting_since = None;
    while usb_device::HAS_CDC && written < len {
        // SAFETY: the caller's promise.
        let rest = unsafe { slice::from_raw_parts(bytes.cast::<u8>().add(written as usize), (len - written) as usize) };
        // Without a listener it takes everything.
        let taken = with_device(|stack, _| stack.serial().write(rest));
        written = written.wrapping_add(taken as ffi::mp_uint_t);
        if taken > 0 {
            LISTENER_SLEEPS.store(false, Ordering::Relaxed);
            waiting_since = None;
        }
        if written == len || usb_device::task_is_running() || LISTENER_SLEEPS.load(Ordering::Relaxed) {
            break;
        }
        let now = runtime::ticks_ms();
        if now.wrapping_sub(*waiting_since.get_or_insert(now)) as usize >= TX_TIMEOUT_MS {
            LISTENER_SLEEPS.store(true, Ordering::Relaxed);
            break;
        }
        runtime::wait_for_event();
    }
    written
}
