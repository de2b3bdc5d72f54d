//! What xfer_cb gets as the result of a transfer: three constants that please both the documentation and upstream's code.
//!
//! The documentation says True on success; upstream passes the integers 0, 1, 2. These objects have the documented truth
//! value, compare equal to upstream's integer and to the matching bool, and are upstream's integer in everything else.

use usb_stack::Outcome;

use crate::ffi;
use crate::python::obj::Obj;
use crate::python::qstr::{Qstr, qstr};
use crate::python::rom::{Number, NumberType, Rom, Slots};
use crate::python::slots::{Reply, number_binary_slot, number_print_slot, number_unary_slot};

static TYPE: NumberType<3> = NumberType::new(
    qstr!(MP_QSTR_XferResult),
    ffi::MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE | ffi::MP_TYPE_FLAG_EQ_HAS_NEQ_TEST,
    Slots {
        print: Some(number_print_slot!(name)),
        unary_op: Some(number_unary_slot!(unary)),
        binary_op: Some(number_binary_slot!(binary)),
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

/// Upstream's integer.
const fn integer(outcome: Outcome) -> Obj {
    Obj::small_int(outcome as isize)
}

/// The documented truth value.
fn truth(number: Obj) -> Obj {
    Obj::bool(number == integer(Outcome::Success))
}

fn name(number: Obj) -> Qstr {
    if number == integer(Outcome::Success) {
        qstr!(MP_QSTR_XFER_SUCCESS)
    } else if number == integer(Outcome::Failed) {
        qstr!(MP_QSTR_XFER_FAILED)
    } else {
        qstr!(MP_QSTR_XFER_STALLED)
    }
}

fn unary(op: ffi::mp_unary_op_t, number: Obj) -> Reply {
    match op {
        ffi::MP_UNARY_OP_BOOL => Reply::Is(truth(number)),
        // What float(n) is, without a use of floating point here.
        ffi::MP_UNARY_OP_FLOAT_MAYBE => Reply::Binary(ffi::MP_BINARY_OP_TRUE_DIVIDE, number, Obj::small_int(1)),
        ffi::MP_UNARY_OP_POSITIVE
        | ffi::MP_UNARY_OP_NEGATIVE
        | ffi::MP_UNARY_OP_INVERT
        | ffi::MP_UNARY_OP_HASH
        | ffi::MP_UNARY_OP_ABS
        | ffi::MP_UNARY_OP_INT_MAYBE => Reply::Unary(op, number),
        _ => Reply::Is(Obj::NULL),
    }
}

fn binary(op: ffi::mp_binary_op_t, number: Obj, right: Obj) -> Reply {
    let right = TYPE.value_of(right).unwrap_or(right);
    match op {
        ffi::MP_BINARY_OP_CONTAINS => Reply::Is(Obj::NULL),
        // `1 + r`: MicroPython asks for the reversed operation with the operands exchanged. The reversed ones are the same
        // operations in the same order, further on.
        ffi::MP_BINARY_OP_REVERSE_OR..=ffi::MP_BINARY_OP_REVERSE_POWER => {
            Reply::Binary(op - ffi::MP_BINARY_OP_REVERSE_OR + ffi::MP_BINARY_OP_OR, right, number)
        }
        // Other objects than numbers and bools may know better how to compare themselves.
        _ => {
            let equality = op == ffi::MP_BINARY_OP_EQUAL || op == ffi::MP_BINARY_OP_NOT_EQUAL;
            let left = if equality && right.is_bool() { truth(number) } else { number };
            Reply::Binary(op, left, right)
        }
    }
}
