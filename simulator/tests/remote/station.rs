//! A server in a thread of the test, with a device made of tables that the test can look into.

#![allow(dead_code, reason = "each test uses its part of it")]

use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use usb_simulator::bus::Bus;
use usb_simulator::port::{Port, PortError, Reply, Transaction};
use usb_simulator::scripted::Scripted;
use usb_simulator::station::server::{Listener, Server, Session, Welcome};
use usb_simulator::station::{Pace, Station};
use usb_simulator::time::BusTime;
use usb_simulator::usbip::UsbipSession;
use usb_simulator::usbredir::RedirSession;

/// The device, seen from the test's thread.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Scripted>>, Arc<AtomicBool>);

impl Shared {
    pub fn new(device: Scripted) -> Self {
        Self(Arc::new(Mutex::new(device)), Arc::new(AtomicBool::new(true)))
    }

    pub fn with<R>(&self, act: impl FnOnce(&mut Scripted) -> R) -> R {
        act(&mut self.0.lock().unwrap())
    }

    /// The device switches its pull-up.
    pub fn pull_up(&self, on: bool) {
        self.1.store(on, Ordering::SeqCst);
    }
}

impl Port for Shared {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        self.with(|device| device.run_until(until))
    }
    fn changes(&self) -> u64 {
        self.with(|device| device.changes())
    }
    fn pull_up(&self) -> bool {
        self.1.load(Ordering::SeqCst) && self.with(|device| device.pull_up())
    }
    fn resume_requested(&self) -> bool {
        self.with(|device| device.resume_requested())
    }
    fn reset(&mut self, start: BusTime, end: BusTime) -> Result<(), PortError> {
        self.with(|device| device.reset(start, end))
    }
    fn suspend(&mut self, at: BusTime) -> Result<(), PortError> {
        self.with(|device| device.suspend(at))
    }
    fn resume(&mut self, at: BusTime) -> Result<(), PortError> {
        self.with(|device| device.resume(at))
    }
    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError> {
        self.with(|device| device.start_of_frame(at, frame))
    }
    fn cable(&mut self, at: BusTime, plugged: bool) -> Result<(), PortError> {
        self.with(|device| device.cable(at, plugged))
    }
    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        self.with(|device| device.transaction(transaction))
    }
}

/// A running server; it ends with the value.
pub struct Running {
    /// Where it listens, if on a Unix socket.
    pub path: PathBuf,
    pub said: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A name for a file that no other test has.
pub fn temporary(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    std::env::temp_dir().join(format!("usbsim-test-{}-{count}-{name}", std::process::id()))
}

/// Serves usb-redir with that device.
pub fn redir(device: &Shared, pcap: Option<PathBuf>) -> Running {
    let path = temporary("redir");
    let listener = Listener::Unix(UnixListener::bind(&path).unwrap());
    let start = move || {
        (listener, Box::new(|client| -> Box<dyn Session> { Box::new(RedirSession::new(client)) }) as Welcome, true)
    };
    serve(device, path, pcap, start)
}

/// Serves USB/IP with that device, on a port of this machine that was free.
pub fn usbip(device: &Shared) -> (Running, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = Listener::Tcp(listener);
    let start = move || {
        (listener, Box::new(|client| -> Box<dyn Session> { Box::new(UsbipSession::new(client)) }) as Welcome, false)
    };
    (serve(device, PathBuf::new(), None, start), address)
}

fn serve(
    device: &Shared,
    path: PathBuf,
    pcap: Option<PathBuf>,
    start: impl FnOnce() -> (Listener, Welcome, bool) + Send + 'static,
) -> Running {
    let (stop, said) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let (ends, heard, device) = (stop.clone(), said.clone(), device.clone());
    let thread = std::thread::spawn(move || {
        let mut bus = Bus::new(Box::new(device));
        if let Some(path) = pcap {
            bus.record_pcap(Box::new(std::fs::File::create(path).unwrap())).unwrap();
        }
        let mut station = Station::new(bus, Pace::Wall);
        let (listener, welcome, follows_holder) = start();
        if follows_holder {
            station.follow_holder().unwrap();
        }
        let say = Box::new(move |text: &str| heard.lock().unwrap().push(text.to_owned()));
        let mut server = Server::new(station, listener, welcome, say).unwrap();
        server.run(|| ends.load(Ordering::SeqCst)).unwrap();
    });
    Running { path, said, stop, thread: Some(thread) }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server has panicked");
        }
        let _ = std::fs::remove_file(&self.path);
    }
}
