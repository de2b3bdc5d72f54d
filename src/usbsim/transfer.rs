//! `Transfer`: a queued transfer of the host, as a Python object.

use usb_simulator::bus::urb::{Completion, UrbId};

use super::host;
use super::requests::millis;
use crate::python::args::{Arguments, Parameter};
use crate::python::qstr::qstr;
use crate::python::{Error, Obj, Result};

use super::module::TRANSFER;

/// Makes and reads the objects: a number, which is the URB's with the direction in its lowest bit.
pub(super) struct Transfer;

impl Transfer {
    /// The object of a queued transfer.
    pub(super) fn object(id: UrbId, is_in: bool) -> Result<Obj> {
        TRANSFER.allocate((id.number() << 1 | u64::from(is_in)) as isize)
    }

    fn of(object: Obj) -> Result<(UrbId, bool)> {
        let number = TRANSFER.value_of(object).ok_or_else(|| Error::of_type(c"not a Transfer"))?.try_to_int()? as u64;
        Ok((UrbId::from_number(number >> 1), number & 1 != 0))
    }
}

/// What a transfer brought: the bytes of an IN transfer, the count of an OUT transfer.
fn outcome(completion: &Completion, is_in: bool) -> Result<Obj> {
    if is_in { Obj::bytes(&completion.data) } else { Obj::int(completion.actual as isize) }
}

pub(super) fn done(transfer: Obj) -> Result<Obj> {
    let (id, _) = Transfer::of(transfer)?;
    host::with(|desk| Ok(desk.host.with_bus(|bus| bus.is_finished(id)))).map(Obj::bool)
}

pub(super) fn wait(arguments: &Arguments) -> Result<Obj> {
    let [timeout] = arguments.parse(&[Parameter::optional(qstr!(MP_QSTR_timeout_ms), Obj::small_int(1_000))]);
    let timeout = millis(timeout)?;
    let (id, is_in) = Transfer::of(arguments.receiver())?;
    let completion = host::with(|desk| desk.host.wait(id, timeout))?;
    outcome(&completion, is_in)
}

pub(super) fn cancel(transfer: Obj) -> Result<Obj> {
    let (id, is_in) = Transfer::of(transfer)?;
    match host::with(|desk| Ok(desk.host.cancel(id)))? {
        Some(completion) => outcome(&completion, is_in),
        None => Ok(Obj::NONE),
    }
}
