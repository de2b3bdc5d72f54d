//! usb-redir: the protocol in which QEMU's device `usb-redir` takes a device from elsewhere (USB network redirection,
//! version 0.7). QEMU is the usb-guest, we are the usb-host.
//!
//! It carries transfers, not packets: control and bulk transfers and interrupt OUT are asked for one by one and answered
//! with the same id; for interrupt IN and isochronous endpoints the guest asks for a stream that we keep going. The guest's
//! SET_ADDRESS never reaches us, nor does its suspend. Numbers are little-endian.

pub mod announce;
pub mod encode;
pub mod message;
mod receiving;
mod session;

pub use session::RedirSession;
