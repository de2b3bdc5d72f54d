//! The stack's events become calls of Python functions.

use usb_stack::{Answer, Event, SetupPacket, descriptor};

use super::application::builtin_interfaces;
use super::object::{Argument, Transfer, UsbDevice, access};
use super::{mass_storage, result, strings};
use crate::device::with_device;
use crate::python::buffer::{Lender, Region};
use crate::python::error::Result;
use crate::python::obj::Obj;

/// Delivers one event to the program, if the host is shown its device. Otherwise whatever asks for an answer is rejected.
#[inline(never)]
pub fn deliver(device: Option<&UsbDevice>, event: &Event) {
    if mass_storage::hears(event) {
        return;
    }
    // What asks for nothing ignores the answer.
    let answer = match device {
        Some(device) if device.serving.get() => tell(device, event),
        _ => Some(Answer::Stall),
    };
    if let Some(answer) = answer {
        with_device(|stack, app| stack.answer(app, answer));
    }
}

/// Tells the program; returns what it answers to what asks for an answer.
fn tell(device: &UsbDevice, event: &Event) -> Option<Answer> {
    match *event {
        Event::Reset => {
            // No place is in use: from now on, until it has told of a configuration, the stack refuses transfers.
            device.drop_transfers();
            reset(device);
        }
        Event::Configured => {
            device.told_configured.set(true);
            open_interfaces(device);
        }
        Event::Setup(ref setup) => return control(device, Stage::Setup, setup),
        Event::DataStage(ref setup) => return control(device, Stage::Data, setup),
        Event::AckStage(ref setup) => return control(device, Stage::Ack, setup),
        Event::Complete { endpoint, result, len } => {
            let arguments =
                [Obj::small_int(isize::from(endpoint.byte())), result::object(result), Obj::small_int(len as isize)];
            call(device, Argument::XferCb, &arguments);
        }
        Event::Suspend(suspended) => {
            call(device, Argument::SuspendCb, &[Obj::bool(suspended)]);
        }
        Event::String(index) => return Some(look_up_string(device, index)),
    }
    None
}

/// Calls reset_cb: from now on the program knows that the host has left the configuration.
pub fn reset(device: &UsbDevice) {
    device.told_configured.set(false);
    call(device, Argument::ResetCb, &[]);
}

/// Calls a callback, if it is one. An exception is kept for the report; then, and without a callback, the result is None.
fn call(device: &UsbDevice, callback: Argument, arguments: &[Obj]) -> Obj {
    let function = device.argument(callback);
    if function.is_none() {
        return Obj::NONE;
    }
    keep_error(device, callback, function.call(arguments)).unwrap_or(Obj::NONE)
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
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(isize)]
enum Stage {
    Setup = 1,
    Data,
    Ack,
}

/// Calls control_xfer_cb. Its result is the answer: at the first stage a buffer, else its truth value; at the last stage
/// nothing is answered any more.
#[inline(never)]
fn control(device: &UsbDevice, stage: Stage, setup: &SetupPacket) -> Option<Answer> {
    device.setup.set(*setup);
    device.view.get().show_field(device, &device.setup);
    let arguments = [Obj::small_int(stage as isize), device.view.get().object()];
    let result = call(device, Argument::ControlXferCb, &arguments);
    device.view.get().clear();

    let mut buffer = Transfer::IDLE;
    let answer = if stage == Stage::Ack {
        None
    } else if stage == Stage::Setup
        && let Some(region) = Region::of(result, access(setup.direction()))
    {
        buffer = Transfer::new(result, region);
        // Without a data stage there is nothing to do with the buffer.
        Some(if setup.length() == 0 { Answer::Continue } else { Answer::Data { len: region.len } })
    } else {
        let agrees = keep_error(device, Argument::ControlXferCb, result.is_true());
        Some(if agrees == Some(true) { Answer::Continue } else { Answer::Stall })
    };
    // Not before the answer does the stack ask for it, and not after the data stage.
    device.set_control_buffer(buffer);
    answer
}

/// Calls open_itf_cb once for each function that Python serves.
fn open_interfaces(device: &UsbDevice) {
    let builtin_interfaces = builtin_interfaces();
    let mut next = 0;
    // The callback may do anything, also to the descriptor: it is asked for its bytes again for each function.
    while !device.trigger.get() && !device.report.is_interrupted() {
        let object = device.argument(Argument::DescCfg);
        let lender = Lender::new();
        let Some(bytes) = lender.read(object) else { return };
        let Some(function) = descriptor::function(bytes, next) else { return };
        next = function.bytes.end;
        if function.first_interface >= usize::from(builtin_interfaces) {
            device.view.get().show_part(object, bytes, function.bytes);
            call(device, Argument::OpenItfCb, &[device.view.get().object()]);
            device.view.get().clear();
        }
    }
}

/// Looks up a string that only Python code can tell.
fn look_up_string(device: &UsbDevice, index: u8) -> Answer {
    let found =
        keep_error(device, Argument::DescStrs, strings::lookup(device.argument(Argument::DescStrs), index)).flatten();
    device.answered_text.set(found.unwrap_or(Obj::NONE));
    Answer::Text
}
