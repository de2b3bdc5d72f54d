//! config(): descriptors and callbacks.

use core::ffi::CStr;

use usb_stack::descriptor;

use super::object::UsbDevice;
use crate::device::with_device;
use crate::python::args::{Arguments, Parameter};
use crate::python::buffer::Lender;
use crate::python::error::{Error, Result};
use crate::python::obj::Obj;
use crate::python::qstr::qstr;

static PARAMETERS: [Parameter; 9] = [
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
    let [desc_dev, desc_cfg, desc_strs, open_itf_cb, reset_cb, control_xfer_cb, xfer_cb, desc_bos, suspend_cb] =
        arguments.parse(&PARAMETERS)?;

    // No Python code runs while the descriptors are checked.
    let lender = Lender::new();
    let device_bytes = bytes(&lender, desc_dev, c"desc_dev")?;
    let configuration = bytes(&lender, desc_cfg, c"desc_cfg")?;
    if !desc_strs.is_none() && !desc_strs.has_subscript_slot() {
        return Err(Error::value(c"desc_strs"));
    }
    descriptor::check_device(device_bytes).map_err(Error::Descriptor)?;
    with_device(|stack, _| stack.check_configuration(configuration)).map_err(Error::Descriptor)?;
    if !desc_bos.is_none() {
        descriptor::check_bos(bytes(&lender, desc_bos, c"desc_bos")?).map_err(Error::Descriptor)?;
    }

    with_device(|_, _| {
        device.desc_dev.set(desc_dev);
        device.desc_cfg.set(desc_cfg);
        device.desc_strs.set(desc_strs);
        device.desc_bos.set(desc_bos);
        device.open_itf_cb.set(open_itf_cb);
        device.reset_cb.set(reset_cb);
        device.control_xfer_cb.set(control_xfer_cb);
        device.xfer_cb.set(xfer_cb);
        device.suspend_cb.set(suspend_cb);
        device.report.forget_causes();
    });
    Ok(Obj::NONE)
}

/// The bytes of a descriptor argument.
fn bytes<'a>(lender: &'a Lender, object: Obj, name: &'static CStr) -> Result<&'a [u8]> {
    lender.read(object).ok_or(Error::value(name))
}
