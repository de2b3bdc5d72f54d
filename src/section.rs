//! Critical sections: the interrupt and the other threads of MicroPython are held off.

use critical_section::RawRestoreState;

use crate::ffi;

/// MICROPY_BEGIN_ATOMIC_SECTION and MICROPY_END_ATOMIC_SECTION of the port. They nest.
struct AtomicSection;

critical_section::set_impl!(AtomicSection);

// SAFETY: between the two calls no interrupt handler and no other thread of MicroPython runs.
unsafe impl critical_section::Impl for AtomicSection {
    unsafe fn acquire() -> RawRestoreState {
        // SAFETY: no arguments; the state goes back to `release`. EXCEPTION: cannot raise.
        unsafe { ffi::usbdevice_atomic_begin() }
    }

    unsafe fn release(state: RawRestoreState) {
        // SAFETY: the state came from `acquire`. EXCEPTION: cannot raise.
        unsafe { ffi::usbdevice_atomic_end(state) };
    }
}
