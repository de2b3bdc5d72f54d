//! config(): descriptors and callbacks.

use core::ffi::CStr;

use usb_stack::descriptor;

use super::object::{ARGUMENTS, UsbDevice};
use crate::device::with_device;
use crate::python::args::{Arguments, Parameter};
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
    let device = UsbDevice::of(arguments.receiver())?;
    let values = arguments.parse(&PARAMETERS);
    let [desc_dev, desc_cfg, desc_strs, .., desc_bos, _] = values;

    // No Python code runs while the descriptors are checked.
    let lender = Lender::new();
    let device_bytes = bytes(&lender, desc_dev, c"desc_dev")?;
    let configuration = bytes(&lender, desc_cfg, c"desc_cfg")?;
    if !desc_strs.is_none() && !desc_strs.has_subscript_slot() {
        return Err(Error::value(c"desc_strs"));
    }
    descriptor::check_device(device_bytes).map_err(Error::descriptor)?;
    with_device(|stack, _| stack.check_configuration(configuration)).map_err(Error::descriptor)?;
    if !desc_bos.is_none() {
        descriptor::check_bos(bytes(&lender, desc_bos, c"desc_bos")?).map_err(Error::descriptor)?;
    }

    with_device(|_, _| {
        device.set_arguments(&values);
        device.report.forget_causes();
    });
    Ok(Obj::NONE)
}

/// The bytes of a descriptor argument.
fn bytes<'a>(lender: &'a Lender, object: Obj, name: &'static CStr) -> Result<&'a [u8]> {
    lender.read(object).ok_or_else(|| Error::value(name))
}
