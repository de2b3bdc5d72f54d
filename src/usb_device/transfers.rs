//! submit_xfer(), stall(), remote_wakeup().

use usb_stack::{Direction, EndpointAddress, Submit};

use super::mass_storage;
use super::object::{Transfer, UsbDevice, access};
use crate::device::with_device;
use crate::python::boundary::raise_value;
use crate::python::buffer::Region;
use crate::python::error::Result;
use crate::python::obj::Obj;
use crate::usb_device::controller::ENDPOINTS;

/// The endpoint that an argument names: bit 7 is the direction, bits 0 to 6 the number; what is above is ignored, as
/// upstream ignores it. **Raises over its caller** ValueError when there is none of this number, or a lower one.
fn endpoint(address: isize, lowest: usize) -> EndpointAddress {
    let number = (address & 0x7f) as usize;
    if number < lowest || number >= ENDPOINTS {
        raise_value(c"ep");
    }
    EndpointAddress::new(number as u8, direction(address))
}

fn direction(address: isize) -> Direction {
    if address & 0x80 != 0 { Direction::In } else { Direction::Out }
}

/// `submit_xfer(ep, buffer)`: true when the transfer was queued, false when the endpoint is busy, halted or not open.
pub fn submit_xfer(receiver: Obj, ep: Obj, buffer: Obj) -> Result<Obj> {
    let device = UsbDevice::of_active(receiver);
    let address = ep.to_int();
    let region = Region::of_argument(buffer, access(direction(address)));
    let endpoint = endpoint(address, 1);
    if mass_storage::owns(endpoint) {
        return Ok(Obj::bool(false));
    }
    let submitted = with_device(|stack, app| {
        // Without success whatever is in flight stays in its place.
        stack.submit_and(app, endpoint, region.len, || device.set_transfer(endpoint, Transfer::new(buffer, region)))
    });
    Ok(Obj::bool(submitted != Submit::Refused))
}

/// `stall(ep[, value])`: whether the endpoint was halted before the call.
pub fn stall([receiver, ep]: [Obj; 2], value: Option<Obj>) -> Result<Obj> {
    let address = ep.to_int();
    let device = UsbDevice::of_active(receiver);
    let endpoint = endpoint(address, 0);
    let halt = match value {
        Some(value) => Some(value.is_true()?),
        None => None,
    };
    let before = with_device(|stack, app| {
        let before = stack.is_halted(endpoint);
        // The truth value of an argument is Python code, which may have ended all this.
        if let Some(halt) = halt
            && device.active.get()
            && !mass_storage::owns(endpoint)
        {
            stack.set_halt(app, endpoint, halt);
        }
        before
    });
    Ok(Obj::bool(before))
}

/// `remote_wakeup()`: true when the host was suspended, allows it, and was woken.
pub fn remote_wakeup(_: Obj) -> Result<Obj> {
    let woken = UsbDevice::current().is_some_and(UsbDevice::is_active) && with_device(|stack, _| stack.remote_wakeup());
    Ok(Obj::bool(woken))
}
