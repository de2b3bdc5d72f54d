//! Devices for a host in another process.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use usb_simulator::station::server::{Commands, Listener, Server, Welcome};
use usb_simulator::station::{Pace, Station};
use usb_simulator::usbip::{BUS_ID, PORT, UsbipSession};
use usb_simulator::usbredir::RedirSession;

use super::device::Device;
use super::run::bus;
use super::{Redir, RemoteOptions, Speed, Usbip};

/// Serves usb-redir on a Unix socket.
pub fn redir(options: &Redir) -> Result<(), String> {
    let listener = listen(&options.socket)?;
    let welcome: Welcome = Box::new(|client| Box::new(RedirSession::new(client)));
    let result = serve(&options.remote, Listener::Unix(listener), welcome, true, || {
        println!("usb-redir on {}", options.socket.display());
    });
    // It may be gone already, or somebody else's.
    let _ = fs::remove_file(&options.socket);
    result
}

/// Serves USB/IP on a TCP port.
pub fn usbip(options: &Usbip) -> Result<(), String> {
    let address = options.bind;
    if !address.ip().is_loopback() && !options.expose_to_network {
        return Err(format!(
            "--bind {address}: other machines can reach that address, and USB/IP knows no password; say --expose-to-network \
             as well if that is what you want"
        ));
    }
    let listener = TcpListener::bind(address).map_err(|error| format!("{address}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let welcome: Welcome = Box::new(|client| Box::new(UsbipSession::new(client)));
    serve(&options.remote, Listener::Tcp(listener), welcome, false, || {
        println!("USB/IP on {address}");
        let port = match address.port() {
            PORT => String::new(),
            other => format!(" --tcp-port {other}"),
        };
        println!("attach it on a Linux desktop: sudo modprobe vhci-hcd");
        println!("                              sudo usbip{port} attach --remote {} --busid {BUS_ID}", address.ip());
    })
}

/// A socket file that a server has left behind, which is no longer there, is in nobody's way.
fn listen(path: &Path) -> Result<UnixListener, String> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    UnixListener::bind(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn serve(
    options: &RemoteOptions,
    listener: Listener,
    welcome: Welcome,
    follows_holder: bool,
    started: impl FnOnce(),
) -> Result<(), String> {
    let (mut process, port) = Device::start(&options.device)?;
    println!("device: {}", port.name());
    let pace = match options.speed {
        Speed::Full => Pace::Wall,
        Speed::Free => Pace::Free,
    };
    let bus = bus(options.pcap.as_deref(), options.trace.as_deref(), Box::new(port))?;
    let mut station = Station::new(bus, pace);
    if follows_holder {
        station.follow_holder().map_err(|error| process.explain(error.to_string()))?;
    }
    let say = Box::new(|text: &str| eprintln!("usbsim: {text}"));
    let mut server = Server::new(station, listener, welcome, say).map_err(|error| error.to_string())?;
    if options.commands {
        server.obey(Commands::from_stdin());
    }
    started();
    let result = server.run(|| false);
    let lost = server.station().lost();
    if !lost.is_zero() {
        println!("the bus is {:.1} s behind the wall clock: the device was too slow for it", lost.as_secs_f64());
    }
    // The device hears Goodbye when the bus goes.
    drop(server);
    result.map_err(|error| process.explain(error.to_string()))
}
