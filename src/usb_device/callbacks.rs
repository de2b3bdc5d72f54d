//! The stack's events become calls of Python functions.

use usb_stack::{Answer, EndpointAddress, Event, SetupPacket, descriptor};

use super::application::builtin_interfaces;
use super::object::{Argument, Transfer, UsbDevice, access};
use super::{mass_storage, result, strings};
use crate::device::with_device;
use crate::python::buffer::{Lender, Region};
use crate::python::error::Result;
use crate::python::obj::Obj;

/// Delivers one event to the program, or to nobody if there is no program: then whatever asks for an answer is rejected.
#[inline(never)]
pub fn deliver(event: &Event) {
    if mass_storage::hears(event) {
        return;
    }
    let Some(device) = UsbDevice::serving() else {
        let rejection = match *event {
            Event::Setup(_) | Event::DataStage(_) => Answer::Stall,
            Event::String(_) => Answer::NoText,
            _ => return,
        };
        with_device(|stack, app| stack.answer(app, rejection));
        return;
    };
    match *event {
        Event::Reset => {
            with_device(|_, _| device.drop_transfers());
            reset(device);
        }
        Event::Configured => {
            device.told_configured.set(true);
            open_interfaces(device);
        }
        Event::Setup(ref setup) => answer_setup(device, setup),
        Event::DataStage(ref setup) => {
            let answer =
                if is_true(device, control(device, Stage::Data, setup)) { Answer::Continue } else { Answer::Stall };
            with_device(|stack, app| stack.answer(app, answer));
        }
        Event::AckStage(ref setup) => {
            control(device, Stage::Ack, setup);
            with_device(|_, _| {
                device.replace_transfer(EndpointAddress::CONTROL_OUT, Transfer::IDLE);
                device.replace_transfer(EndpointAddress::CONTROL_IN, Transfer::IDLE);
            });
        }
        Event::Complete { endpoint, result, len } => {
            let arguments =
                [Obj::small_int(isize::from(endpoint.byte())), result::object(result), Obj::small_int(len as isize)];
            call(device, Argument::XferCb, &arguments);
        }
        Event::Suspend(suspended) => {
            call(device, Argument::SuspendCb, &[Obj::bool(suspended)]);
        }
        Event::String(index) => answer_string(device, index),
    }
}

/// Calls reset_cb: from now on the program knows that the host has left the configuration.
pub fn reset(device: &UsbDevice) {
    device.told_configured.set(false);
    call(device, Argument::ResetCb, &[]);
}

/// Calls a callback, if it is one. An exception is kept for the report; then, and without a callback, there is no result.
fn call(device: &UsbDevice, callback: Argument, arguments: &[Obj]) -> Option<Obj> {
    let function = device.argument(callback);
    if !function.is_callable() {
        return None;
    }
    keep_error(device, callback, function.call(arguments))
}

fn keep_error<T>(device: &UsbDevice, callback: Argument, result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            device.report.raised(Some(callback), error);
            None
        }
    }
}

/// The stages of a control transfer, as control_xfer_cb numbers them.
#[derive(Clone, Copy)]
enum Stage {
    Setup = 1,
    Data,
    Ack,
}

fn control(device: &UsbDevice, stage: Stage, setup: &SetupPacket) -> Option<Obj> {
    device.setup.set(*setup.bytes());
    device.view.get().show_field(device, &device.setup);
    let arguments = [Obj::small_int(stage as isize), device.view.get().object()];
    let result = call(device, Argument::ControlXferCb, &arguments);
    device.view.get().clear();
    result
}

/// The truth value of what control_xfer_cb returned; false if it returned nothing.
fn is_true(device: &UsbDevice, result: Option<Obj>) -> bool {
    result.and_then(|object| keep_error(device, Argument::ControlXferCb, object.is_true())).unwrap_or(false)
}

fn answer_setup(device: &UsbDevice, setup: &SetupPacket) {
    let result = control(device, Stage::Setup, setup);
    let direction = setup.direction();
    if let Some(object) = result
        && let Some(region) = Region::of(object, access(direction))
    {
        // Without a data stage there is nothing to do with the buffer.
        let answer = if setup.length() == 0 { Answer::Continue } else { Answer::Data { len: region.len } };
        with_device(|stack, app| {
            // The stack may ask for the buffer at once. If the host has begun another request meanwhile it does not.
            device.replace_transfer(EndpointAddress::new(0, direction), Transfer::new(object, region));
            if !stack.answer(app, answer) {
                device.replace_transfer(EndpointAddress::new(0, direction), Transfer::IDLE);
            }
        });
        return;
    }
    let answer = if is_true(device, result) { Answer::Continue } else { Answer::Stall };
    with_device(|stack, app| stack.answer(app, answer));
}

/// Calls open_itf_cb once for each function that Python serves.
fn open_interfaces(device: &UsbDevice) {
    let builtin_interfaces = builtin_interfaces();
    let mut next = 0;
    // The callback may do anything, also to the descriptor: it is asked for its bytes again for each function.
    while device.told_configured.get() && !device.trigger.get() && !device.report.is_interrupted() {
        let object = device.argument(Argument::DescCfg);
        let lender = Lender::new();
        let Some(bytes) = lender.read(object) else { return };
        let function = descriptor::functions(bytes)
            .find(|function| function.bytes.start >= next && function.first_interface >= builtin_interfaces);
        let Some(function) = function else { return };
        next = function.bytes.end;
        device.view.get().show_part(object, bytes, function.bytes);
        call(device, Argument::OpenItfCb, &[device.view.get().object()]);
        device.view.get().clear();
    }
}

fn answer_string(device: &UsbDevice, index: u8) {
    let found =
        keep_error(device, Argument::DescStrs, strings::lookup(device.argument(Argument::DescStrs), index)).flatten();
    device.answered_text.set(found.unwrap_or(Obj::NONE));
    with_device(|stack, app| stack.answer(app, Answer::Text));
}
