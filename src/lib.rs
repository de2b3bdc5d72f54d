//! `machine.USBDevice` for MicroPython: a native type over a USB device stack, with no C USB stack below.
//!
//! | module | what it is |
//! |---|---|
//! | `usb_device` | the type: what Python configures, and how the stack's events become calls of Python functions |
//! | `seam` | the C functions that MicroPython's ports call, and the end of code that panics |
//! | `python` | MicroPython's object model: objects, exceptions as results, buffers, tables in read-only memory, critical sections |
//! | `device` | the one device, shared between interrupt and task in critical sections |
//! | `usbsim` | the unix port's bus, its clock, and the Python module with a USB host |
//! | `ffi` | MicroPython's headers, by bindgen |
//!
//! MicroPython's build makes it: see `modules/usbdevice/micropython.mk`.

// The unix port's bus and host are programs of the standard library; everything else does without.
#![cfg_attr(not(feature = "unix"), no_std)]

// For checks of the other ports on a desktop: its panic handler.
#[cfg(all(not(feature = "unix"), not(target_os = "none")))]
extern crate std;

mod device;
mod ffi;
mod python;
mod seam;
mod usb_device;
#[cfg(feature = "unix")]
mod usbsim;
