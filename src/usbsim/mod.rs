//! The unix port's half in Rust: the bus that this process plugs into, which is its clock, and the Python module `usbsim`.
//! (`seam` has the C functions of `ports/unix/c/unix_port.h`.)
//!
//! | file | what |
//! |---|---|
//! | [`plug`] | the bus: one of this process's own, or another process's at the end of a link |
//! | [`access`] | how the host's blocking functions let the device's program run |
//! | [`module`], [`host`], [`requests`], [`transfer`] | the Python module: types, methods, arguments |
//! | [`answer`] | the host's results and errors as Python objects |
//!
//! Device and host share a thread here. The bus is borrowed for one step at a time, Python runs only between two steps, so
//! that callbacks may sleep (which steps the bus) even while a host call waits further up the stack.

mod access;
mod answer;
mod host;
mod module;
pub(crate) mod plug;
mod requests;
mod transfer;

pub(crate) use plug::note_work;
