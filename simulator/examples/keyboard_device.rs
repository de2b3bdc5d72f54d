//! A device process in Rust: a keyboard made of tables that types a text, behind the link that `usbsim run` gives it.
//!
//! ```text
//! usbsim run --host keyboard --line 'Hello' --device target/debug/examples/keyboard_device 'Hello'
//! ```
//!
//! A second argument makes it misbehave: `lie` (wTotalLength is wrong), `report` (the report descriptor is cut), `die`
//! (the process ends after some time), `absent` (the pull-up stays off).

use std::env;
use std::error::Error;

use usb_simulator::class::layout;
use usb_simulator::link::Server;
use usb_simulator::port::{Port, PortError, Reply, Transaction};
use usb_simulator::scripted::Scripted;
use usb_simulator::time::BusTime;

const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 0x8a, 0x2e, 5, 0, 0, 1, 1, 2, 3, 1];
const CONFIGURATION: [u8; 34] = [
    9, 2, 34, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 1, 3, 1, 1, 0, 9, 0x21, 0x11, 1, 0, 1, 0x22, 43, 0, 7, 5, 0x81, 3, 8,
    0, 8,
];
const REPORT: [u8; 43] = [
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95,
    0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x19, 0x00,
    0x29, 0x65, 0x81, 0x00, 0xc0,
];
/// Typing begins when enumeration is over.
const BEGIN: BusTime = BusTime::from_millis(400);

/// Ends the process, with a message, at some time.
struct Dying(Scripted);

impl Port for Dying {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        if until > BEGIN {
            eprintln!("Traceback: the device program has met an exception");
            std::process::exit(3);
        }
        self.0.run_until(until)
    }
    fn changes(&self) -> u64 {
        self.0.changes()
    }
    fn pull_up(&self) -> bool {
        self.0.pull_up()
    }
    fn resume_requested(&self) -> bool {
        self.0.resume_requested()
    }
    fn reset(&mut self, start: BusTime, end: BusTime) -> Result<(), PortError> {
        self.0.reset(start, end)
    }
    fn suspend(&mut self, at: BusTime) -> Result<(), PortError> {
        self.0.suspend(at)
    }
    fn resume(&mut self, at: BusTime) -> Result<(), PortError> {
        self.0.resume(at)
    }
    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError> {
        self.0.start_of_frame(at, frame)
    }
    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        self.0.transaction(transaction)
    }
}

fn typing(text: &str) -> Vec<(BusTime, u8, Vec<u8>)> {
    let mut timeline = Vec::new();
    for wanted in text.chars() {
        let press = (4..0x39u8).flat_map(|usage| [(usage, false), (usage, true)]);
        let found = press.into_iter().find(|(usage, shift)| layout::character(*usage, *shift, false) == Some(wanted));
        if let Some((usage, shift)) = found {
            timeline.push((BEGIN, 0x81, vec![if shift { 2 } else { 0 }, 0, usage, 0, 0, 0, 0, 0]));
            timeline.push((BEGIN, 0x81, vec![0; 8]));
        }
    }
    timeline
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let text = arguments.next().unwrap_or_default();
    let fault = arguments.next().unwrap_or_default();
    let mut device = Scripted::new(&DEVICE, &CONFIGURATION).with(|device| {
        device.strings = ["Scripted", "Keyboard", "1"].map(str::to_owned).to_vec();
        device.answers.push((0x81, 6, 0x2200, 0, REPORT.to_vec()));
        device.timeline = typing(&text);
    });
    match fault.as_str() {
        "lie" => device.configuration[2] = 40,
        "report" => device.answers[0].4[42] = 0x05,
        "absent" => device.attach_at = BusTime::from_millis(u64::MAX),
        _ => {}
    }
    let Some(mut server) = Server::from_environment("scripted keyboard")? else {
        return Err("start me with usbsim run --device".into());
    };
    if fault == "die" {
        server.serve(&mut Dying(device))?
    } else {
        server.serve(&mut device)?
    }
    Ok(())
}
