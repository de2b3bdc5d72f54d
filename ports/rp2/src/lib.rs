//! The driver of the USB device controller in the RP2040 and the RP2350.
//!
//! Section numbers without a name are those of the RP2040 data sheet (its USB chapter is 4.1; in the RP2350 data sheet it
//! is 12.7), errata numbers those of its appendix.
//!
//! The driver knows the chip through [`Registers`] only, so the same code runs on a chip and against a model of the
//! registers. Its parts:
//!
//! | module | what it is |
//! |---|---|
//! | `registers` | the way to the chip: registers, packet memory, a clock, and which revision it is |
//! | `memory` | what stands where in the packet memory |
//! | `channel` | what the driver knows of one endpoint in one direction |
//! | `driver` | the driver itself: what the stack may ask of it |
//! | `opening` | endpoints opened and closed, and their packet memory |
//! | `buffers` | packet buffers handed to the controller and taken back (erratum RP2040-E2) |
//! | `events` | what the controller tells |
//! | `frames` | which interrupts are wanted; start of frame, and what erratum RP2040-E15 makes of it |
//! | `line` | the end of a bus reset, and what erratum RP2040-E5 makes of it |
//! | `hardware` | the chip: the only module that touches it |

#![no_std]
#![deny(unsafe_code)]

#[cfg(all(feature = "rp2040", feature = "rp2350"))]
compile_error!("a firmware is for one chip: rp2040 or rp2350");

mod buffers;
mod channel;
mod driver;
mod events;
mod frames;
#[cfg(any(feature = "rp2040", feature = "rp2350"))]
#[allow(unsafe_code)]
pub mod hardware;
mod line;
pub mod memory;
mod opening;
pub mod registers;

pub use driver::Driver;
pub use registers::{Chip, Register, Registers};

/// Endpoint numbers in each direction, endpoint 0 included (section 4.1.2.5).
pub const ENDPOINTS: usize = 16;
