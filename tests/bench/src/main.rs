//! `usb-bench MEASUREMENT... -- DEVICE`: the host's half of the benchmarks.
//!
//! Starts the device program with the packet-level interface on its standard input and output, enumerates it, does what
//! the measurements ask for, and prints what came of it, a line each, times in nanoseconds of bus time:
//!
//! | line | |
//! |---|---|
//! | `time NAME NS` | how long something took |
//! | `span NAME ENDPOINT BEGIN END` | when something was done, and with which endpoint; the device knows what it cost |
//! | `rate NAME BYTES NS` | how many bytes went in which time |
//! | `count NAME N` | a number |
//!
//! The other half is Python on the device (`device/`) and `tools/bench.py`, which knows what the figures are to be.

mod cost;
mod device;
mod hid;
mod serial;
mod speed;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use usb_simulator::bus::Bus;
use usb_simulator::host::{Host, HostError};
use usb_simulator::time::BusTime;

/// How long a board may take from power-on until Python's device is attached. One that was attached before that is another.
const BOOT: BusTime = BusTime::from_millis(1_000);
/// How long everything may take that the host waits for.
const PATIENCE: BusTime = BusTime::from_millis(10_000);

/// The host, with the bus in its hands.
type BusHost = Host<Bus>;

#[derive(Parser)]
#[command(name = "usb-bench", about = "The host's half of the benchmarks")]
struct Arguments {
    /// What to measure, one after the other, after enumeration
    #[arg(required = true, value_enum)]
    measurements: Vec<Measurement>,
    /// The device program and its arguments
    #[arg(last = true, required = true)]
    device: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// Nothing but the enumeration
    Enumerate,
    /// GET_DESCRIPTOR(device)
    GetDescriptor,
    /// A control request with data to the host that Python answers
    ControlIn,
    /// A control request with data to the device that Python takes
    ControlOut,
    /// 64 bytes to a bulk endpoint and back through Python
    BulkEcho,
    /// Transfers of 4 KiB to the host
    BulkIn,
    /// Transfers of 4 KiB to the device
    BulkOut,
    /// What a program writes to the built-in serial port
    CdcIn,
    /// What a program reads from the built-in serial port
    CdcOut,
    /// Reports in 1,000 frames
    Hid,
    /// Python's memory for the device
    Heap,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("usb-bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let (mut process, port) = device::start(&arguments.device)?;
    let mut host = Host::new(Bus::new(Box::new(port)));
    let result = measure_all(&mut host, &arguments.measurements);
    // The device hears Goodbye when the bus goes.
    drop(host);
    let status = process.wait().map_err(|error| error.to_string())?;
    match result {
        Err(error) => Err(format!("{error}; the device program ended with {status}")),
        Ok(()) if !status.success() => Err(format!("the device program ended with {status}")),
        Ok(()) => Ok(()),
    }
}

fn measure_all(host: &mut BusHost, measurements: &[Measurement]) -> Result<(), HostError> {
    host.run_for(BOOT)?;
    host.wait_attached(PATIENCE)?;
    let begin = host.now();
    host.enumerate(PATIENCE)?;
    // The host waits once more for a stable connection: that is no part of it.
    let took = host.now().since(begin).since(usb_simulator::bus::DEBOUNCE);
    println!("time reset_to_configured {}", took.nanos());
    for measurement in measurements {
        match measurement {
            Measurement::Enumerate => {}
            Measurement::GetDescriptor => cost::get_descriptor(host)?,
            Measurement::ControlIn => cost::control_in(host)?,
            Measurement::ControlOut => cost::control_out(host)?,
            Measurement::BulkEcho => cost::bulk_echo(host)?,
            Measurement::BulkIn => speed::bulk_in(host)?,
            Measurement::BulkOut => speed::bulk_out(host)?,
            Measurement::CdcIn => serial::to_host(host)?,
            Measurement::CdcOut => serial::to_device(host)?,
            Measurement::Hid => hid::reports(host)?,
            Measurement::Heap => cost::heap(host)?,
        }
    }
    Ok(())
}

/// What the device did is not what it was asked for, so what was measured means nothing.
fn wrong(what: impl Into<String>) -> HostError {
    HostError::Unsuitable(what.into())
}
