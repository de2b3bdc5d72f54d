//! The methods of `usbsim.Host`.

use std::fs::File;
use std::io::BufWriter;

use usb_simulator::bus::{BusEvent, RawTransaction};
use usb_simulator::host::Request;
use usb_simulator::port::{Toggle, Token};
use usb_simulator::time::BusTime;

use super::host::{self, Desk};
use super::transfer::Transfer;
use super::{answer, plug};
use crate::ffi::{MP_EIO, MP_ENODEV};
use crate::python::args::{Arguments, Parameter};
use crate::python::qstr::qstr;
use crate::python::{Error, Obj, Result};

/// How long `enumerate()` waits for a pull-up. A device that was just deactivated needs 50 ms.
const ATTACH_TIMEOUT: BusTime = BusTime::from_millis(1_000);

/// An integer argument of the range of `T`.
fn number<T: TryFrom<isize>>(object: Obj) -> Result<T> {
    T::try_from(object.try_to_int()?).map_err(|_| Error::value(c"number out of range"))
}

/// A duration in milliseconds.
pub(super) fn millis(object: Obj) -> Result<BusTime> {
    Ok(BusTime::from_millis(number(object)?))
}

/// A copy of an argument's bytes: callbacks may resize the object while the host works.
fn bytes(object: Obj) -> Result<Vec<u8>> {
    object.to_vec()
}

/// `None`, after something that has no result.
fn nothing(result: Result<()>) -> Result<Obj> {
    result.map(|()| Obj::NONE)
}

pub(super) fn enumerate(_host: Obj) -> Result<Obj> {
    let device = host::with(|desk| desk.host.enumerate(ATTACH_TIMEOUT))?;
    answer::enumerated(&device)
}

pub(super) fn reset(_host: Obj) -> Result<Obj> {
    nothing(host::with(|desk| desk.host.reset()))
}

pub(super) fn suspend(_host: Obj) -> Result<Obj> {
    nothing(host::with(Desk::suspend))
}

pub(super) fn resume(_host: Obj) -> Result<Obj> {
    nothing(host::with(|desk| desk.host.resume()))
}

pub(super) fn unplug(_host: Obj) -> Result<Obj> {
    nothing(host::with(|desk| desk.host.unplug()))
}

pub(super) fn plug(_host: Obj) -> Result<Obj> {
    nothing(host::with(|desk| desk.host.plug()))
}

pub(super) fn woken(_host: Obj) -> Result<Obj> {
    host::with(|desk| Ok(desk.woken())).map(Obj::bool)
}

pub(super) fn attached(_host: Obj) -> Result<Obj> {
    host::with(|desk| Ok(desk.host.with_bus(|bus| bus.is_attached()))).map(Obj::bool)
}

pub(super) fn frame(_host: Obj) -> Result<Obj> {
    let frame = host::with(|desk| Ok(desk.host.with_bus(|bus| bus.frame())))?;
    Obj::int(frame as isize)
}

pub(super) fn now_us(_host: Obj) -> Result<Obj> {
    Obj::int((plug::now().unwrap_or(0) / 1_000) as isize)
}

pub(super) fn run(_host: Obj, ms: Obj) -> Result<Obj> {
    let span = millis(ms)?;
    nothing(host::with(|desk| desk.host.run_for(span)))
}

pub(super) fn clear_halt(_host: Obj, endpoint: Obj) -> Result<Obj> {
    let endpoint = number(endpoint)?;
    nothing(host::with(|desk| desk.host.clear_halt(endpoint)))
}

pub(super) fn set_interface(_host: Obj, interface: Obj, alternate: Obj) -> Result<Obj> {
    let (interface, alternate) = (number(interface)?, number(alternate)?);
    nothing(host::with(|desk| desk.host.set_interface(interface, alternate)))
}

pub(super) fn set_configuration(_host: Obj, value: Obj) -> Result<Obj> {
    let value = number(value)?;
    nothing(host::with(|desk| desk.host.set_configuration(value)))
}

pub(super) fn events(_host: Obj) -> Result<Obj> {
    let seen = host::with(|desk| Ok(desk.events().to_vec()))?;
    let list = Obj::list()?;
    for (time, event) in seen {
        let name = match event {
            BusEvent::Attach => "attach",
            BusEvent::Detach => "detach",
            BusEvent::Wakeup => "wakeup",
        };
        list.append(Obj::tuple(&[Obj::int(time.micros() as isize)?, Obj::str(name)?])?)?;
    }
    Ok(list)
}

pub(super) fn pcap(_host: Obj, path: Obj) -> Result<Obj> {
    let path = String::from_utf8(bytes(path)?).map_err(|_| Error::value(c"path is not UTF-8"))?;
    let file = File::create(&path).map_err(|error| io_error(&path, &error))?;
    let done = host::with(|desk| Ok(desk.host.with_bus(|bus| bus.record_pcap(Box::new(BufWriter::new(file))))))?;
    done.map(|()| Obj::NONE).map_err(|error| io_error(&path, &error))
}

pub(super) fn finish_recording(_host: Obj) -> Result<Obj> {
    let done = host::with(|desk| Ok(desk.host.with_bus(|bus| bus.finish_recording())))?;
    done.map(|()| Obj::NONE).map_err(|error| io_error("recording", &error))
}

fn io_error(what: &str, error: &std::io::Error) -> Error {
    let errno = error.raw_os_error().and_then(|errno| u32::try_from(errno).ok()).unwrap_or(MP_EIO);
    answer::os_error(errno, &format!("{what}: {error}"))
}

