//! The USBDevice object: what Python has configured, and what has to stay alive for it.

use core::cell::Cell;

use usb_stack::descriptor::Lie;
use usb_stack::{Direction, EndpointAddress};

use super::builtin;
use super::report::Report;
use crate::ffi;
use crate::python::buffer::{Access, Lender, Region};
use crate::python::error::{Error, Result};
use crate::python::obj::Obj;
use crate::python::root::rooted_object;
use crate::python::view::View;
use crate::python::{rom, root};
use crate::usb_device::controller::ENDPOINTS;

/// A buffer that Python handed over, from submission to completion: the object, which is thereby reachable from the root,
/// and where its bytes were.
#[derive(Clone, Copy)]
pub struct Transfer {
    pub object: Obj,
    pub region: Region,
}

impl Transfer {
    /// None in flight.
    pub const IDLE: Self = Self { object: Obj::NONE, region: Region::EMPTY };

    /// The object's bytes, if they are still where they were when it was submitted. Safe in interrupt context.
    pub fn bytes<'a>(&self, lender: &'a Lender) -> Option<&'a [u8]> {
        if self.object.is_none() { None } else { lender.read_again(self.object, self.region) }
    }

    /// The same, to be written.
    pub fn bytes_mut<'a>(&self, lender: &'a mut Lender) -> Option<&'a mut [u8]> {
        if self.object.is_none() { None } else { lender.write_again(self.object, self.region) }
    }
}

/// What a transfer in this direction does with its buffer.
pub fn access(direction: Direction) -> Access {
    match direction {
        Direction::In => Access::Read,
        Direction::Out => Access::ReadWrite,
    }
}

/// The singleton. It lives in MicroPython's heap from the first `USBDevice()` to the next soft reset. The interrupt reads
/// it, so what the interrupt reads is changed in critical sections only.
#[repr(C)]
pub struct UsbDevice {
    base: ffi::mp_obj_base_t,

    // What config() was given.
    pub desc_dev: Cell<Obj>,
    pub desc_cfg: Cell<Obj>,
    pub desc_strs: Cell<Obj>,
    pub desc_bos: Cell<Obj>,
    pub open_itf_cb: Cell<Obj>,
    pub reset_cb: Cell<Obj>,
    pub control_xfer_cb: Cell<Obj>,
    pub xfer_cb: Cell<Obj>,
    pub suspend_cb: Cell<Obj>,

    pub builtin_driver: Cell<Obj>,

    /// What active() says.
    pub active: Cell<bool>,
    /// active() has changed and the task has not acted on it yet.
    pub trigger: Cell<bool>,
    /// It was active at some time since boot: from then on the built-in device does not come back by itself.
    pub was_active: Cell<bool>,
    /// The host is shown this device, not the built-in one.
    pub serving: Cell<bool>,
    /// open_itf_cb has been called, and reset_cb not since then.
    pub told_configured: Cell<bool>,
    /// active(False) was called in a callback or on another thread: reset_cb follows.
    pub reset_owed: Cell<bool>,
    /// A string was cut: to be said once.
    pub string_was_cut: Cell<bool>,

    /// A descriptor was found wrong while the host asked for it: to be said once.
    pub lie: Cell<Option<Lie>>,
    /// Shows Python a request or a descriptor during a callback.
    pub view: View,
    /// What the view shows of a control request. It is part of the object, so that a slice of the view that Python keeps
    /// never points into something else.
    pub setup: Cell<[u8; 8]>,
    /// The string that the task has looked up; None if the built-in one is meant.
    pub answered_text: Cell<Obj>,
    /// Its index.
    pub answered_index: Cell<u8>,
    pub report: Report,
    /// OUT and IN of each endpoint number.
    transfers: [[Cell<Transfer>; 2]; ENDPOINTS],
}

rooted_object!(UsbDevice, base);

impl UsbDevice {
    /// The object, if one was made since boot. Safe in interrupt context.
    pub fn current() -> Option<&'static Self> {
        root::held()
    }

    /// The object that a method was called on.
    ///
    /// # Errors
    /// OSError(EINVAL) when it is not the present one (a soft reset is under way).
    pub fn of(receiver: Obj) -> Result<&'static Self> {
        Self::current().filter(|_| receiver == root::get()).ok_or(Error::Os(ffi::MP_EINVAL))
    }

    /// The same, while it is the device that the host sees or is about to see.
    ///
    /// # Errors
    /// OSError(EINVAL) when it is not active, or a change of that is pending.
    pub fn of_active(receiver: Obj) -> Result<&'static Self> {
        let device = Self::of(receiver)?;
        if device.active.get() && !device.trigger.get() { Ok(device) } else { Err(Error::Os(ffi::MP_EINVAL)) }
    }

    /// The device that the host is shown, if it is Python's. Safe in interrupt context.
    pub fn serving() -> Option<&'static Self> {
        Self::current().filter(|device| device.serving.get())
    }

    /// A built-in driver is part of the device.
    pub fn has_builtin(&self) -> bool {
        self.builtin_driver.get() != builtin::BUILTIN_NONE
    }

    fn place(&self, endpoint: EndpointAddress) -> Option<&Cell<Transfer>> {
        let [out, input] = self.transfers.get(usize::from(endpoint.number()))?;
        Some(if endpoint.direction() == Direction::In { input } else { out })
    }

    /// The buffer in flight on an endpoint. Safe in interrupt context.
    pub fn transfer(&self, endpoint: EndpointAddress) -> Transfer {
        self.place(endpoint).map_or(Transfer::IDLE, Cell::get)
    }

    /// Puts a buffer in flight, or takes it out with [`Transfer::IDLE`]; returns what was there. In a critical section.
    pub fn replace_transfer(&self, endpoint: EndpointAddress, transfer: Transfer) -> Transfer {
        self.place(endpoint).map_or(Transfer::IDLE, |place| place.replace(transfer))
    }

    /// Nothing is in flight any more. In a critical section.
    pub fn drop_transfers(&self) {
        for place in self.transfers.iter().flatten() {
            place.set(Transfer::IDLE);
        }
    }
}

/// `USBDevice(...)`: the singleton, made at the first call. Arguments are ignored, as upstream ignores them.
pub fn make_new(_arguments: usize) -> Result<Obj> {
    if root::get().is_null() { create() } else { Ok(root::get()) }
}

fn create() -> Result<Obj> {
    let view = View::new()?;
    let none = || Cell::new(Obj::NONE);
    root::create(|| UsbDevice {
        base: rom::base(super::machine_usb_device_type.type_ptr()),
        desc_dev: none(),
        desc_cfg: none(),
        desc_strs: none(),
        desc_bos: none(),
        open_itf_cb: none(),
        reset_cb: none(),
        control_xfer_cb: none(),
        xfer_cb: none(),
        suspend_cb: none(),
        builtin_driver: Cell::new(builtin::BUILTIN_NONE),
        active: Cell::new(false),
        trigger: Cell::new(false),
        was_active: Cell::new(false),
        serving: Cell::new(false),
        told_configured: Cell::new(false),
        reset_owed: Cell::new(false),
        string_was_cut: Cell::new(false),
        lie: Cell::new(None),
        view,
        setup: Cell::new([0; 8]),
        answered_text: none(),
        answered_index: Cell::new(0),
        report: Report::new(),
        transfers: [const { [const { Cell::new(Transfer::IDLE) }; 2] }; ENDPOINTS],
    })
}
