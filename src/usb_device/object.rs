//! The USBDevice object: what Python has configured, and what has to stay alive for it.

use core::cell::Cell;

use usb_stack::{Direction, EndpointAddress, SetupPacket};

use super::builtin;
use super::report::Report;
use crate::ffi;
use crate::python::boundary::raise_invalid;
use crate::python::buffer::{Access, Lender, Region};
use crate::python::error::Result;
use crate::python::obj::Obj;
use crate::python::root;
use crate::python::root::rooted_object;
use crate::python::view::View;
use crate::usb_device::controller::ENDPOINTS;

/// What config() takes, in the order of its parameters.
#[derive(Clone, Copy)]
#[repr(usize)]
pub enum Argument {
    DescDev,
    DescCfg,
    DescStrs,
    OpenItfCb,
    ResetCb,
    ControlXferCb,
    XferCb,
    DescBos,
    SuspendCb,
}

/// How many there are.
pub const ARGUMENTS: usize = Argument::SuspendCb as usize + 1;

/// A buffer that Python handed over, from submission to completion: the object, which is thereby reachable from the root,
/// and where its bytes were. All zeros when there is none.
#[derive(Clone, Copy)]
pub struct Transfer {
    object: Obj,
    region: Option<Region>,
}

impl Transfer {
    /// None in flight.
    pub const IDLE: Self = Self { object: Obj::NULL, region: None };

    /// This buffer.
    pub const fn new(object: Obj, region: Region) -> Self {
        Self { object, region: Some(region) }
    }

    /// There is no buffer.
    pub const fn is_idle(&self) -> bool {
        self.region.is_none()
    }

    /// The object's bytes, if they are still where they were when it was submitted. Safe in interrupt context.
    pub fn bytes<'a>(&self, lender: &'a Lender) -> Option<&'a [u8]> {
        lender.read_again(self.object, self.region?)
    }

    /// The same, to be written.
    pub fn bytes_mut<'a>(&self, lender: &'a mut Lender) -> Option<&'a mut [u8]> {
        lender.write_again(self.object, self.region?)
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
///
/// The fields stand in this order because a Cortex-M0 reaches only the first 32 bytes of a structure, and its first 32 words,
/// with one instruction: flags come first, and last what is seldom used.
#[repr(C)]
pub struct UsbDevice {
    base: ffi::mp_obj_base_t,

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

    arguments: [Cell<Obj>; ARGUMENTS],
    pub builtin_driver: Cell<Obj>,
    /// Shows Python a request or a descriptor during a callback.
    pub view: Cell<View>,
    /// What the view shows of a control request. It is part of the object, so that a slice of the view that Python keeps
    /// never points into something else.
    pub setup: Cell<SetupPacket>,
    pub report: Report,

    /// OUT and IN of each endpoint number. Idle while another device is served.
    transfers: [[Cell<Transfer>; 2]; ENDPOINTS],

    /// The string that the task has looked up; None if the built-in one is meant.
    pub answered_text: Cell<Obj>,
}

rooted_object!(UsbDevice, base, super::machine_usb_device_type);

impl UsbDevice {
    /// The object, if one was made since boot. Safe in interrupt context.
    pub fn current() -> Option<&'static Self> {
        root::held()
    }

    /// The object that a method was called on. **Raises over its caller** OSError(EINVAL) when it is not the present one (a
    /// soft reset is under way).
    pub fn of(receiver: Obj) -> &'static Self {
        match Self::current() {
            Some(device) if receiver == Obj::from_ptr(device) => device,
            _ => raise_invalid(),
        }
    }

    /// The same, while it is the device that the host sees or is about to see. **Raises over its caller** OSError(EINVAL) when
    /// it is not active, or a change of that is pending.
    pub fn of_active(receiver: Obj) -> &'static Self {
        let device = Self::of(receiver);
        if !device.is_active() {
            raise_invalid();
        }
        device
    }

    /// The host sees this device or is about to see it.
    pub fn is_active(&self) -> bool {
        self.active.get() && !self.trigger.get()
    }

    /// The device that the host is shown, if it is Python's. Safe in interrupt context.
    pub fn serving() -> Option<&'static Self> {
        Self::current().filter(|device| device.serving.get())
    }

    /// What config() was given, None before. Safe in interrupt context.
    pub fn argument(&self, argument: Argument) -> Obj {
        self.arguments[argument as usize].get()
    }

    /// What config() is given. In a critical section.
    pub fn set_arguments(&self, arguments: &[Obj; ARGUMENTS]) {
        for (place, object) in self.arguments.iter().zip(arguments) {
            place.set(*object);
        }
    }

    /// A built-in driver is part of the device.
    pub fn has_builtin(&self) -> bool {
        self.builtin_driver.get() != builtin::BUILTIN_NONE
    }

    fn place(&self, endpoint: EndpointAddress) -> Option<&Cell<Transfer>> {
        self.transfers.as_flattened().get(endpoint.index())
    }

    /// The buffer in flight on an endpoint. Safe in interrupt context.
    pub fn transfer(&self, endpoint: EndpointAddress) -> Transfer {
        self.place(endpoint).map_or(Transfer::IDLE, Cell::get)
    }

    /// Puts a buffer in flight, or takes it out with [`Transfer::IDLE`]. In a critical section.
    pub fn set_transfer(&self, endpoint: EndpointAddress, transfer: Transfer) {
        if let Some(place) = self.place(endpoint) {
            place.set(transfer);
        }
    }

    /// The buffer that control_xfer_cb has given for a data stage, or none. The stack asks for it from the answer on, so this
    /// needs no critical section.
    pub fn set_control_buffer(&self, transfer: Transfer) {
        // Only one direction is asked for.
        let [[out, input], ..] = &self.transfers;
        out.set(transfer);
        input.set(transfer);
    }

    /// Nothing is in flight any more. In a critical section.
    pub fn drop_transfers(&self) {
        for place in self.transfers.as_flattened() {
            place.set(Transfer::IDLE);
        }
    }
}

/// `USBDevice(...)`: the singleton, made at the first call. Arguments are ignored, as upstream ignores them.
pub fn make_new(_arguments: usize) -> Result<Obj> {
    if root::get().is_null() {
        let view = View::new();
        root::create(|device| {
            for argument in &device.arguments {
                argument.set(Obj::NONE);
            }
            device.builtin_driver.set(builtin::BUILTIN_NONE);
            device.answered_text.set(Obj::NONE);
            device.view.set(view);
        });
    }
    Ok(root::get())
}