/// `start(command)`: a program in another process is the device.
pub(super) fn start(command: Obj) -> Result<Obj> {
    let command = String::from_utf8(bytes(command)?).map_err(|_| Error::value(c"command is not UTF-8"))?;
    plug::start(&command).map(|()| Obj::NONE).map_err(|reason| answer::os_error(MP_ENODEV, &reason))
}

pub(super) fn control_in(arguments: &Arguments) -> Result<Obj> {
    let [request_type, request, value, index, length, timeout] = arguments.parse(&[
        Parameter::required(qstr!(MP_QSTR_bmRequestType)),
        Parameter::required(qstr!(MP_QSTR_bRequest)),
        Parameter::required(qstr!(MP_QSTR_wValue)),
        Parameter::required(qstr!(MP_QSTR_wIndex)),
        Parameter::required(qstr!(MP_QSTR_wLength)),
        Parameter::optional(qstr!(MP_QSTR_timeout_ms), Obj::small_int(5_000)),
    ]);
    let request =
        Request::new(number(request_type)?, number(request)?, number(value)?, number(index)?, number(length)?);
    let timeout = millis(timeout)?;
    let data = host::with(|desk| desk.host.control_in_within(request, timeout))?;
    Obj::bytes(&data)
}

pub(super) fn control_out(arguments: &Arguments) -> Result<Obj> {
    let [request_type, request, value, index, data, timeout] = arguments.parse(&[
        Parameter::required(qstr!(MP_QSTR_bmRequestType)),
        Parameter::required(qstr!(MP_QSTR_bRequest)),
        Parameter::required(qstr!(MP_QSTR_wValue)),
        Parameter::required(qstr!(MP_QSTR_wIndex)),
        Parameter::optional(qstr!(MP_QSTR_data), Obj::NONE),
        Parameter::optional(qstr!(MP_QSTR_timeout_ms), Obj::small_int(5_000)),
    ]);
    let request = Request::new(number(request_type)?, number(request)?, number(value)?, number(index)?, 0);
    let timeout = millis(timeout)?;
    let data = if data.is_none() { Vec::new() } else { bytes(data)? };
    let sent = host::with(|desk| desk.host.control_out_within(request, &data, timeout))?;
    Obj::int(sent as isize)
}

pub(super) fn read(arguments: &Arguments) -> Result<Obj> {
    let [endpoint, length, timeout] = arguments.parse(&[
        Parameter::required(qstr!(MP_QSTR_ep)),
        Parameter::required(qstr!(MP_QSTR_n)),
        Parameter::optional(qstr!(MP_QSTR_timeout_ms), Obj::small_int(1_000)),
    ]);
    let (endpoint, length, timeout) = (number(endpoint)?, number(length)?, millis(timeout)?);
    let data = host::with(|desk| desk.host.read(endpoint, length, timeout))?;
    Obj::bytes(&data)
}

pub(super) fn write(arguments: &Arguments) -> Result<Obj> {
    let [endpoint, data, timeout, zlp] = arguments.parse(&[
        Parameter::required(qstr!(MP_QSTR_ep)),
        Parameter::required(qstr!(MP_QSTR_data)),
        Parameter::optional(qstr!(MP_QSTR_timeout_ms), Obj::small_int(1_000)),
        Parameter::optional(qstr!(MP_QSTR_zlp), Obj::FALSE),
    ]);
    let (endpoint, data, timeout, zlp) = (number(endpoint)?, bytes(data)?, millis(timeout)?, zlp.is_true()?);
    let sent = host::with(|desk| desk.host.write(endpoint, &data, zlp, timeout))?;
    Obj::int(sent as isize)
}

pub(super) fn submit_read(_host: Obj, endpoint: Obj, length: Obj) -> Result<Obj> {
    let (endpoint, length) = (number(endpoint)?, number(length)?);
    let id = host::with(|desk| Ok(desk.host.submit_read(endpoint, length)))?;
    Transfer::object(id, true)
}

pub(super) fn submit_write(arguments: &Arguments) -> Result<Obj> {
    let [endpoint, data, zlp] = arguments.parse(&[
        Parameter::required(qstr!(MP_QSTR_ep)),
        Parameter::required(qstr!(MP_QSTR_data)),
        Parameter::optional(qstr!(MP_QSTR_zlp), Obj::FALSE),
    ]);
    let (endpoint, data, zlp) = (number(endpoint)?, bytes(data)?, zlp.is_true()?);
    let id = host::with(|desk| Ok(desk.host.submit_write(endpoint, &data, zlp)))?;
    Transfer::object(id, false)
}

pub(super) fn transaction(arguments: &Arguments) -> Result<Obj> {
    let [token, address, endpoint, data, toggle] = arguments.parse(&[
        Parameter::required(qstr!(MP_QSTR_pid)),
        Parameter::required(qstr!(MP_QSTR_address)),
        Parameter::required(qstr!(MP_QSTR_endpoint)),
        Parameter::optional(qstr!(MP_QSTR_data), Obj::NONE),
        Parameter::optional(qstr!(MP_QSTR_toggle), Obj::small_int(0)),
    ]);
    let token = match bytes(token)?.as_slice() {
        b"SETUP" => Token::Setup,
        b"OUT" => Token::Out,
        b"IN" => Token::In,
        _ => return Err(Error::value(c"pid is SETUP, OUT or IN")),
    };
    let data = if data.is_none() { Vec::new() } else { bytes(data)? };
    let toggle = Toggle::from_bit(!toggle.is_none() && number::<u8>(toggle)? != 0);
    let raw =
        RawTransaction { token, address: number(address)?, endpoint: number::<u8>(endpoint)? & 0x0f, toggle, data };
    let reply = host::with(|desk| desk.host.transaction(raw))?;
    answer::reply(&reply)
}
