//! The one USB device of this machine, shared between the interrupt and everything else.

use usb_stack::Device;

use crate::python::section::Shared;
use crate::usb_device::Callbacks;
use crate::usb_device::controller::{self, ENDPOINTS, Port};

/// The stack on the port's controller.
pub type UsbStack = Device<Port, ENDPOINTS>;

static DEVICE: Shared<UsbStack> = Shared::new(UsbStack::new(controller::port()));

/// Lends the device and its application to `use_it`, with the interrupt and the other threads held off.
///
/// `use_it` is short, calls no Python code and does not call `with_device` again.
pub fn with_device<R>(use_it: impl FnOnce(&mut UsbStack, &mut Callbacks) -> R) -> R {
    DEVICE.with(|device| use_it(device, &mut Callbacks::new()))
}

/// What the controller's interrupt does: serves its events until there are none left.
pub fn interrupt() {
    with_device(|device, app| device.interrupt(app));
}
