//! Looking into lists, tuples and dicts without running any Python, so that it can be done in interrupt context.

use core::ptr;

use super::obj::Obj;
use crate::ffi;

/// What `container[index]` is, None where there is nothing. [`Obj::SENTINEL`] when it takes Python code to tell: only a list, a
/// tuple, a dict with plain keys and None, which holds nothing, can be looked into in interrupt context.
#[inline(never)]
pub fn place(container: Obj, index: u8) -> Obj {
    let type_ptr = container.type_ptr();
    let (items, len): (*const Obj, usize) = if ptr::eq(type_ptr, &raw const ffi::mp_type_list) {
        let list: *const ffi::mp_obj_list_t = container.0.cast();
        // SAFETY: the type says what it is. A list that grows keeps its old items in place until the new ones are.
        unsafe { ((*list).items, (*list).len) }
    } else if ptr::eq(type_ptr, &raw const ffi::mp_type_tuple) {
        let tuple: *const ffi::mp_obj_tuple_t = container.0.cast();
        // SAFETY: the type says what it is; the objects stand behind its head.
        unsafe { ((&raw const (*tuple).items).cast(), (*tuple).len) }
    } else if ptr::eq(type_ptr, &raw const ffi::mp_type_dict) {
        let dict: *const ffi::mp_obj_dict_t = container.0.cast();
        // SAFETY: the type says what it is.
        return value(unsafe { &(*dict).map }, index);
    } else {
        return if container.is_none() { Obj::NONE } else { Obj::SENTINEL };
    };
    // SAFETY: `len` objects stand there.
    if usize::from(index) < len { unsafe { *items.add(usize::from(index)) } } else { Obj::NONE }
}

/// The same for a dict's map.
fn value(map: &ffi::mp_map_t, index: u8) -> Obj {
    let wanted = Obj::small_int(isize::from(index));
    let mut found = Obj::NONE;
    for place in 0..map.alloc {
        // SAFETY: `alloc` places stand in the table, those not in use with a NULL or sentinel key.
        let item = unsafe { &*map.table.add(place) };
        if item.key == wanted {
            return item.value;
        }
        let is_unused = item.key.is_null() || item.key == Obj::SENTINEL;
        // A key like 1.0 or True, or of a class with its own `==`, could be equal to the index.
        if !(is_unused || item.key.is_small_int() || item.key.is_qstr()) {
            found = Obj::SENTINEL;
        }
    }
    found
}
