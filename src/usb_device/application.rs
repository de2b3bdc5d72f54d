//! What the stack asks of the program, answered from the USBDevice object in interrupt context.
//!
//! Nothing here allocates, raises or calls Python: built-in types give their bytes without any of that.

use usb_stack::application::BuiltinInterfaces;
use usb_stack::descriptor::Lie;
use usb_stack::{Application, Direction, EndpointAddress, StringLookup, Text, string};

use super::object::UsbDevice;
use super::{builtin, strings};
use crate::ffi;
use crate::python::buffer::{Access, Region};
use crate::python::obj::Obj;
use crate::python::runtime;

/// The program above the stack. It has no state of its own: all of it hangs on MicroPython's root.
pub struct Callbacks;

/// The bytes of one of the served device's descriptors, `None` when the object has none.
fn descriptor<'a>(object: impl FnOnce(&UsbDevice) -> Obj) -> Option<&'a [u8]> {
    let region = UsbDevice::serving().and_then(|device| Region::of(object(device), Access::Read))?;
    // SAFETY: asked just now, rooted by the device, and no Python code runs before the stack is done with the slice.
    Some(unsafe { region.bytes() })
}

impl Application for Callbacks {
    fn device_descriptor(&self) -> &[u8] {
        descriptor(|device| device.desc_dev.get()).unwrap_or(&builtin::DEVICE)
    }

    fn configuration_descriptor(&self) -> &[u8] {
        descriptor(|device| device.desc_cfg.get()).unwrap_or(&builtin::CONFIGURATION)
    }

    fn bos_descriptor(&self) -> Option<&[u8]> {
        descriptor(|device| device.desc_bos.get())
    }

    fn string(&self, index: u8) -> StringLookup<'_> {
        let Some(device) = UsbDevice::serving() else { return strings::builtin(index) };
        let found = strings::lookup_in_interrupt(device.desc_strs.get(), index);
        note_cut(device, &found);
        found
    }

    fn answered_text(&self) -> Option<Text<'_>> {
        UsbDevice::current().and_then(strings::answered)
    }

    fn builtin_interfaces(&self) -> BuiltinInterfaces {
        match UsbDevice::serving() {
            Some(device) if !device.has_builtin() => 0,
            _ => builtin::INTERFACE_MAX,
        }
    }

    fn data_in(&self, endpoint: EndpointAddress) -> Option<&[u8]> {
        let region = UsbDevice::serving()?.transfer(endpoint).region(Direction::In)?;
        // SAFETY: asked just now and rooted by the device. A driver that keeps the address for longer asks for a run at a
        // time, and the garbage collector does not move objects.
        Some(unsafe { region.bytes() })
    }

    fn data_out(&mut self, endpoint: EndpointAddress) -> Option<&mut [u8]> {
        let region = UsbDevice::serving()?.transfer(endpoint).region(Direction::Out)?;
        // SAFETY: as for `data_in`; the object offers its bytes for writing.
        Some(unsafe { region.bytes_mut() })
    }

    fn wake_task(&mut self) {
        wake_task();
    }

    fn serial_input(&mut self, bytes: &[u8]) -> usize {
        // SAFETY: bytes to be copied. EXCEPTION: cannot raise; an interrupt character pends its exception.
        let taken = unsafe { ffi::usbdevice_stdin_put(bytes.as_ptr(), bytes.len()) };
        note_work();
        taken
    }

    fn touch_1200(&mut self) {
        // SAFETY: no arguments. EXCEPTION: cannot raise.
        unsafe { ffi::usbdevice_touch_1200() };
    }

    fn descriptor_lies(&mut self, lie: Lie) {
        if let Some(device) = UsbDevice::serving()
            && device.report.first_lie()
        {
            device.lie.set(Some(lie));
            wake_task();
        }
    }
}

/// Makes the scheduler run the task.
fn wake_task() {
    runtime::schedule_task();
    note_work();
}

/// The interpreter has something to do: on the unix port, whose processor never sleeps, the bus has to be told.
fn note_work() {
    #[cfg(feature = "unix")]
    crate::usbsim::note_work();
}

/// A string longer than a descriptor can hold is cut, and the program is told once.
fn note_cut(device: &UsbDevice, found: &StringLookup) {
    if let StringLookup::Found(text) = found
        && string::is_cut(text)
        && device.report.first_cut()
    {
        device.string_was_cut.set(true);
        wake_task();
    }
}
