//! Sockets that clients connect to.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use rustix::net::sockopt;

/// A TCP client that has been silent for so long is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// A connected socket.
pub(super) trait Stream: Read + Write + AsFd {}
impl<S: Read + Write + AsFd> Stream for S {}

/// A socket that clients connect to.
pub enum Listener {
    /// A Unix socket.
    Unix(UnixListener),
    /// A TCP port.
    Tcp(TcpListener),
}

impl Listener {
    pub(super) fn accept(&self) -> io::Result<Option<(Box<dyn Stream>, String)>> {
        let accepted = match self {
            Self::Unix(listener) => listener.accept().and_then(|(stream, _)| unix(stream)),
            Self::Tcp(listener) => listener.accept().and_then(|(stream, peer)| tcp(stream, peer.to_string())),
        };
        match accepted {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            other => other.map(Some),
        }
    }

    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Unix(listener) => listener.set_nonblocking(true),
            Self::Tcp(listener) => listener.set_nonblocking(true),
        }
    }
}

fn unix(stream: UnixStream) -> io::Result<(Box<dyn Stream>, String)> {
    stream.set_nonblocking(true)?;
    Ok((Box::new(stream), "client".to_owned()))
}

fn tcp(stream: TcpStream, peer: String) -> io::Result<(Box<dyn Stream>, String)> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    // A client whose machine has vanished must not keep the device.
    sockopt::set_socket_keepalive(&stream, true)?;
    sockopt::set_tcp_keepidle(&stream, KEEPALIVE)?;
    sockopt::set_tcp_keepintvl(&stream, KEEPALIVE)?;
    sockopt::set_tcp_keepcnt(&stream, 3)?;
    Ok((Box::new(stream), peer))
}

impl AsFd for Listener {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self {
            Self::Unix(listener) => listener.as_fd(),
            Self::Tcp(listener) => listener.as_fd(),
        }
    }
}
