//! A whole board at the end of the virtual bus, and a host that uses it as a person and a driver would.
//!
//! [`Board`] starts a device with given files in its flash and plugs it in. Its methods are the host's terminal: what has
//! come, waiting for a text, sending; `repl` adds what a REPL is. All waiting is in bus time. A test that fails prints the
//! conversation up to there.
//!
//! Which device that is, and what it can do, is said by [`Target`] alone.

#![forbid(unsafe_code)]

mod board;
mod process;
mod remote;
mod repl;
mod target;

pub use board::{Board, Options};
pub use remote::Served;
pub use repl::Outcome;
pub use target::{DISK_FILE, Feature, Target};

/// Ordinary runs take the first, `make soak` takes the second.
pub const fn amount(ordinary: usize, soak: usize) -> usize {
    if cfg!(feature = "soak") { soak } else { ordinary }
}

/// The module `device` in the board's flash: a device of Python's with a bulk endpoint each way beside the built-in port.
pub const DEVICE_MODULE: &str = include_str!("../flash/device.py");
