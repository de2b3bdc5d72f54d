//! A board that is plugged in, and the host's terminal on its built-in serial port.

use std::thread;

use usb_simulator::bus::{Bus, BusEvent};
use usb_simulator::class::cdc::Serial;
use usb_simulator::host::{Enumerated, Host, HostError};
use usb_simulator::time::BusTime;

use crate::DEVICE_MODULE;
use crate::process::Process;
use crate::target::Target;

/// How long the host waits for a board to appear on the bus.
const ATTACH: BusTime = BusTime::from_millis(5_000);
/// How long a board may take to accept what is sent to its serial port.
const SEND: BusTime = BusTime::from_millis(10_000);
/// How often it looks what has come from UART 0, in milliseconds.
const UART_TURN: u64 = 10;
/// What of the conversation a failed test shows.
const SHOWN: usize = 6_000;

/// What is in the flash. The module [`DEVICE_MODULE`] always is.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// boot.py
    pub boot: Option<String>,
    /// main.py
    pub main: Option<String>,
    /// Other files: name and content.
    pub files: Vec<(&'static str, String)>,
}

impl Options {
    /// Nothing but boot.py.
    pub fn boot(source: impl Into<String>) -> Self {
        Self { boot: Some(source.into()), ..Self::default() }
    }

    /// Every file with its name.
    pub(crate) fn all_files(self) -> Vec<(&'static str, String)> {
        let mut files = self.files;
        files.push(("device.py", DEVICE_MODULE.to_owned()));
        files.extend(self.boot.map(|source| ("boot.py", source)));
        files.extend(self.main.map(|source| ("main.py", source)));
        files
    }

    /// Nothing but main.py.
    pub fn main(source: impl Into<String>) -> Self {
        Self { main: Some(source.into()), ..Self::default() }
    }
}

/// A board on a bus of its own.
pub struct Board {
    // Dropped in this order: the board ends when its bus goes.
    /// The host.
    pub host: Host<Bus>,
    process: Process,
    serial: Option<Serial>,
    /// What has come and was not asked for yet.
    unread: Vec<u8>,
    transcript: Vec<u8>,
    /// Attachments and detachments, oldest first.
    events: Vec<(BusTime, BusEvent)>,
}

