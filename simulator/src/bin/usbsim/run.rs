//! One run: attach, enumerate, let the drivers work, end with a reason.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use usb_simulator::bus::Bus;
use usb_simulator::bus::urb::TransferType;
use usb_simulator::class::cdc::Serial;
use usb_simulator::class::hid_device::HidDevice;
use usb_simulator::class::keyboard::Keyboard;
use usb_simulator::host::descriptor::Interface;
use usb_simulator::host::{Enumerated, Host, HostError};
use usb_simulator::port::Port;
use usb_simulator::time::BusTime;

use super::device::Device;
use super::{Driver, Run, auto, terminal};

/// Drivers look for news this often.
pub const TURN: BusTime = BusTime::FRAME;
/// bInterfaceClass of a vendor's own interface.
const VENDOR: u8 = 0xff;

pub fn run(options: &Run) -> Result<(), String> {
    let start = if options.pty.is_some() { Device::start_apart } else { Device::start };
    let (mut process, port) = start(&options.device)?;
    println!("device: {}", port.name());
    let bus = bus(options.pcap.as_deref(), options.trace.as_deref(), Box::new(port))?;
    let (result, recorded) = match options.pty.as_deref() {
        Some(link) => {
            let mut host = terminal::paced(bus)?;
            host.narrate(Box::new(|line| println!("{line}")));
            (terminal::serve(options, &mut host, link), host.with_bus(Bus::finish_recording))
        }
        None => {
            let mut host = Host::new(bus);
            (work(options, &mut host), host.with_bus(Bus::finish_recording))
        }
    };
    let recorded = recorded.map_err(|error| format!("recording: {error}"));
    // The device has heard Goodbye: the host is gone, and the bus with it.
    match result {
        Ok(()) => recorded,
        Err(error @ HostError::Port(_)) => Err(process.explain(error.to_string())),
        Err(error) => Err(error.to_string()),
    }
}

