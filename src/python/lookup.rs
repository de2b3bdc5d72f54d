//! Looking into lists, tuples and dicts without running any Python, so that it can be done in interrupt context.

use super::obj::Obj;
use crate::ffi;

/// What a container holds for an index.
pub enum Place {
    /// This.
    Holds(Obj),
    /// Nothing.
    Empty,
    /// It takes Python code to tell.
    Unknown,
}

/// What `container[index]` is, as far as it can be told in interrupt context: a list, a tuple or a dict with plain keys is
/// looked into directly, for everything else the answer is [`Place::Unknown`].
pub fn place(container: Obj, index: u8) -> Place {
    if let Some(list) = container.exactly::<ffi::mp_obj_list_t>(&raw const ffi::mp_type_list) {
        // SAFETY: the type says what it is. A list that grows keeps its old items in place until the new ones are.
        let (items, len) = unsafe { ((*list).items.cast_const(), (*list).len) };
        // SAFETY: `len` objects stand there.
        return item(unsafe { slice(items, len) }, index);
    }
    if let Some(tuple) = container.exactly::<ffi::mp_obj_tuple_t>(&raw const ffi::mp_type_tuple) {
        // SAFETY: the type says what it is; `len` objects stand behind its head.
        return item(unsafe { slice((&raw const (*tuple).items).cast(), (*tuple).len) }, index);
    }
    if let Some(dict) = container.exactly::<ffi::mp_obj_dict_t>(&raw const ffi::mp_type_dict) {
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
