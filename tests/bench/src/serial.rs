//! How fast the built-in serial port is for a program that writes to it and reads from it (`device/serial.py`).

use usb_simulator::class::cdc::Serial;
use usb_simulator::host::HostError;
use usb_simulator::time::BusTime;

use crate::{BusHost, PATIENCE, wrong};

/// What the program moves at once.
const BLOCK: usize = 4096;
/// The first block is not measured.
const BLOCKS_TO_HOST: usize = 33;
/// The C stack takes half a second for these.
const BLOCKS_TO_DEVICE: usize = 17;
/// When a host opens it, the port's output waits for 100 ms.
const SETTLE: BusTime = BusTime::from_millis(200);

fn open(host: &mut BusHost) -> Result<Serial, HostError> {
    let interfaces = host.device().map(|device| device.configuration.interfaces.clone()).unwrap_or_default();
    let interface = interfaces.iter().find(|one| Serial::fits(one)).ok_or_else(|| wrong("there is no serial port"))?;
    let mut port = Serial::open(host, interface.number)?;
    host.run_for(SETTLE)?;
    let greeting = port.poll(host)?;
    if !greeting.ends_with(b"ready") {
        return Err(wrong(format!("this is not device/serial.py: it says {:?}", String::from_utf8_lossy(&greeting))));
    }
    Ok(port)
}

/// The device writes blocks.
pub fn to_host(host: &mut BusHost) -> Result<(), HostError> {
    let mut port = open(host)?;
    port.write(host, format!("w{BLOCKS_TO_HOST:4}").as_bytes(), PATIENCE)?;
    let first = port.read_until(host, PATIENCE, |bytes| bytes.len() >= BLOCK)?.len();
    let begin = host.now();
    let rest = BLOCK * BLOCKS_TO_HOST - first;
    let bytes = port.read_until(host, PATIENCE, |bytes| bytes.len() >= rest)?;
    let took = host.now().since(begin);
    if bytes.len() != rest {
        return Err(wrong(format!("{} of {rest} bytes came", bytes.len())));
    }
    if let Some(at) = (0..rest).find(|at| usize::from(bytes[*at]) != (first + at) % 251) {
        return Err(wrong(format!("byte {} of the serial port's output is {}", first + at, bytes[at])));
    }
    println!("rate cdc_in {rest} {}", took.nanos());
    port.close(host)?;
    Ok(())
}

/// The device reads blocks and says in the end what their sum is.
pub fn to_device(host: &mut BusHost) -> Result<(), HostError> {
    let mut port = open(host)?;
    let data: Vec<u8> = (0..BLOCK * BLOCKS_TO_DEVICE).map(|place| (place % 251) as u8).collect();
    port.write(host, format!("r{BLOCKS_TO_DEVICE:4}").as_bytes(), PATIENCE)?;
    port.write(host, &data[..BLOCK], PATIENCE)?;
    let begin = host.now();
    port.write(host, &data[BLOCK..], PATIENCE)?;
    let took = host.now().since(begin);
    let sum: u32 = data.iter().map(|byte| u32::from(*byte)).sum();
    let answer = port.read_until(host, PATIENCE, |bytes| bytes.ends_with(b"."))?;
    if answer != format!("{sum}.").as_bytes() {
        return Err(wrong(format!("the sum of the bytes is {sum}, not {:?}", String::from_utf8_lossy(&answer))));
    }
    println!("rate cdc_out {} {}", data.len() - BLOCK, took.nanos());
    port.close(host)?;
    Ok(())
}
