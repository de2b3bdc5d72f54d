//! What xfer_cb gets as the result of a transfer: three constants that please both the documentation and upstream's code.
//!
//! The documentation says True on success; upstream passes the integers 0, 1, 2. These objects have the documented truth
//! value, compare equal to upstream's integer and to the matching bool, and are upstream's integer in everything else.

use usb_stack::Outcome;

use crate::ffi;
use crate::python::boundary::finish;
use crate::python::catch::catch;
use crate::python::error::Result;
use crate::python::obj::Obj;
use crate::python::print;
use crate::python::qstr::qstr;
use crate::python::rom::{Number, Rom, Slots, Type};

static TYPE: Rom<Type<3>> = Rom::type_of(
    qstr!(MP_QSTR_XferResult),
    ffi::MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE | ffi::MP_TYPE_FLAG_EQ_HAS_NEQ_TEST,
    Slots { print: Some(print_slot), unary_op: Some(unary_op_slot), binary_op: Some(binary_op_slot), ..Slots::NONE },
);

static SUCCESS: Rom<Number> = Rom::number(TYPE.type_ptr(), Outcome::Success as isize);
static FAILED: Rom<Number> = Rom::number(TYPE.type_ptr(), Outcome::Failed as isize);
static STALLED: Rom<Number> = Rom::number(TYPE.type_ptr(), Outcome::Stalled as isize);

/// The object for the outcome of a transfer.
pub fn object(outcome: Outcome) -> Obj {
    match outcome {
        Outcome::Success => SUCCESS.object(),
        Outcome::Failed => FAILED.object(),
        Outcome::Stalled => STALLED.object(),
    }
}

/// Upstream's integer, `None` if it is another kind of object.
fn number(object: Obj) -> Option<Obj> {
    if !object.is_exactly(TYPE.type_ptr()) {
        return None;
    }
    // SAFETY: only the three constants above are of this type.
    object.as_ptr::<Number>().map(|number| Obj::small_int(unsafe { (*number).value }))
}

/// The documented truth value.
fn truth(number: Obj) -> bool {
    number == Obj::small_int(Outcome::Success as isize)
}

unsafe extern "C" fn print_slot(printer: *const ffi::mp_print_t, object: Obj, _kind: ffi::mp_print_kind_t) {
    let text = if object == SUCCESS.object() {
        c"XFER_SUCCESS"
    } else if object == FAILED.object() {
        c"XFER_FAILED"
    } else {
        c"XFER_STALLED"
    };
    // SAFETY: MicroPython's printer, used during the call; this frame owns nothing.
    unsafe { print::str_to(printer, text) };
}

unsafe extern "C" fn unary_op_slot(op: ffi::mp_unary_op_t, object: Obj) -> Obj {
    let Some(number) = number(object) else { return Obj::NULL };
    match op {
        ffi::MP_UNARY_OP_BOOL => Obj::bool(truth(number)),
        ffi::MP_UNARY_OP_HASH | ffi::MP_UNARY_OP_INT_MAYBE => number,
        // What float(n) is, without a use of floating point here.
        ffi::MP_UNARY_OP_FLOAT_MAYBE => finish(binary(ffi::MP_BINARY_OP_TRUE_DIVIDE, number, Obj::small_int(1))),
        ffi::MP_UNARY_OP_POSITIVE | ffi::MP_UNARY_OP_NEGATIVE | ffi::MP_UNARY_OP_INVERT | ffi::MP_UNARY_OP_ABS => {
            // SAFETY: an integer. EXCEPTION: cannot raise for a small one; this frame owns nothing anyway.
            unsafe { ffi::mp_unary_op(op, number) }
        }
        _ => Obj::NULL,
    }
}

unsafe extern "C" fn binary_op_slot(op: ffi::mp_binary_op_t, left: Obj, right: Obj) -> Obj {
    let Some(left) = number(left) else { return Obj::NULL };
    let right = number(right).unwrap_or(right);
    match op {
        ffi::MP_BINARY_OP_EQUAL | ffi::MP_BINARY_OP_NOT_EQUAL if right.is_bool() => {
            let equal = Obj::bool(truth(left)) == right;
            Obj::bool(equal == (op == ffi::MP_BINARY_OP_EQUAL))
        }
        // An object that is neither number nor bool may know better how to compare itself.
        ffi::MP_BINARY_OP_EQUAL | ffi::MP_BINARY_OP_NOT_EQUAL => finish(binary(op, left, right)),
        ffi::MP_BINARY_OP_CONTAINS | ffi::MP_BINARY_OP_EXCEPTION_MATCH => Obj::NULL,
        // `1 + r`: MicroPython asks for the reversed operation with the operands exchanged. The reversed ones are the same
        // operations in the same order, further on.
        ffi::MP_BINARY_OP_REVERSE_OR..=ffi::MP_BINARY_OP_REVERSE_POWER => {
            let op = op - ffi::MP_BINARY_OP_REVERSE_OR + ffi::MP_BINARY_OP_OR;
            finish(binary(op, right, left))
        }
        _ => finish(binary(op, left, right)),
    }
}

fn binary(op: ffi::mp_binary_op_t, left: Obj, right: Obj) -> Result<Obj> {
    // SAFETY: any objects. EXCEPTION: raises TypeError, ZeroDivisionError or what Python code raises.
    catch(|| unsafe { ffi::mp_binary_op(op, left, right) })
}
