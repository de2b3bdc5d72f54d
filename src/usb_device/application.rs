//! What the stack asks of the program, answered from the USBDevice object in interrupt context.
//!
//! Nothing here allocates, raises or calls Python: built-in types give their bytes without any of that.

use core::sync::atomic::{AtomicBool, Ordering};

use usb_stack::application::BuiltinInterfaces;
use usb_stack::descriptor::Lie;
use usb_stack::string::StringDescriptor;
use usb_stack::{Application, EndpointAddress, StringLookup};

use super::object::{Argument, UsbDevice};
use super::{builtin, mass_storage, strings, task};
use crate::python::buffer::Lender;
use crate::python::{disk, port};

/// The program above the stack. It has no state of its own: all of it hangs on MicroPython's root.
///
/// What it lends of the objects' bytes ends with it, and it lives for one critical section, in which no Python code runs. A
/// driver that keeps an address for longer asks for a run at a time, and the garbage collector does not move objects.
pub struct Callbacks(Lender);

impl Callbacks {
    /// For one critical section.
    pub const fn new() -> Self {
        Self(Lender::new())
    }

    /// The bytes of one of the served device's descriptors, `None` when the object has none.
    #[inline(never)]
    fn descriptor(&self, argument: Argument) -> Option<&[u8]> {
        UsbDevice::serving().and_then(|device| self.0.read(device.argument(argument)))
    }
}

impl Application for Callbacks {
    fn device_descriptor(&self) -> &[u8] {
        self.descriptor(Argument::DescDev).unwrap_or(&builtin::DEVICE)
    }

    fn configuration_descriptor(&self) -> &[u8] {
        self.descriptor(Argument::DescCfg).unwrap_or(&builtin::CONFIGURATION)
    }

    fn bos_descriptor(&self) -> Option<&[u8]> {
        self.descriptor(Argument::DescBos)
    }

    fn string(&self, index: u8, answered: bool, descriptor: &mut StringDescriptor) -> StringLookup {
        let found = strings::write(&self.0, UsbDevice::serving(), index, answered, descriptor);
        // One that is longer than a descriptor can hold is cut, and the program is told once.
        if descriptor.is_cut()
            && let Some(device) = UsbDevice::serving()
            && device.report.is_cut()
        {
            wake_task();
        }
        found
    }

    fn builtin_interfaces(&self) -> BuiltinInterfaces {
        builtin_interfaces().min(builtin::SERIAL_INTERFACES)
    }

    fn data_in(&self, endpoint: EndpointAddress) -> Option<&[u8]> {
        if builtin::HAS_MSC
            && let Some(bytes) = mass_storage::data_in(&self.0, endpoint)
        {
            return Some(bytes);
        }
        UsbDevice::current()?.transfer(endpoint).bytes(&self.0)
    }

    fn data_out(&mut self, endpoint: EndpointAddress) -> Option<&mut [u8]> {
        if builtin::HAS_MSC && mass_storage::owns(endpoint) {
            return Some(disk::buffer_to_fill(&mut self.0));
        }
        UsbDevice::current()?.transfer(endpoint).bytes_mut(&mut self.0)
    }

    #[inline(always)]
    fn wake_task(&mut self) {
        wake_task();
    }

    fn serial_input(&mut self, bytes: &[u8]) -> usize {
        let taken = port::console_input(bytes);
        INPUT_WAITS.store(taken < bytes.len(), Ordering::Relaxed);
        note_work();
        taken
    }

    fn touch_1200(&mut self) {
        port::touch_1200();
    }

    fn descriptor_lies(&mut self, lie: Lie) {
        if let Some(device) = UsbDevice::serving()
            && device.report.lies(lie)
        {
            wake_task();
        }
    }
}

/// The console had no room for all of the input that the host has sent.
static INPUT_WAITS: AtomicBool = AtomicBool::new(false);

/// Input for the console waits in the controller; [`Serial::poll`](usb_stack::Serial::poll) offers it again.
pub fn input_waits() -> bool {
    INPUT_WAITS.load(Ordering::Relaxed)
}

/// It is about to be offered. What is not taken then waits again; what a reset has thrown away does not.
pub fn input_is_offered() {
    INPUT_WAITS.store(false, Ordering::Relaxed);
}

/// How many interfaces the built-in drivers of the device have that the host is shown.
pub fn builtin_interfaces() -> BuiltinInterfaces {
    match UsbDevice::serving() {
        Some(device) if !device.has_builtin() => 0,
        _ => builtin::INTERFACE_MAX,
    }
}

/// Makes the scheduler run the task.
#[inline(always)]
fn wake_task() {
    task::wake();
    note_work();
}

/// The interpreter has something to do: on the unix port, whose processor never sleeps, the bus has to be told.
fn note_work() {
    #[cfg(feature = "unix")]
    crate::usbsim::note_work();
}
