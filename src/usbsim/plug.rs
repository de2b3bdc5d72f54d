//! The bus at the end of this process's cable.

use std::cell::RefCell;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use port_unix::BusEnd;
use usb_simulator::bus::Bus;
use usb_simulator::link::{ENVIRONMENT, LinkError, RemotePort, Server};
use usb_simulator::port::Port;
use usb_simulator::time::BusTime;

use crate::usb_device::controller::WIRE;

/// Where the cable ends.
enum Plug {
    /// Nowhere: no bus, and the clock is the machine's.
    Nowhere,
    /// At a bus of this process.
    Bus(Box<Bus>),
    /// At the bus of another process.
    Link(Box<Link>),
}

/// The device's end of a link.
struct Link {
    server: Server,
    port: BusEnd,
}

thread_local! {
    /// Only the main thread plugs anything in, so only its value is ever more than `Nowhere`.
    static PLUG: RefCell<Plug> = const { RefCell::new(Plug::Nowhere) };
}

/// Bus time in nanoseconds plus one; 0 while there is no bus. For every thread to read.
static CLOCK: AtomicU64 = AtomicU64::new(0);

/// An interrupt gave the interpreter something to do.
static WORK: AtomicBool = AtomicBool::new(false);

/// Notes that an interrupt gave the interpreter something to do: whoever waits returns and lets it.
pub(crate) fn note_work() {
    WORK.store(true, Ordering::Relaxed);
}

/// Bus time in nanoseconds; `None` while there is no bus.
pub(crate) fn now() -> Option<u64> {
    CLOCK.load(Ordering::Relaxed).checked_sub(1)
}

fn set_now(time: BusTime) {
    let nanos = time.nanos().saturating_add(1).max(CLOCK.load(Ordering::Relaxed));
    CLOCK.store(nanos, Ordering::Relaxed);
}

/// Makes a bus in this process and plugs the device in; the clock is virtual from now on. Does nothing the second time.
/// False when the device is plugged in elsewhere.
pub(super) fn make_bus() -> bool {
    PLUG.with_borrow_mut(|plug| match plug {
        Plug::Nowhere => {
            *plug = bus_of(Box::new(BusEnd::on(&WIRE)));
            true
        }
        Plug::Bus(_) => true,
        Plug::Link(_) => false,
    })
}

fn bus_of(port: Box<dyn Port>) -> Plug {
    let bus = Box::new(Bus::new(port));
    set_now(bus.now());
    Plug::Bus(bus)
}

/// Starts a program that is a device, and plugs that into a bus of this process. Errors are text.
pub(super) fn start(command: &str) -> Result<(), String> {
    if !PLUG.with_borrow(|plug| matches!(plug, Plug::Nowhere)) {
        return Err("there is a device on the bus already".to_owned());
    }
    // Its messages go where this process's go. It ends when the link does.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).env(ENVIRONMENT, "stdio").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = shell.spawn().map_err(|error| format!("sh: {error}"))?;
    let (Some(output), Some(input)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(format!("{command}: it has no pipes"));
    };
    let port = RemotePort::new(Box::new(input), Box::new(output)).map_err(|error| format!("{command}: {error}"))?;
    PLUG.with_borrow_mut(|plug| *plug = bus_of(Box::new(port)));
    Ok(())
}

/// Plugs the device into the bus of the process that listens on the Unix socket `path`.
///
/// # Errors
/// Nobody listens there, or it is not a bus.
pub(crate) fn open_link(path: &str) -> Result<(), LinkError> {
    let server = Server::over(UnixStream::connect(path)?, "MicroPython on unix")?;
    PLUG.with_borrow_mut(|plug| {
        set_now(BusTime::ZERO);
        *plug = Plug::Link(Box::new(Link { server, port: BusEnd::on(&WIRE) }));
    });
    Ok(())
}

impl Link {
    /// Lets time pass from `now` towards `until`, as far as the other process grants it.
    fn step(&mut self, now: BusTime, until: BusTime) -> Result<BusTime, LinkError> {
        self.server.advance(&mut self.port, now)?;
        if self.port.irq() && !crate::seam::interrupts_are_off() {
            // Something came: the interrupt handler answers it before time passes.
            return Ok(now);
        }
        self.server.sleep(&mut self.port, now, until)
    }
}

/// Lends this process's bus; `None` when there is none.
pub(super) fn with_bus<R>(act: impl FnOnce(&mut Bus) -> R) -> Option<R> {
    let result = PLUG.with_borrow_mut(|plug| match plug {
        Plug::Bus(bus) => {
            let result = act(bus);
            set_now(bus.now());
            Some(result)
        }
        Plug::Nowhere | Plug::Link(_) => None,
    });
    serve_interrupts();
    result
}

/// Lets bus time pass up to `until`, or until an interrupt gave the interpreter something to do. Returns the time reached.
///
/// # Errors
/// The link to the other process is gone.
pub(crate) fn run_until(until: BusTime) -> Result<(), LinkError> {
    WORK.store(false, Ordering::Relaxed);
    loop {
        let now = BusTime::from_nanos(now().unwrap_or(0));
        let reached = PLUG.with_borrow_mut(|plug| match plug {
            Plug::Nowhere => Ok(until),
            // The bus ends with its port, if that is another process.
            Plug::Bus(bus) => bus.step(until).map_err(|error| LinkError::Refused(error.to_string())),
            Plug::Link(link) => link.step(now, until),
        })?;
        set_now(reached);
        serve_interrupts();
        if reached >= until || WORK.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
}

/// Runs the device's interrupt handler while the controller asks for it and the program lets it.
fn serve_interrupts() {
    while WIRE.irq() && !crate::seam::interrupts_are_off() {
        crate::seam::interrupt();
    }
}
