//! config(): descriptors and callbacks.

use usb_stack::descriptor;

use super::object::{ARGUMENTS, Argument, UsbDevice};
use crate::device::with_device;
use crate::python::args::{Arguments, Parameter};
use crate::python::boundary::{raise, raise_value};
use crate::python::buffer::Lender;
use crate::python::error::{Error, Result};
use crate::python::obj::Obj;
use crate::python::qstr::qstr;

/// In the order of [`Argument`](super::object::Argument).
static PARAMETERS: [Parameter; ARGUMENTS] = [
    Parameter::required(qstr!(MP_QSTR_desc_dev)),
    Parameter::required(qstr!(MP_QSTR_desc_cfg)),
    Parameter::optional(qstr!(MP_QSTR_desc_strs), Obj::NONE),
    Parameter::optional(qstr!(MP_QSTR_open_itf_cb), Obj::NONE),
    Parameter::optional(qstr!(MP_QSTR_reset_cb), Obj::NONE),
    Parameter::optional(qstr!(MP_QSTR_control_xfer_cb), Obj::NONE),
    Parameter::optional(qstr!(MP_QSTR_xfer_cb), Obj::NONE),
    Parameter::keyword(qstr!(MP_QSTR_desc_bos), Obj::NONE),
    Parameter::keyword(qstr!(MP_QSTR_suspend_cb), Obj::NONE),
];

/// `config(desc_dev, desc_cfg, desc_strs=None, open_itf_cb=None, reset_cb=None, control_xfer_cb=None, xfer_cb=None, *,
/// desc_bos=None, suspend_cb=None)`
///
/// The descriptors are checked first: if anything is wrong, nothing has changed.
pub fn config(arguments: &Arguments) -> Result<Obj> {
    let device = UsbDevice::of(arguments.receiver());
    let mut values = arguments.parse(&PARAMETERS);
    let [desc_dev, desc_cfg, desc_strs, .., desc_bos, _] = values;

    // No Python code runs while the descriptors are checked.
    let lender = Lender::new();
    let Some(device_bytes) = lender.read(desc_dev) else { raise_value(c"desc_dev") };
    let Some(configuration) = lender.read(desc_cfg) else { raise_value(c"desc_cfg") };
    if !desc_strs.is_none() && !desc_strs.has_subscript_slot() {
        raise_value(c"desc_strs");
    }
    let bos = lender.read(desc_bos);
    if bos.is_none() && !desc_bos.is_none() {
        raise_value(c"desc_bos");
    }
    for callback in
        [Argument::OpenItfCb, Argument::ResetCb, Argument::ControlXferCb, Argument::XferCb, Argument::SuspendCb]
    {
        let value = &mut values[callback as usize];
        // What cannot be called is no callback, as with upstream. Looked at here and not at every event.
        if !value.is_callable() {
            *value = Obj::NONE;
        }
    }
    let checked = with_device(|stack, _| {
        descriptor::check_device(device_bytes)?;
        stack.check_configuration(configuration)?;
        if let Some(bos) = bos {
            descriptor::check_bos(bos)?;
        }
        device.set_arguments(&values);
        device.report.forget_causes();
        Ok(())
    });
    if let Err(lie) = checked {
        raise(Error::descriptor(lie));
    }
    Ok(Obj::NONE)
}
