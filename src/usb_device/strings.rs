//! String descriptors: where the text of an index comes from.

use core::ffi::CStr;

use usb_stack::{StringLookup, Text};

use super::object::UsbDevice;
use crate::ffi;
use crate::python::buffer::{Access, NO_BUFFER, Region};
use crate::python::error::{Error, Result};
use crate::python::obj::Obj;

/// LANGID array with US English (USB 2.0 section 9.6.7), upstream's default for index 0.
static ENGLISH: [u8; 4] = [4, 3, 9, 4];

/// The built-in text of an index. Safe in interrupt context.
pub fn builtin<'a>(index: u8) -> StringLookup<'a> {
    if index == 0 {
        return StringLookup::Found(Text::Raw(&ENGLISH));
    }
    // SAFETY: a number; the answer is NULL or a text that stays. EXCEPTION: cannot raise.
    let text = unsafe { ffi::usbdevice_builtin_string(index) };
    if text.is_null() {
        return StringLookup::Absent;
    }
    // SAFETY: it ends with NUL, and nobody changes it while the stack reads it.
    StringLookup::Found(Text::Latin1(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

/// The text of an object that stands for string `index`, `None` if it has no bytes. Safe in interrupt context.
pub fn text<'a>(object: Obj, index: u8) -> Option<Text<'a>> {
    let region = Region::of(object, Access::Read)?;
    // SAFETY: asked just now; the object is rooted by the device or by its list, and no Python code runs meanwhile.
    let bytes = unsafe { region.bytes() };
    Some(if index == 0 {
        Text::Raw(bytes)
    } else if object.is_str() {
        Text::Utf8(bytes)
    } else {
        Text::Latin1(bytes)
    })
}

/// The text that the task has found, `None` if there is none. Safe in interrupt context.
pub fn answered<'a>(device: &UsbDevice) -> Option<Text<'a>> {
    let (object, index) = (device.answered_text.get(), device.answered_index.get());
    if !object.is_none() {
        return text(object, index);
    }
    match builtin(index) {
        StringLookup::Found(text) => Some(text),
        _ => None,
    }
}

/// What a place in desc_strs holds for an index.
enum Place {
    /// This.
    Holds(Obj),
    /// Nothing: the built-in text is meant.
    Empty,
    /// It takes Python code to tell.
    Unknown,
}

/// The text of an index in `desc_strs`, as far as it can be told in interrupt context: a list, a tuple or a dict with plain
/// integers as keys is looked into directly, everything else has to wait for the task.
pub fn lookup_in_interrupt<'a>(desc_strs: Obj, index: u8) -> StringLookup<'a> {
    if desc_strs.is_none() {
        return builtin(index);
    }
    match place(desc_strs, index) {
        Place::Empty => builtin(index),
        Place::Holds(object) if object.is_none() => builtin(index),
        // What has no bytes is an error that only the task can report.
        Place::Holds(object) => text(object, index).map_or(StringLookup::AskTask, StringLookup::Found),
        Place::Unknown => StringLookup::AskTask,
    }
}

fn place(desc_strs: Obj, index: u8) -> Place {
    if desc_strs.is_exactly(&raw const ffi::mp_type_list)
        && let Some(list) = desc_strs.as_ptr::<ffi::mp_obj_list_t>()
    {
        // SAFETY: the type says what it is. A list that grows keeps its old items in place until the new ones are.
        let (items, len) = unsafe { ((*list).items.cast_const(), (*list).len) };
        // SAFETY: `len` objects stand there.
        return item(unsafe { slice(items, len) }, index);
    }
    if desc_strs.is_exactly(&raw const ffi::mp_type_tuple)
        && let Some(tuple) = desc_strs.as_ptr::<ffi::mp_obj_tuple_t>()
    {
        // SAFETY: the type says what it is; `len` objects stand behind its head.
        return item(unsafe { slice((&raw const (*tuple).items).cast(), (*tuple).len) }, index);
    }
    if desc_strs.is_exactly(&raw const ffi::mp_type_dict)
        && let Some(dict) = desc_strs.as_ptr::<ffi::mp_obj_dict_t>()
    {
        // SAFETY: the type says what it is; `alloc` places stand in its table, those not in use with a NULL or sentinel key.
        let items = unsafe { ((*dict).map.table.cast_const(), (*dict).map.alloc) };
        // SAFETY: as above.
        return value(unsafe { slice(items.0, items.1) }, index);
    }
    Place::Unknown
}

/// `len` values at `first`, which may be NULL when there are none.
///
/// # Safety
/// They are there.
unsafe fn slice<'a, T>(first: *const T, len: usize) -> &'a [T] {
    if first.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(first, len) }
}

fn item(items: &[Obj], index: u8) -> Place {
    items.get(usize::from(index)).map_or(Place::Empty, |object| Place::Holds(*object))
}

fn value(items: &[ffi::mp_map_elem_t], index: u8) -> Place {
    let wanted = Obj::small_int(isize::from(index));
    let mut plain = true;
    for item in items {
        if item.key == wanted {
            return Place::Holds(item.value);
        }
        let unused = item.key.is_null() || item.key == Obj::SENTINEL;
        plain &= unused || item.key.is_small_int() || item.key.is_qstr();
    }
    // A key like 1.0 or True, or of a class with its own `==`, could be equal to the index.
    if plain { Place::Empty } else { Place::Unknown }
}

/// The object for an index, by subscription as Python does it; `None` where the built-in text is meant. Not in interrupt
/// context.
///
/// # Errors
/// What the lookup raised, but KeyError and IndexError, which mean the built-in text; TypeError for an object without bytes.
pub fn lookup(desc_strs: Obj, index: u8) -> Result<Option<Obj>> {
    let found = match desc_strs.subscript(Obj::small_int(isize::from(index))) {
        Ok(object) => object,
        Err(Error::Raised(exception)) if means_absent(exception) => return Ok(None),
        Err(error) => return Err(error),
    };
    if found.is_none() {
        return Ok(None);
    }
    if Region::of(found, Access::Read).is_none() {
        return Err(Error::Type(NO_BUFFER));
    }
    Ok(Some(found))
}

fn means_absent(exception: Obj) -> bool {
    exception.is_exception(&raw const ffi::mp_type_KeyError)
        || exception.is_exception(&raw const ffi::mp_type_IndexError)
}
