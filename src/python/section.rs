//! Critical sections: the interrupt and the other threads of MicroPython are held off. What they share lies in a [`Shared`].

use core::cell::UnsafeCell;
#[cfg(feature = "unix")]
use core::sync::atomic::{AtomicBool, Ordering};

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

/// A value that the interrupt and every thread use, one at a time.
pub struct Shared<T> {
    value: UnsafeCell<T>,
    #[cfg(feature = "unix")]
    lent: AtomicBool,
}

// SAFETY: only `with` looks inside, in a critical section. The value may be used from another thread or the interrupt than
// the one that made it, hence `Send`.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Makes `value` a shared one.
    pub const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            #[cfg(feature = "unix")]
            lent: AtomicBool::new(false),
        }
    }

    /// Lends the value to `use_it`, with the interrupt and the other threads held off. Safe in interrupt context.
    ///
    /// `use_it` must be short, call no Python code, and not come back here for the same value. The last is what makes the
    /// loan the only one. A chip has no cycles for a check in every interrupt; the unix port, where all tests run, ends the
    /// program.
    pub fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        critical_section::with(|_| {
            #[cfg(feature = "unix")]
            assert!(!self.lent.swap(true, Ordering::Relaxed), "the shared value is lent already");
            // SAFETY: nobody else is in this function: the critical section keeps the interrupt and the other threads out,
            // and `use_it` does not come back.
            let result = use_it(unsafe { &mut *self.value.get() });
            #[cfg(feature = "unix")]
            self.lent.store(false, Ordering::Relaxed);
            result
        })
    }
}
