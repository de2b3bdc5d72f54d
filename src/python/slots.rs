//! The functions in a type's slots, made from safe Rust functions.
//!
//! Each macro gives the C function for a field of [`Slots`](super::rom::Slots). MicroPython calls it on the thread that runs
//! MicroPython; what the Rust function returns as an error is raised when the function is over.

use super::boundary::finish;
use super::error::Result;
use super::obj::Obj;
use crate::ffi;

/// For `make_new`: from a function of the number of arguments, which are not looked at, that returns `Result<Obj>`.
macro_rules! make_new_slot {
    ($rust:path) => {{
        unsafe extern "C" fn slot(
            _type: *const $crate::ffi::mp_obj_type_t,
            positional: usize,
            keywords: usize,
            _first: *const $crate::python::Obj,
        ) -> $crate::python::Obj {
            $crate::python::boundary::finish($rust(positional.wrapping_add(keywords)))
        }
        slot
    }};
}
pub(crate) use make_new_slot;

/// What a slot does last, when nothing of it is left that an exception could jump over.
pub enum Reply {
    /// This is the result; NULL for what the type cannot do.
    Is(Obj),
    /// The result is that of another operation.
    Unary(ffi::mp_unary_op_t, Obj),
    /// The same, of two operands.
    Binary(ffi::mp_binary_op_t, Obj, Obj),
}

/// Gives the reply to MicroPython.
#[inline(always)]
pub fn reply(reply: Reply) -> Obj {
    match reply {
        Reply::Is(object) => object,
        // SAFETY: any object. EXCEPTION: raises what it wants, over frames that own nothing.
        Reply::Unary(operation, object) => unsafe { ffi::mp_unary_op(operation, object) },
        // SAFETY: any objects. EXCEPTION: raises what it wants, over frames that own nothing.
        Reply::Binary(operation, left, right) => unsafe { ffi::mp_binary_op(operation, left, right) },
    }
}

/// For `print` of a [`NumberType`](super::rom::NumberType): from a function of an instance's number that returns its name.
macro_rules! number_print_slot {
    ($rust:path) => {{
        unsafe extern "C" fn slot(
            printer: *const $crate::ffi::mp_print_t,
            object: $crate::python::Obj,
            _kind: $crate::ffi::mp_print_kind_t,
        ) {
            // SAFETY: MicroPython passes an instance of the slot's type.
            let name = $rust(unsafe { $crate::python::rom::Number::value(object) });
            // SAFETY: MicroPython's printer, used during the call; this frame owns nothing.
            unsafe { $crate::python::print::name_to(printer, name) };
        }
        slot
    }};
}
pub(crate) use number_print_slot;

/// For `unary_op` of a [`NumberType`](super::rom::NumberType): from a function of the operation and an instance's number that
/// returns a [`Reply`].
macro_rules! number_unary_slot {
    ($rust:path) => {{
        unsafe extern "C" fn slot(
            operation: $crate::ffi::mp_unary_op_t,
            object: $crate::python::Obj,
        ) -> $crate::python::Obj {
            // SAFETY: MicroPython passes an instance of the slot's type.
            let number = unsafe { $crate::python::rom::Number::value(object) };
            $crate::python::slots::reply($rust(operation, number))
        }
        slot
    }};
}
pub(crate) use number_unary_slot;

/// For `binary_op` of a [`NumberType`](super::rom::NumberType): from a function of the operation, the number of the instance on
/// the left and the object on the right that returns a [`Reply`].
macro_rules! number_binary_slot {
    ($rust:path) => {{
        unsafe extern "C" fn slot(
            operation: $crate::ffi::mp_binary_op_t,
            left: $crate::python::Obj,
            right: $crate::python::Obj,
        ) -> $crate::python::Obj {
            // SAFETY: MicroPython passes an instance of the slot's type on the left, also for reversed operations.
            let number = unsafe { $crate::python::rom::Number::value(left) };
            $crate::python::slots::reply($rust(operation, number, right))
        }
        slot
    }};
}
pub(crate) use number_binary_slot;

/// For `attr` of a type with one attribute that is not in its table: from its name and two functions. The first loads it: of
/// the object, it returns `Result<Obj>`. The second stores it: of the object and the value, it returns `Result<()>`.
macro_rules! attr_slot {
    ($name:expr, $load:path, $store:path) => {{
        unsafe extern "C" fn slot(
            object: $crate::python::Obj,
            name: $crate::python::qstr::Qstr,
            words: *mut $crate::python::Obj,
        ) {
            // SAFETY: MicroPython passes two words.
            let words = unsafe { &mut *words.cast() };
            $crate::python::slots::attribute(words, object, name == $name, $load, $store);
        }
        slot
    }};
}
pub(crate) use attr_slot;

/// What the function of [`attr_slot`] does. The two words are NULL and NULL to load, SENTINEL and a value to store, SENTINEL
/// and NULL to delete, which is refused as if it were another attribute.
#[inline(always)]
pub fn attribute(
    words: &mut [Obj; 2],
    object: Obj,
    is_meant: bool,
    load: impl FnOnce(Obj) -> Result<Obj>,
    store: impl FnOnce(Obj, Obj) -> Result<()>,
) {
    let [first, second] = words;
    let done = if first.is_null() {
        if !is_meant {
            // Go on in the table.
            *second = Obj::SENTINEL;
            return;
        }
        load(object)
    } else {
        if !is_meant || second.is_null() {
            return;
        }
        // The first word becomes NULL when it is stored.
        store(object, *second).map(|()| Obj::NULL)
    };
    *first = finish(done);
}
