//! A model of the registers and the packet memory of the RP2040's USB device controller.
//!
//! It has two ends, as the chip does: [`ModelRegisters`] is what the driver sees ([`port_rp2::Registers`]), [`ModelBus`] is
//! what the bus sees ([`usb_simulator::port::Port`]). Between them it does, token by token, what the data sheet says
//! (sections 4.1.2.5 and 4.1.2.6), and writes down as a [`Violation`] what a driver must not do: on a chip that spoils
//! something now and then and says nothing.
//!
//! It does what the chip does on its own and no more: a SETUP does not empty endpoint 0, a bus reset does not clear the
//! address, nothing keeps the toggles.

#![forbid(unsafe_code)]

mod bus;
mod ends;
mod model;
mod packet_memory;
mod violation;

pub use ends::{ModelBus, ModelRegisters, pair};
pub use model::Model;
pub use violation::Violation;
