//! The functions in a type's slots, made from safe Rust functions.
//!
//! Each macro gives the C function for a field of [`Slots`](super::rom::Slots). MicroPython calls it on the thread that runs
//! MicroPython; what the Rust function returns as an error is raised when the function is over.

use super::boundary::raise;
use super::error::Result;
use super::obj::Obj;
use super::qstr::Qstr;
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
        // SAFETY: any objects, and the frames between here and MicroPython own nothing. EXCEPTION: raises what it wants.
        Reply::Unary(operation, object) => unsafe { ffi::mp_unary_op(operation, object) },
        // SAFETY: as above. EXCEPTION: as above.
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

/// For `attr`: from two functions. The first loads: of the object and the name, it returns `Result<Option<Obj>>`, `None` for
/// what stands in the type's table. The second stores: of the object, the name and the value, it returns `Result<bool>`,
/// false for what cannot be stored. Nothing can be deleted.
macro_rules! attr_slot {
    ($load:path, $store:path) => {{
        unsafe extern "C" fn slot(
            object: $crate::python::Obj,
            name: $crate::python::qstr::Qstr,
            destination: *mut $crate::python::Obj,
        ) {
            // SAFETY: MicroPython passes two words.
            unsafe { $crate::python::slots::attribute(object, name, destination, $load, $store) };
        }
        slot
    }};
}
pub(crate) use attr_slot;

/// What the function of [`attr_slot`] does.
///
/// # Safety
/// Two words stand at `destination`: NULL and anything to load, SENTINEL and a value to store, SENTINEL and NULL to delete.
#[inline(always)]
pub unsafe fn attribute(
    object: Obj,
    name: Qstr,
    destination: *mut Obj,
    load: impl FnOnce(Obj, Qstr) -> Result<Option<Obj>>,
    store: impl FnOnce(Obj, Qstr, Obj) -> Result<bool>,
) {
    // SAFETY: the caller's promise.
    let [first, second] = unsafe { [*destination, *destination.add(1)] };
    let answer = if first.is_null() {
        // NULL and SENTINEL: go on in the table.
        load(object, name).map(|value| value.map_or((Obj::NULL, Obj::SENTINEL), |value| (value, Obj::NULL)))
    } else if second.is_null() {
        return;
    } else {
        match store(object, name, second) {
            // Stored: the first word becomes NULL.
            Ok(true) => Ok((Obj::NULL, second)),
            Ok(false) => return,
            Err(error) => Err(error),
        }
    };
    match answer {
        // SAFETY: as above.
        Ok((first, second)) => unsafe {
            *destination = first;
            *destination.add(1) = second;
        },
        Err(error) => raise(error),
    }
}
