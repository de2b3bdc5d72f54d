//! String descriptors: where the text of an index comes from.

use usb_stack::StringLookup;
use usb_stack::string::{Encoding, StringDescriptor};

use super::object::{Argument, UsbDevice};
use crate::ffi;
use crate::python::buffer::{Access, Lender, NO_BUFFER, Region};
use crate::python::error::{Error, Result};
use crate::python::lookup::place;
use crate::python::obj::Obj;
use crate::python::port;

/// Writes the text of string `index` of Python's device, or of the built-in one, as far as it can be told in interrupt
/// context. `answered`: the task has found it.
pub fn write(
    lender: &Lender,
    device: Option<&UsbDevice>,
    index: u8,
    answered: bool,
    descriptor: &mut StringDescriptor,
) -> StringLookup {
    let object = match device {
        None => Obj::NONE,
        Some(device) if answered => device.answered_text.get(),
        Some(device) => place(device.argument(Argument::DescStrs), index),
    };
    if object == Obj::SENTINEL {
        return StringLookup::AskTask;
    }
    let text = if object.is_none() { port::builtin_string(lender, index) } else { lender.read(object) };
    let Some(text) = text else {
        // What has no bytes is an error that only the task can report.
        return if object.is_none() || answered { StringLookup::Absent } else { StringLookup::AskTask };
    };
    let encoding = if index == 0 {
        Encoding::Raw
    } else if object.is_str() {
        Encoding::Utf8
    } else {
        Encoding::Latin1
    };
    descriptor.write(encoding, text);
    StringLookup::Found
}

/// The object for an index, by subscription as Python does it; `None` where the built-in text is meant. Not in interrupt
/// context.
///
/// # Errors
/// What the lookup raised, but KeyError and IndexError, which mean the built-in text; TypeError for an object without bytes.
pub fn lookup(desc_strs: Obj, index: u8) -> Result<Option<Obj>> {
    let found = match desc_strs.subscript(usize::from(index)) {
        Ok(object) => object,
        Err(error) if means_absent(error.exception()) => return Ok(None),
        Err(error) => return Err(error),
    };
    if found.is_none() {
        return Ok(None);
    }
    if Region::of(found, Access::Read).is_none() {
        return Err(Error::of_type(NO_BUFFER));
    }
    Ok(Some(found))
}

fn means_absent(exception: Obj) -> bool {
    exception.is_exception(&raw const ffi::mp_type_KeyError)
        || exception.is_exception(&raw const ffi::mp_type_IndexError)
}
