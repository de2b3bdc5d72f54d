//! The packet-level interface over a byte stream: a Unix socket, or a pair of pipes.
//!
//! The bus side holds a [`RemotePort`], the device side a [`Server`]. The bytes are described for other languages in
//! docs/packet-interface.md; [`message`] is the same in Rust.

pub mod message;
mod remote;
mod server;
#[cfg(test)]
mod tests;

pub use remote::RemotePort;
pub use server::{ENVIRONMENT, Server};

use thiserror::Error;

/// Version of the protocol. Both sides must have the same.
pub const VERSION: u16 = 1;

/// Why a link cannot go on.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LinkError {
    /// The other side has closed the stream.
    #[error("the other side has closed the link")]
    Closed,
    /// The operating system refused.
    #[error("the link failed: {0}")]
    Io(String),
    /// A message that the protocol does not allow; the text says what was expected.
    #[error("malformed message: {0}")]
    Malformed(String),
    /// The other side speaks another version.
    #[error("the other side speaks version {theirs} of the link protocol, this one {VERSION}")]
    Version {
        /// What it speaks.
        theirs: u16,
    },
    /// The other side says that it cannot go on.
    #[error("{0}")]
    Refused(String),
}

impl From<std::io::Error> for LinkError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match error.kind() {
            UnexpectedEof | BrokenPipe | ConnectionReset => Self::Closed,
            _ => Self::Io(error.to_string()),
        }
    }
}
