//! A board whose host is elsewhere: served to a client of the test's by usb-redir or USB/IP.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use usb_simulator::bus::Bus;
use usb_simulator::station::server::{ClientId, Listener, Server, Session};
use usb_simulator::station::{Pace, Station};
use usb_simulator::usbip::UsbipSession;
use usb_simulator::usbredir::RedirSession;

use crate::board::Options;
use crate::process::Process;
use crate::target::Target;

/// A board that is served in a thread. It ends with the value, and well, or the test fails.
#[derive(Debug)]
pub struct Served {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// By usb-redir, on the socket.
    pub fn redir(options: Options) -> (Self, PathBuf) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("board-tests-redir-{}-{number}", std::process::id()));
        let listener = UnixListener::bind(&path).expect("a socket for the guest");
        let served = Self::start(options, Listener::Unix(listener), true, |id| Box::new(RedirSession::new(id)));
        (served, path)
    }

    /// By USB/IP, on a free port of this machine.
    pub fn usbip(options: Options) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port for the client");
        let address = listener.local_addr().expect("its address");
        (Self::start(options, Listener::Tcp(listener), false, |id| Box::new(UsbipSession::new(id))), address)
    }

    fn start(
        options: Options,
        listener: Listener,
        follows_holder: bool,
        welcome: fn(ClientId) -> Box<dyn Session>,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ends = stop.clone();
        let thread = thread::spawn(move || {
            let (process, port) = Process::start(&Target::from_environment(), &options.all_files());
            let mut station = Station::new(Bus::new(Box::new(port)), Pace::Wall);
            if follows_holder {
                station.follow_holder().expect("the bus");
            }
            let say = Box::new(|text: &str| println!("the server: {text}"));
            let mut server = Server::new(station, listener, Box::new(welcome), say).expect("a server");
            server.run(|| ends.load(Ordering::Relaxed)).unwrap_or_else(|error| panic!("{error}: {}", process.errors()));
            // The board ends when its bus goes.
            drop(server);
            drop(process);
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(ended.is_none_or(|end| end.is_ok()) || thread::panicking(), "the server or the board did not end well");
    }
}
