//! The device's serial port as a pseudo-terminal: what Linux's cdc-acm does between `/dev/ttyACM0` and the bus.
//!
//! DTR is up while a client has the terminal open. The terminal outlives the device: it stays when the device leaves the
//! bus, and what clients write meanwhile waits for it to come back. With `--hang-up` it goes with the device and comes
//! back with it, as on Linux.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use usb_simulator::bus::urb::{Status, UrbId};
use usb_simulator::bus::{Bus, BusEvent};
use usb_simulator::class::cdc::{LineCoding, Serial};
use usb_simulator::class::hid_device::HidDevice;
use usb_simulator::class::keyboard::Keyboard;
use usb_simulator::host::{BusAccess, Enumerated, Failure, Host, HostError};
use usb_simulator::time::BusTime;

use super::Run;
use super::paced::Paced;
use super::pty::Pty;
use super::run::{TURN, interfaces, show};

/// How long a device may take to enumerate once it is there.
const ATTACH: BusTime = BusTime::from_millis(1_000);
/// Bytes in one OUT transfer, and how many are queued: enough to fill frames, little enough that the client waits when
/// the device does not read.
const PIECE: usize = 2048;
const PIECES: usize = 2;
/// Bytes from the device that wait for the client, at least, before the device is read no more (Linux: 64 KiB of a tty's
/// buffer). A device drops output when nobody has read it for half a second, which a busy machine does to its programs.
const UNREAD: usize = 65_536;
/// How long the last client's bytes may take when it has gone (Linux: closing_wait, 30 s).
const CLOSING_WAIT: BusTime = BusTime::from_millis(30_000);

/// Serves the terminal until somebody presses Ctrl-C (which is no error) or the device program ends.
pub fn serve(options: &Run, host: &mut Host<Paced>, link: &Path) -> Result<(), HostError> {
    let mut terminal = if options.hang_up { None } else { Some(Terminal::new(link)?) };
    loop {
        match attend(host, link, &mut terminal) {
            Err(HostError::Interrupted) => return Ok(()),
            Err(error @ (HostError::Port(_) | HostError::Usage(_))) => return Err(error),
            Err(error) if !is_departure(&error) => println!("{error}"),
            Ok(()) | Err(_) => println!("the device has left the bus"),
        }
        match &mut terminal {
            Some(terminal) if !options.hang_up => terminal.take_back(host),
            _ => terminal = None,
        }
        match host.run_until(BusTime::NEVER, |bus| !bus.is_attached() || has_left(bus)) {
            Err(HostError::Interrupted) => return Ok(()),
            other => other?,
        };
    }
}

/// The host that [`serve`] wants: paced to the wall clock, and ended by the signals that end programs.
pub fn paced(bus: Bus) -> Result<Host<Paced>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|error| format!("signal {signal}: {error}"))?;
    }
    Ok(Host::new(Paced::new(bus, stop)))
}

/// One stay of the device on the bus.
fn attend(host: &mut Host<Paced>, link: &Path, terminal: &mut Option<Terminal>) -> Result<(), HostError> {
    host.run_until(BusTime::NEVER, |bus| bus.is_attached())?;
    let device = host.enumerate(ATTACH)?;
    // The pull-up may have come and gone before it was stable; a departure since then would have failed a request.
    host.with_bus(Bus::take_events);
    let mut keyboards = open_keyboards(host, &device)?;
    let port = interfaces(&device, Serial::fits).first().copied();
    match port {
        Some(interface) => println!("serial port on interface {interface}, {} keyboard(s)", keyboards.len()),
        None => println!("no serial port, {} keyboard(s)", keyboards.len()),
    }
    if terminal.is_none() && port.is_some() {
        *terminal = Some(Terminal::new(link)?);
    }
    while !host.with_bus(has_left) {
        if let (Some(interface), Some(terminal)) = (port, terminal.as_mut()) {
            terminal.turn(host, interface)?;
        }
        for keyboard in &mut keyboards {
            show(&keyboard.poll(host)?);
        }
        host.run_for(TURN)?;
    }
    Ok(())
}

/// Every HID interface that has keys.
fn open_keyboards(host: &mut Host<Paced>, device: &Enumerated) -> Result<Vec<Keyboard>, HostError> {
    let mut keyboards = Vec::new();
    for interface in interfaces(device, HidDevice::fits) {
        match HidDevice::open(host, interface).and_then(Keyboard::new) {
            Ok(keyboard) => keyboards.push(keyboard),
            Err(HostError::NoKeys(reason) | HostError::Unsuitable(reason)) => println!("left alone: {reason}"),
            Err(error) => return Err(error),
        }
    }
    Ok(keyboards)
}

fn has_left(bus: &mut Bus) -> bool {
    bus.take_events().iter().any(|(_, event)| *event == BusEvent::Detach)
}

