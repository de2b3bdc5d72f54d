//! What xfer_cb gets as the result of a transfer: three constants that please both the documentation and upstream's code.
//!
//! The documentation says True on success; upstream passes the integers 0, 1, 2. These objects have the documented truth
//! value, compare equal to upstream's integer and to the matching bool, and are upstream's integer in everything else.

use core::ffi::CStr;

use usb_stack::Outcome;

use crate::ffi;
use crate::python::error::Result;
use crate::python::obj::Obj;
use crate::python::qstr::qstr;
use crate::python::rom::{Number, NumberType, Rom, Slots};
use crate::python::slots::{binary_op_slot, print_slot, unary_op_slot};

static TYPE: NumberType<3> = NumberType::new(
    qstr!(MP_QSTR_XferResult),
    ffi::MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE | ffi::MP_TYPE_FLAG_EQ_HAS_NEQ_TEST,
    Slots {
        print: Some(print_slot!(text)),
        unary_op: Some(unary_op_slot!(unary)),
        binary_op: Some(binary_op_slot!(binary)),
        ..Slots::NONE
    },
);

static SUCCESS: Rom<Number> = TYPE.constant(Outcome::Success as isize);
static FAILED: Rom<Number> = TYPE.constant(Outcome::Failed as isize);
static STALLED: Rom<Number> = TYPE.constant(Outcome::Stalled as isize);

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
    TYPE.value_of(object).map(Obj::small_int)
}

/// The documented truth value.
fn truth(number: Obj) -> bool {
    number == Obj::small_int(Outcome::Success as isize)
}

fn text(object: Obj) -> &'static CStr {
    if object == SUCCESS.object() {
        c"XFER_SUCCESS"
    } else if object == FAILED.object() {
        c"XFER_FAILED"
    } else {
        c"XFER_STALLED"
    }
}

fn unary(op: ffi::mp_unary_op_t, object: Obj) -> Result<Obj> {
    let Some(number) = number(object) else { return Ok(Obj::NULL) };
    match op {
        ffi::MP_UNARY_OP_BOOL => Ok(Obj::bool(truth(number))),
        ffi::MP_UNARY_OP_HASH | ffi::MP_UNARY_OP_INT_MAYBE => Ok(number),
        // What float(n) is, without a use of floating point here.
        ffi::MP_UNARY_OP_FLOAT_MAYBE => number.binary(ffi::MP_BINARY_OP_TRUE_DIVIDE, Obj::small_int(1)),
        ffi::MP_UNARY_OP_POSITIVE | ffi::MP_UNARY_OP_NEGATIVE | ffi::MP_UNARY_OP_INVERT | ffi::MP_UNARY_OP_ABS => {
            Ok(number.small_int_unary(op))
        }
        _ => Ok(Obj::NULL),
    }
}

fn binary(op: ffi::mp_binary_op_t, left: Obj, right: Obj) -> Result<Obj> {
    let Some(left) = number(left) else { return Ok(Obj::NULL) };
    let right = number(right).unwrap_or(right);
    match op {
        ffi::MP_BINARY_OP_EQUAL | ffi::MP_BINARY_OP_NOT_EQUAL if right.is_bool() => {
            let equal = Obj::bool(truth(left)) == right;
            Ok(Obj::bool(equal == (op == ffi::MP_BINARY_OP_EQUAL)))
        }
        // An object that is neither number nor bool may know better how to compare itself.
        ffi::MP_BINARY_OP_EQUAL | ffi::MP_BINARY_OP_NOT_EQUAL => left.binary(op, right),
        ffi::MP_BINARY_OP_CONTAINS | ffi::MP_BINARY_OP_EXCEPTION_MATCH => Ok(Obj::NULL),
        // `1 + r`: MicroPython asks for the reversed operation with the operands exchanged. The reversed ones are the same
        // operations in the same order, further on.
        ffi::MP_BINARY_OP_REVERSE_OR..=ffi::MP_BINARY_OP_REVERSE_POWER => {
            let op = op - ffi::MP_BINARY_OP_REVERSE_OR + ffi::MP_BINARY_OP_OR;
            right.binary(op, left)
        }
        _ => left.binary(op, right),
    }
}