impl Board {
    /// Starts a board. The host has not looked at it yet.
    pub fn start(options: Options) -> Self {
        let (process, port) = Process::start(&Target::from_environment(), &options.all_files());
        Self {
            host: Host::new(Bus::new(Box::new(port))),
            process,
            serial: None,
            unread: Vec::new(),
            transcript: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Starts a board, enumerates it and opens its serial port.
    pub fn open(options: Options) -> Self {
        let mut board = Self::start(options);
        board.enumerate();
        board.open_serial();
        board
    }

    /// Starts a board with empty flash and waits for the REPL.
    pub fn repl() -> Self {
        let mut board = Self::open(Options::default());
        board.prompt();
        board
    }

    // ---- The device on the bus

    /// Enumerates what is there or appears within a few seconds.
    pub fn enumerate(&mut self) -> Enumerated {
        self.lose_serial();
        let found = self.host.enumerate(ATTACH);
        found.unwrap_or_else(|error| panic!("enumeration: {error}"))
    }

    /// Enumerates and opens the serial port.
    pub fn reconnect(&mut self) -> Enumerated {
        let found = self.enumerate();
        self.open_serial();
        found
    }

    /// Lets time pass; nobody reads what comes.
    pub fn wait(&mut self, millis: u64) {
        self.host.run_for(BusTime::from_millis(millis)).expect("the bus");
    }

    /// Waits until the device has left the bus.
    pub fn wait_detached(&mut self, millis: u64) {
        let gone = self.host.run_until(BusTime::from_millis(millis), |bus| !bus.is_attached()).expect("the bus");
        assert!(gone, "the device is still attached after {millis} ms");
    }

    /// Attachments, detachments and wakeups up to now, oldest first.
    pub fn events(&mut self) -> &[(BusTime, BusEvent)] {
        let new = self.host.with_bus(Bus::take_events);
        self.events.extend(new);
        &self.events
    }

    /// The kinds of [`Board::events`].
    pub fn event_kinds(&mut self) -> Vec<BusEvent> {
        self.events().iter().map(|(_, event)| *event).collect()
    }

    /// The device left the bus at least once, and was away for 50 ms each time that it came back.
    pub fn check_detached_long_enough(&mut self) {
        let mut left = None;
        let mut seen = false;
        for &(at, event) in self.events() {
            match event {
                BusEvent::Detach => (left, seen) = (Some(at), true),
                BusEvent::Attach => {
                    if let Some(left) = left {
                        let away = at.since(left);
                        assert!(away >= BusTime::from_millis(50), "the device was away for {away} only");
                    }
                }
                BusEvent::Wakeup => {}
            }
        }
        assert!(seen, "the device never left the bus: {:?}", self.events());
    }

    // ---- The serial port

    /// Opens the built-in serial port: 115200 baud, DTR on, and reads from now on.
    pub fn open_serial(&mut self) {
        let interface = self.serial_interface();
        self.serial = Some(Serial::open(&mut self.host, interface).expect("the serial port opens"));
    }

    /// Drops DTR. What has come by then stays to be read.
    pub fn close_serial(&mut self) {
        if let Some(serial) = self.serial.take() {
            let rest = serial.close(&mut self.host).expect("the serial port closes");
            self.take(&rest);
        }
    }

    /// Takes what has come through a port that is no more.
    fn lose_serial(&mut self) {
        self.poll();
        self.serial = None;
    }

    /// The number of the serial port's communications interface.
    pub fn serial_interface(&self) -> u8 {
        let device = self.host.device().expect("an enumerated device");
        let found = device.configuration.interfaces.iter().find(|one| Serial::fits(one));
        found.expect("a serial port among the interfaces").number
    }

    fn take(&mut self, bytes: &[u8]) {
        self.unread.extend(bytes);
        self.transcript.extend(bytes);
    }

    fn poll(&mut self) {
        while let Some(serial) = &mut self.serial {
            match serial.poll(&mut self.host) {
                Ok(bytes) if bytes.is_empty() => return,
                Ok(bytes) => self.take(&bytes),
                Err(HostError::Transfer { .. }) => self.serial = None,
                Err(error) => panic!("the serial port: {error}"),
            }
        }
    }

    /// Lets time pass and reads; returns all that came and was not asked for before.
    pub fn read_for(&mut self, millis: u64) -> Vec<u8> {
        self.listen(millis);
        std::mem::take(&mut self.unread)
    }

    /// Lets time pass and reads; what comes stays to be asked for.
    pub fn listen(&mut self, millis: u64) {
        self.read_while(millis, |_| false);
    }

    /// Reads exactly `len` bytes.
    pub fn read_exactly(&mut self, len: usize, millis: u64) -> Vec<u8> {
        self.read_while(millis, |unread| unread.len() >= len);
        assert!(self.unread.len() >= len, "{} of {len} bytes came within {millis} ms", self.unread.len());
        let rest = self.unread.split_off(len);
        std::mem::replace(&mut self.unread, rest)
    }

    /// Reads up to and with `text`; returns what stood before it.
    pub fn expect(&mut self, text: &str, millis: u64) -> String {
        let place = |unread: &[u8]| unread.windows(text.len()).position(|window| window == text.as_bytes());
        self.read_while(millis, |unread| place(unread).is_some());
        let Some(at) = place(&self.unread) else {
            let shown = self.unread.len().saturating_sub(SHOWN);
            let came = String::from_utf8_lossy(&self.unread[shown..]);
            panic!("{text:?} did not come within {millis} ms, but {came:?}");
        };
        let rest = self.unread.split_off(at + text.len());
        let mut found = std::mem::replace(&mut self.unread, rest);
        found.truncate(at);
        String::from_utf8_lossy(&found).into_owned()
    }

    fn read_while(&mut self, millis: u64, enough: impl Fn(&[u8]) -> bool) {
        let end = self.host.now() + BusTime::from_millis(millis);
        loop {
            self.poll();
            let now = self.host.now();
            if enough(&self.unread) || now >= end {
                return;
            }
            // A turn ends early when a read has: the next one is queued at once then.
            let turn = BusTime::FRAME.min(end.since(now));
            self.host.run_for(turn).expect("the bus");
        }
    }

    /// Sends bytes and waits until the board has taken them.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let serial = self.serial.as_ref().expect("the serial port is open");
        let sent = serial.write(&mut self.host, bytes.as_ref(), SEND);
        sent.unwrap_or_else(|error| panic!("sending to the serial port: {error}"));
    }

    // ---- UART 0 of the emulated Pico, whose output is its standard error

    /// Types on UART 0. The board takes it as time goes on.
    pub fn send_to_uart(&mut self, bytes: impl AsRef<[u8]>) {
        self.process.send_to_uart(bytes.as_ref());
    }

    /// Lets time pass until the board has written `text` to UART 0.
    pub fn expect_on_uart(&mut self, text: &str, millis: u64) {
        let end = self.host.now() + BusTime::from_millis(millis);
        while !self.process_errors().contains(text) {
            assert!(self.host.now() < end, "{text:?} did not come within {millis} ms: {}", self.process_errors());
            self.wait(UART_TURN);
        }
    }

    /// What the board's process has written to its standard error.
    pub fn process_errors(&self) -> String {
        self.process.errors()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if thread::panicking() {
            let shown = self.transcript.len().saturating_sub(SHOWN);
            println!("---- on the serial port, the last {SHOWN} bytes at most:");
            println!("{}", String::from_utf8_lossy(&self.transcript[shown..]));
            println!("---- bus time {}, events {:?}", self.host.now(), self.events());
        }
    }
}
