//! The unix port: a USB device controller that exists only in memory.
//!
//! The controller is one [`Model`](model::Model) behind a mutex (a [`Wire`]) with two ends:
//!
//! * the device end, [`VirtualController`], implements [`usb_stack::Controller`], so that the device stack runs on it as
//!   on a chip;
//! * the bus end, [`BusEnd`], implements [`usb_simulator::Port`], so that the simulated host plugs into it.
//!
//! It behaves as real hardware does at packet level, and its [`Shape`] says which hardware: one packet a run with two
//! buffers for bulk (RP2040), runs of many packets by DMA (SAMD), or the least that the contract allows. It also watches
//! the contract: what the stack may not do to a controller is written down as a [`Violation`], which tests look at.
//!
//! The crate is safe Rust throughout; the C entry points that use it live elsewhere.

#![forbid(unsafe_code)]

mod controller;
mod endpoint;
pub mod model;
mod port;
mod shape;
mod violation;
mod wire;

pub use controller::VirtualController;
pub use port::BusEnd;
pub use shape::Shape;
pub use violation::Violation;
pub use wire::{Wire, pair};