fn is_departure(error: &HostError) -> bool {
    let detached = Failure::Ended(Status::Detached);
    matches!(error, HostError::Detached) || matches!(error, HostError::Transfer { failure, .. } if *failure == detached)
}

fn refused(error: std::io::Error) -> HostError {
    HostError::Usage(format!("the pseudo-terminal failed: {error}"))
}

struct Terminal {
    pty: Pty,
    port: Option<Serial>,
    /// What the device was told last.
    coding: LineCoding,
    /// On its way to the device, in order.
    sending: VecDeque<(UrbId, Vec<u8>)>,
    /// Written by a client, not yet queued: what a device that has left did not take.
    unsent: VecDeque<Vec<u8>>,
    /// From the device; the client has had no room for it.
    unread: Vec<u8>,
    /// Since when the last client is gone while its bytes are on their way.
    closing: Option<BusTime>,
}

impl Terminal {
    fn new(link: &Path) -> Result<Self, HostError> {
        let pty = Pty::new(link).map_err(HostError::Usage)?;
        println!("serial port: {}, also {}", link.display(), pty.path().display());
        let coding = pty.line_coding().map_err(refused)?;
        Ok(Self {
            pty,
            port: None,
            coding,
            sending: VecDeque::new(),
            unsent: VecDeque::new(),
            unread: Vec::new(),
            closing: None,
        })
    }

    fn turn<B: BusAccess>(&mut self, host: &mut Host<B>, interface: u8) -> Result<(), HostError> {
        let in_use = self.pty.in_use().map_err(refused)?;
        let coding = self.pty.line_coding().map_err(refused)?;
        // Settings that have changed while it was closed: somebody has opened and closed it since the last look.
        if self.port.is_none() && (in_use || coding != self.coding || !self.unsent.is_empty()) {
            self.port = Some(Serial::open(host, interface)?);
            self.coding = LineCoding::new(115_200);
        }
        let Some(port) = &mut self.port else { return Ok(()) };
        if coding != self.coding {
            port.set_line_coding(host, coding)?;
            self.coding = coding;
        }
        if self.unread.len() < UNREAD {
            self.unread.extend(port.poll(host)?);
        }
        if in_use && !self.unread.is_empty() {
            let taken = self.pty.write(&self.unread).map_err(refused)?;
            self.unread.drain(..taken);
        }
        self.send(host)?;
        if in_use {
            self.closing = None;
            return Ok(());
        }
        let now = host.now();
        let since = *self.closing.get_or_insert(now);
        if self.sending.is_empty() || now.since(since) > CLOSING_WAIT {
            self.close(host)?;
        }
        Ok(())
    }

    fn send<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<(), HostError> {
        let Some(port) = &self.port else { return Ok(()) };
        while let Some(id) = self.sending.front().map(|(id, _)| *id) {
            if !host.with_bus(|bus| bus.is_finished(id)) {
                break;
            }
            let Some((id, bytes)) = self.sending.pop_front() else { break };
            let done = host.with_bus(|bus| bus.take(id));
            if let Some(done) = done.filter(|done| done.status != Status::Done) {
                self.unsent.push_front(bytes[done.actual.min(bytes.len())..].to_vec());
                let what = "OUT transfer of the serial port".to_owned();
                let failure = Failure::Ended(done.status);
                return Err(HostError::Transfer { what, stage: None, failure, partial: Vec::new() });
            }
        }
        while self.sending.len() < PIECES {
            let bytes = match self.unsent.pop_front() {
                Some(bytes) => bytes,
                None => self.pty.read(PIECE).map_err(refused)?,
            };
            if bytes.is_empty() {
                break;
            }
            self.sending.push_back((port.submit(host, &bytes), bytes));
        }
        Ok(())
    }

    /// Nobody has the terminal open any more: DTR falls, and what the device still says is for the next client.
    fn close<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<(), HostError> {
        self.closing = None;
        self.unread.clear();
        self.unsent.clear();
        for (id, _) in self.sending.drain(..) {
            host.cancel(id);
        }
        if let Some(port) = self.port.take() {
            port.close(host)?;
        }
        Ok(())
    }

    /// The device is gone: what it had said before is the client's, what it did not take waits for its return.
    fn take_back<B: BusAccess>(&mut self, host: &mut Host<B>) {
        if let Some(mut port) = self.port.take() {
            while let Ok(bytes) = port.poll(host)
                && !bytes.is_empty()
            {
                self.unread.extend(bytes);
            }
        }
        for (id, bytes) in self.sending.drain(..).rev() {
            let taken = host.cancel(id).map_or(0, |done| done.actual);
            self.unsent.push_front(bytes[taken.min(bytes.len())..].to_vec());
        }
        self.unsent.retain(|bytes| !bytes.is_empty());
    }
}
