//! Drivers for everything that the descriptors show, side by side.

use std::io::Write;

use usb_simulator::bus::Bus;
use usb_simulator::class::bos;
use usb_simulator::class::cdc::Serial;
use usb_simulator::class::hid_device::HidDevice;
use usb_simulator::class::keyboard::Keyboard;
use usb_simulator::class::midi::Midi;
use usb_simulator::class::mouse::Mouse;
use usb_simulator::class::storage::Storage;
use usb_simulator::host::{Enumerated, Host, HostError};
use usb_simulator::time::BusTime;

use super::Run;
use super::disks;
use super::midi::Player;
use super::mouse::Watcher;
use super::run::{TURN, bulk_pair, echo, interfaces, not_received};
use super::stream::Stream;

/// A driver that tells in words what it sees.
pub trait Observer {
    /// What is new, a line each. Does not wait. `last`: this is the last call.
    fn poll(&mut self, host: &mut Host<Bus>, last: bool) -> Result<Vec<String>, HostError>;
}

/// The drivers of one device.
#[derive(Default)]
struct Drivers {
    keyboards: Vec<Keyboard>,
    ports: Vec<(u8, Serial)>,
    observers: Vec<Box<dyn Observer>>,
    names: Vec<String>,
}

impl Drivers {
    fn open(options: &Run, host: &mut Host<Bus>, device: &Enumerated) -> Result<Self, HostError> {
        let mut drivers = Self::default();
        let mut mice = 0;
        for interface in interfaces(device, HidDevice::fits) {
            match HidDevice::open(host, interface) {
                Ok(hid) if Mouse::fits(hid.descriptor()) && !says_keyboard(device, interface) => {
                    drivers.observers.push(Box::new(Watcher::new(Mouse::new(hid)?)));
                    mice += 1;
                }
                Ok(hid) => match Keyboard::new(hid) {
                    Ok(keyboard) => drivers.keyboards.push(keyboard),
                    // A keyboard that says so must describe itself well, and have keys where a line is awaited.
                    Err(HostError::NoKeys(reason)) if options.line.is_none() || !says_keyboard(device, interface) => {
                        println!("left alone: {reason}");
                    }
                    Err(error) => return Err(error),
                },
                Err(HostError::Unsuitable(reason)) if !says_keyboard(device, interface) => {
                    println!("left alone: {reason}");
                }
                Err(error) => return Err(error),
            }
        }
        for interface in interfaces(device, Serial::fits) {
            drivers.ports.push((interface, Serial::open(host, interface)?));
        }
        let instruments = interfaces(device, Midi::fits);
        for interface in &instruments {
            drivers.observers.push(Box::new(Player::new(Midi::open(host, *interface)?)));
        }
        let streams = Stream::all(device);
        drivers.names.push(format!("{} keyboard(s)", drivers.keyboards.len()));
        drivers.names.push(format!("{} serial port(s)", drivers.ports.len()));
        let others = [
            (mice, "mouse", "mice"),
            (instruments.len(), "MIDI instrument", "MIDI instruments"),
            (streams.len(), "stream", "streams"),
        ];
        for (count, one, more) in others.into_iter().filter(|(count, ..)| *count > 0) {
            drivers.names.push(format!("{count} {}", if count == 1 { one } else { more }));
        }
        drivers.observers.extend(streams.into_iter().map(|stream| Box::new(stream) as Box<dyn Observer>));
        Ok(drivers)
    }

    fn is_empty(&self) -> bool {
        self.keyboards.is_empty() && self.ports.is_empty() && self.observers.is_empty()
    }

    /// Text from keyboards and serial ports since the last call.
    fn text(&mut self, host: &mut Host<Bus>) -> Result<String, HostError> {
        let mut text = String::new();
        for keyboard in &mut self.keyboards {
            text += &keyboard.poll(host)?;
        }
        for (_, port) in &mut self.ports {
            text += &String::from_utf8_lossy(&port.poll(host)?);
        }
        Ok(text)
    }
}

fn says_keyboard(device: &Enumerated, interface: u8) -> bool {
    device.configuration.setting(interface, 0).is_some_and(|setting| setting.class == [3, 1, 1])
}

/// What has been shown: text as it came, with lines of the observers between.
#[derive(Default)]
struct Screen {
    text: String,
    in_line: bool,
}

impl Screen {
    fn text(&mut self, text: &str) {
        print!("{text}");
        // Output that nobody reads is no reason to stop.
        let _ = std::io::stdout().flush();
        self.text += text;
        if !text.is_empty() {
            self.in_line = !text.ends_with('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.end_line();
        println!("{line}");
    }

    fn end_line(&mut self) {
        if self.in_line {
            println!();
        }
        self.in_line = false;
    }
}

/// English, United States: which language it is makes no difference to MicroPython.
const LANGUAGE: u16 = 0x0409;
/// iInterface of MicroPython's own serial port says this.
const PROMPT: &str = "Board CDC";
const NOBODY: &str = "nothing in the device types a line or sends one back: its one serial port is MicroPython's own, whose \
prompt shows everything that it is sent";

/// The one bulk pair that could send a line back is that of the prompt, which does so whatever the program is.
fn has_only_the_prompt(host: &mut Host<Bus>, device: &Enumerated) -> Result<bool, HostError> {
    let pairs = interfaces(device, |one| one.alternate == 0 && !Storage::fits(one) && bulk_pair(one).is_some());
    let ports = interfaces(device, Serial::fits);
    let ([_], [port]) = (pairs.as_slice(), ports.as_slice()) else { return Ok(false) };
    let string = device.configuration.setting(*port, 0).map_or(0, |setting| setting.string);
    Ok(string != 0 && host.read_string(string, LANGUAGE)? == PROMPT)
}

pub fn run(options: &Run, host: &mut Host<Bus>, device: &Enumerated, end: BusTime) -> Result<(), HostError> {
    for line in device.bos.iter().map(|bos| bos::explore(host, bos)).collect::<Result<Vec<_>, _>>()?.concat() {
        println!("{line}");
    }
    let mut drivers = Drivers::open(options, host, device)?;
    println!("drivers: {}", drivers.names.join(", "));
    // With no keyboard to type it, the line goes out and has to come back: through the last serial port, which is the
    // program's own where there are two, or else through a bulk pair.
    if let Some(line) = options.line.as_ref().filter(|_| drivers.keyboards.is_empty()) {
        let left = end.since(host.now());
        match drivers.ports.as_mut_slice() {
            [_, .., (interface, port)] => {
                println!("sent to the serial port on interface {interface}: {line}");
                port.write(host, line.as_bytes(), left)?;
            }
            _ if has_only_the_prompt(host, device)? => {
                // The program's own device may be yet to come.
                let has_left = host.run_until(left, |bus| !bus.is_attached())?;
                return Err(if has_left { HostError::Detached } else { HostError::Unsuitable(NOBODY.to_owned()) });
            }
            _ => return echo(options, host, device, left),
        }
    }
    for interface in interfaces(device, Storage::fits) {
        disks::show(host, interface)?;
    }
    let mut screen = Screen::default();
    let mut last = drivers.is_empty();
    while !last {
        host.run_for(TURN)?;
        screen.text(&drivers.text(host)?);
        last = host.now() >= end || options.line.as_ref().is_some_and(|line| screen.text.contains(line.as_str()));
        for observer in &mut drivers.observers {
            for line in observer.poll(host, last)? {
                screen.line(&line);
            }
        }
    }
    screen.end_line();
    match &options.line {
        Some(line) if !screen.text.contains(line.as_str()) => Err(not_received(line, &screen.text, options)),
        _ => Ok(()),
    }
}
