//! The one USB device of this machine, shared between the interrupt and everything else.

use core::cell::UnsafeCell;

use usb_stack::Device;

use crate::usb_device::Callbacks;
use crate::usb_device::controller::{self, ENDPOINTS, Port};

/// The stack on the port's controller.
pub type UsbStack = Device<Port, ENDPOINTS>;

struct Shared(UnsafeCell<UsbStack>);

// SAFETY: only `with_device` looks inside, and only in a critical section.
unsafe impl Sync for Shared {}

static DEVICE: Shared = Shared(UnsafeCell::new(UsbStack::new(controller::port())));

/// Lends the device and its application to `use_it`, with the interrupt and the other threads held off.
///
/// `use_it` is short, calls no Python code and does not call `with_device` again.
pub fn with_device<R>(use_it: impl FnOnce(&mut UsbStack, &mut Callbacks) -> R) -> R {
    critical_section::with(|_| {
        // SAFETY: nobody else is in this function: the critical section keeps the interrupt and the other threads out, and
        // what is called from here does not come back.
        let device = unsafe { &mut *DEVICE.0.get() };
        use_it(device, &mut Callbacks)
    })
}

/// What the controller's interrupt does: serves its events until there are none left.
pub fn interrupt() {
    with_device(|device, app| device.interrupt(app));
}
