//! What single transfers cost the device (`device/vendor.py`). The host says when it did them; the device's record of
//! transactions has its cycles.

use usb_simulator::host::descriptor::Interface;
use usb_simulator::host::request::descriptor_type::DEVICE;
use usb_simulator::host::{HostError, Request};
use usb_simulator::time::BusTime;

use crate::{BusHost, PATIENCE, wrong};

/// bInterfaceClass of the device's own interface.
const VENDOR: u8 = 0xff;
/// Its requests, as the device has them: class requests to the interface, for upstream's C does not hand vendor requests to
/// Python.
const READ: u8 = 1;
const WRITE: u8 = 2;
const HEAP: u8 = 3;
const RECEIVED: u8 = 4;

/// How often each is done.
const ROUNDS: u16 = 64;
/// Between two: long enough for the device to go back to sleep, and a whole number of frames and a bit, so that they begin at
/// all places of a frame.
const PAUSE: BusTime = BusTime::from_micros(3_000 + 1_000 / ROUNDS as u64);

/// The device's own interface.
pub fn vendor_interface(host: &BusHost) -> Result<Interface, HostError> {
    let interfaces = host.device().map(|device| &device.configuration.interfaces);
    let found = interfaces.and_then(|all| all.iter().find(|interface| interface.class[0] == VENDOR));
    found.cloned().ok_or_else(|| wrong("no interface of class 0xff: this is not device/vendor.py"))
}

fn rounds(
    host: &mut BusHost,
    name: &str,
    endpoint: u8,
    mut act: impl FnMut(&mut BusHost, u16) -> Result<(), HostError>,
) -> Result<(), HostError> {
    for round in 0..ROUNDS {
        host.run_for(PAUSE)?;
        let begin = host.now();
        act(host, round)?;
        println!("span {name} {endpoint} {} {}", begin.nanos(), host.now().nanos());
    }
    // The device has noted a transaction when time has gone on.
    host.run_for(PAUSE)
}

/// GET_DESCRIPTOR(device), 18 bytes.
pub fn get_descriptor(host: &mut BusHost) -> Result<(), HostError> {
    let request = Request::get_descriptor(DEVICE, 0, 0, 18);
    rounds(host, "get_descriptor", 0, |host, _| match host.control_in(request)?.len() {
        18 => Ok(()),
        other => Err(wrong(format!("a device descriptor of {other} bytes"))),
    })
}

/// 16 bytes that the device's Python has.
pub fn control_in(host: &mut BusHost) -> Result<(), HostError> {
    let interface = u16::from(vendor_interface(host)?.number);
    rounds(host, "control_in", 0, |host, _| {
        match host.control_in(Request::new(0xa1, READ, 0, interface, 16))?.as_slice() {
            b"0123456789abcdef" => Ok(()),
            other => Err(wrong(format!("request {READ}: {other:?} came"))),
        }
    })
}

/// 16 bytes for the device's Python.
pub fn control_out(host: &mut BusHost) -> Result<(), HostError> {
    let interface = u16::from(vendor_interface(host)?.number);
    rounds(host, "control_out", 0, |host, round| {
        host.control_out(Request::new(0x21, WRITE, round, interface, 16), &[round as u8; 16])?;
        Ok(())
    })
}

/// 64 bytes to the device and back.
pub fn bulk_echo(host: &mut BusHost) -> Result<(), HostError> {
    let endpoints = vendor_interface(host)?.endpoints;
    let number = endpoints.first().map_or(0, |endpoint| endpoint.address & 0x0f);
    rounds(host, "bulk_echo", number, |host, round| {
        let sent: Vec<u8> = (0..64).map(|byte: u8| byte ^ round as u8).collect();
        let reading = host.submit_read(number, 64);
        host.write(number, &sent, false, PATIENCE)?;
        let back = host.wait(reading, PATIENCE)?.data;
        if back == sent { Ok(()) } else { Err(wrong(format!("{sent:?} came back as {back:?}"))) }
    })
}

fn number(host: &mut BusHost, request: u8) -> Result<u32, HostError> {
    let interface = u16::from(vendor_interface(host)?.number);
    match host.control_in(Request::new(0xa1, request, 0, interface, 4))?[..] {
        [a, b, c, d] => Ok(u32::from_le_bytes([a, b, c, d])),
        ref other => Err(wrong(format!("request {request}: {other:?} came"))),
    }
}

/// Bytes of Python's heap that are in use because the device is configured.
pub fn heap(host: &mut BusHost) -> Result<(), HostError> {
    println!("count gc_heap {}", number(host, HEAP)?);
    Ok(())
}

/// Bytes that have come through transfers of 4 KiB.
pub fn received(host: &mut BusHost) -> Result<u32, HostError> {
    number(host, RECEIVED)
}