/// A bus with its recordings.
pub fn bus(pcap: Option<&Path>, trace: Option<&Path>, port: Box<dyn Port>) -> Result<Bus, String> {
    let create = |path: &Path| match File::create(path) {
        Ok(file) => Ok(Box::new(BufWriter::new(file))),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    let mut bus = Bus::new(port);
    if let Some(path) = trace {
        bus.record_trace(create(path)?);
    }
    if let Some(path) = pcap {
        bus.record_pcap(create(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(bus)
}

fn work(options: &Run, host: &mut Host<Bus>) -> Result<(), HostError> {
    let time = BusTime::from_millis(options.seconds.saturating_mul(1_000));
    if options.unplugged {
        host.unplug()?;
        host.run_for(time)?;
        println!("{} s without a host: the device lives", options.seconds);
        return Ok(());
    }
    host.narrate(Box::new(|line| println!("{line}")));
    let device = host.enumerate(time)?;
    let end = host.now() + time;
    match options.host {
        Driver::None => Ok(()),
        Driver::Keyboard => keyboard(options, host, &device, end),
        Driver::Serial => serial(options, host, &device, end),
        Driver::Echo => echo(options, host, &device, time),
        Driver::Auto => while_it_comes_back(options, host, device, end),
    }
}

/// A board shows its built-in functions first if its program takes long to start, and then comes back with the program's:
/// looks at the device anew each time, as a computer does.
fn while_it_comes_back(options: &Run, host: &mut Host<Bus>, first: Enumerated, end: BusTime) -> Result<(), HostError> {
    let mut found = Ok(first);
    loop {
        match found.and_then(|device| auto::run(options, host, &device, end)) {
            Err(error) if error.is_detached() && host.now() < end => {
                println!("the device has left the bus");
                let left = end.since(host.now());
                found = host.enumerate(left);
            }
            result => return result,
        }
    }
}

pub fn show(text: &str) {
    print!("{text}");
    // Output that nobody reads is no reason to stop.
    let _ = std::io::stdout().flush();
}

pub fn not_received(line: &str, got: &str, options: &Run) -> HostError {
    let seconds = options.seconds;
    HostError::Unsuitable(format!("the line {line:?} was not received within {seconds} s; received: {got:?}"))
}

pub fn interfaces(device: &Enumerated, fits: impl Fn(&Interface) -> bool) -> Vec<u8> {
    let all = device.configuration.interfaces.iter();
    all.filter(|interface| interface.alternate == 0 && fits(interface)).map(|interface| interface.number).collect()
}

fn first(device: &Enumerated, what: &str, found: &[u8]) -> Result<u8, HostError> {
    found.first().copied().ok_or_else(|| {
        let count = device.configuration.interfaces.len();
        HostError::Unsuitable(format!("none of the {count} interfaces is {what}"))
    })
}

fn keyboard(options: &Run, host: &mut Host<Bus>, device: &Enumerated, end: BusTime) -> Result<(), HostError> {
    let found = interfaces(device, HidDevice::fits);
    let interface = first(device, "a keyboard (class 03, with an interrupt IN endpoint)", &found)?;
    let mut keyboard = Keyboard::open(host, interface)?;
    println!("keyboard on interface {interface}; typed:");
    let mut typed = String::new();
    while host.now() < end {
        let text = keyboard.poll(host)?;
        show(&text);
        typed += &text;
        if options.line.as_ref().is_some_and(|line| typed.contains(line.as_str())) {
            break;
        }
        host.run_for(TURN)?;
    }
    if !typed.ends_with('\n') {
        println!();
    }
    match &options.line {
        Some(line) if !typed.contains(line.as_str()) => Err(not_received(line, &typed, options)),
        _ => Ok(()),
    }
}

fn serial(options: &Run, host: &mut Host<Bus>, device: &Enumerated, end: BusTime) -> Result<(), HostError> {
    let found = interfaces(device, Serial::fits);
    let interface = first(device, "a serial port (class 02, subclass 02)", &found)?;
    let mut port = Serial::open(host, interface)?;
    println!("serial port on interface {interface}; received:");
    if let Some(line) = &options.line {
        let left = end.since(host.now());
        port.write(host, format!("{line}\r").as_bytes(), left)?;
    }
    let mut received = String::new();
    while host.now() < end {
        let text = String::from_utf8_lossy(&port.poll(host)?).into_owned();
        show(&text);
        received += &text;
        if options.line.as_ref().is_some_and(|line| received.contains(line.as_str())) {
            break;
        }
        host.run_for(TURN)?;
    }
    println!();
    match &options.line {
        Some(line) if !received.contains(line.as_str()) => Err(not_received(line, &received, options)),
        _ => Ok(()),
    }
}

/// The addresses of an interface's first bulk endpoints, OUT and IN, if it has both.
pub fn bulk_pair(interface: &Interface) -> Option<(u8, u8)> {
    let mut bulk = interface.endpoints.iter().filter(|one| one.transfer_type == TransferType::Bulk);
    let output = bulk.clone().find(|one| !one.is_in())?;
    Some((output.address, bulk.find(|one| one.is_in())?.address))
}

pub fn echo(options: &Run, host: &mut Host<Bus>, device: &Enumerated, time: BusTime) -> Result<(), HostError> {
    let line = options.line.as_deref().unwrap_or("echo");
    let settings = || device.configuration.interfaces.iter().filter(|one| one.alternate == 0);
    // A vendor's interface first: the data interface of a serial port has a bulk pair too.
    let candidates = settings().filter(|one| one.class[0] == VENDOR).chain(settings());
    let pair = candidates.into_iter().find_map(|one| bulk_pair(one).map(|(output, input)| (one.number, output, input)));
    let Some((interface, output, input)) = pair else {
        return Err(HostError::Unsuitable("no interface has a bulk OUT and a bulk IN endpoint".to_owned()));
    };
    println!("echo on interface {interface}, endpoints 0x{output:02x} and 0x{input:02x}");
    let reading = host.submit_read(input, line.len());
    host.write(output, line.as_bytes(), false, time)?;
    let back = host.wait(reading, time)?.data;
    if back == line.as_bytes() {
        println!("sent and received: {line}");
        Ok(())
    } else {
        Err(not_received(line, &String::from_utf8_lossy(&back), options))
    }
}
