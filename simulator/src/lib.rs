//! A virtual USB bus at packet level: a host at one end, any full-speed device at the other.
//!
//! * [`port`]: the packet-level interface that every device attaches through, in this process or behind [`link`]
//! * [`bus`]: 12 Mbit/s bus time, frames, and a host controller with URB queues
//! * [`host`]: enumeration in Linux's order, requests and transfers, with errors that say what was asked and what came
//! * [`class`]: what host drivers do: HID keyboards, CDC serial ports
//! * [`station`], [`usbredir`], [`usbip`]: a host in another process, a Linux kernel, instead of ours
//! * [`pcap`], [`trace`]: recordings
//! * [`scripted`]: a device made of tables, for tests
//!
//! Everything runs in virtual time and is deterministic, unless it is paced: the same device gives the same trace, byte
//! for byte.

#![forbid(unsafe_code)]

pub mod bus;
pub mod class;
pub mod host;
pub mod link;
pub mod pcap;
pub mod port;
pub mod scripted;
pub mod station;
pub mod time;
pub mod trace;
pub mod usbip;
pub mod usbredir;

pub use bus::Bus;
pub use host::{BusAccess, Host};
pub use port::Port;
pub use time::BusTime;
