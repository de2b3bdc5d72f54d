//! String descriptors: where the text of an index comes from.

use usb_stack::{StringLookup, Text};

use super::object::UsbDevice;
use crate::ffi;
use crate::python::buffer::{Access, Lender, NO_BUFFER, Region};
use crate::python::error::{Error, Result};
use crate::python::lookup::{Place, place};
use crate::python::obj::Obj;
use crate::python::port;

/// LANGID array with US English (USB 2.0 section 9.6.7), upstream's default for index 0.
static ENGLISH: [u8; 4] = [4, 3, 9, 4];

/// The built-in text of an index. Safe in interrupt context.
pub fn builtin(lender: &Lender, index: u8) -> StringLookup<'_> {
    if index == 0 {
        return StringLookup::Found(Text::Raw(&ENGLISH));
    }
    port::builtin_string(lender, index).map_or(StringLookup::Absent, |text| StringLookup::Found(Text::Latin1(text)))
}

/// The text of an object that stands for string `index`, `None` if it has no bytes. Safe in interrupt context.
pub fn text(lender: &Lender, object: Obj, index: u8) -> Option<Text<'_>> {
    let bytes = lender.read(object)?;
    Some(if index == 0 {
        Text::Raw(bytes)
    } else if object.is_str() {
        Text::Utf8(bytes)
    } else {
        Text::Latin1(bytes)
    })
}

/// The text that the task has found, `None` if there is none. Safe in interrupt context.
pub fn answered<'a>(lender: &'a Lender, device: &UsbDevice) -> Option<Text<'a>> {
    let (object, index) = (device.answered_text.get(), device.answered_index.get());
    if !object.is_none() {
        return text(lender, object, index);
    }
    match builtin(lender, index) {
        StringLookup::Found(text) => Some(text),
        _ => None,
    }
}

/// The text of an index in `desc_strs`, as far as it can be told in interrupt context: a list, a tuple or a dict with plain
/// integers as keys is looked into directly, everything else has to wait for the task.
pub fn lookup_in_interrupt(lender: &Lender, desc_strs: Obj, index: u8) -> StringLookup<'_> {
    if desc_strs.is_none() {
        return builtin(lender, index);
    }
    match place(desc_strs, index) {
        Place::Empty => builtin(lender, index),
        Place::Holds(object) if object.is_none() => builtin(lender, index),
        // What has no bytes is an error that only the task can report.
        Place::Holds(object) => text(lender, object, index).map_or(StringLookup::AskTask, StringLookup::Found),
        Place::Unknown => StringLookup::AskTask,
    }
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
