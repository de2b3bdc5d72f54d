//! The host's results and errors as Python objects.

use usb_simulator::host::{Enumerated, HostError};
use usb_simulator::port::{Reply, Toggle};

use crate::python::qstr::qstr;
use crate::python::{Error, Obj, Qstr, Result, runtime};

/// A host's error as the OSError to be raised, or what a callback or Ctrl-C raised meanwhile.
pub(super) fn error(error: &HostError) -> Error {
    if *error == HostError::Interrupted
        && let Err(raised) = runtime::handle_pending()
    {
        return raised;
    }
    os_error(error.errno().unsigned_abs(), &error.to_string())
}

/// OSError(errno, message).
pub(super) fn os_error(errno: u32, message: &str) -> Error {
    match Obj::str(message) {
        Ok(message) => Error::os_message(errno, message),
        Err(error) => error,
    }
}

/// What `Host.enumerate()` returns.
pub(super) fn enumerated(device: &Enumerated) -> Result<Obj> {
    let strings = Obj::dict()?;
    for (index, text) in &device.strings {
        strings.store(Obj::small_int(isize::from(*index)), Obj::str(text)?)?;
    }
    let bos = match &device.bos {
        Some(bytes) => Obj::bytes(bytes)?,
        None => Obj::NONE,
    };
    let result = Obj::dict()?;
    let items: [(Qstr, Obj); 5] = [
        (qstr!(MP_QSTR_address), Obj::small_int(isize::from(device.address))),
        (qstr!(MP_QSTR_device), Obj::bytes(&device.device.bytes)?),
        (qstr!(MP_QSTR_configuration), Obj::bytes(&device.configuration.bytes)?),
        (qstr!(MP_QSTR_strings), strings),
        (qstr!(MP_QSTR_bos), bos),
    ];
    for (name, value) in items {
        result.store(Obj::qstr(name), value)?;
    }
    Ok(result)
}

/// What `Host.transaction()` returns: the name of the answer's PID, and the data if it carries any.
pub(super) fn reply(reply: &Reply) -> Result<Obj> {
    let (name, data) = match reply {
        Reply::Ack => ("ACK", None),
        Reply::Nak => ("NAK", None),
        Reply::Stall => ("STALL", None),
        Reply::Silent => ("SILENT", None),
        Reply::Data { toggle: Toggle::Data0, bytes } => ("DATA0", Some(bytes)),
        Reply::Data { toggle: Toggle::Data1, bytes } => ("DATA1", Some(bytes)),
    };
    let name = Obj::str(name)?;
    match data {
        Some(bytes) => Obj::tuple(&[name, Obj::bytes(bytes)?]),
        None => Obj::tuple(&[name]),
    }
}
