//! A USB 2.0 full-speed device stack without an allocator, without unsafe code and without a panic path.
//!
//! The stack sits between two seams. Below it a chip's driver implements [`Controller`]; above it the program
//! implements [`Application`]. Like a network stack it is made of layers that know only the one beneath:
//!
//! | layer | modules | knows |
//! |---|---|---|
//! | the program | its `Application`, its task | what a device is for: descriptors, buffers, answers |
//! | the device | [`Device`], the latched [`Event`]s, the [`Answer`]s | what the program has been told, and what it has not |
//! | class drivers | `class` | interfaces that need no program: the serial port; and mass storage, in the task |
//! | chapter 9 | `chapter9`, `configuration`, [`descriptor`], [`string`] | standard requests, device states, configurations |
//! | pipes | `control`, `transfer` | stages of a control transfer, runs of a data transfer, halts, short packets |
//! | the controller | [`Controller`] | runs of packets, toggles, addresses, registers |
//!
//! # Two contexts
//!
//! [`Device::interrupt`] runs in the controller's interrupt. It takes the controller's events in bus order and does all
//! that needs no program: it answers standard requests, moves packets between the controller and the program's buffers,
//! serves the built-in serial port.
//!
//! What the program must hear is *latched*: kept as state, one latch for each endpoint and direction, one for the
//! control pipe, one each for reset, configuration and suspend, every one with a sequence number. There is no queue, so
//! nothing overflows however long the program is busy. The program's task takes the latched events oldest first with
//! [`Device::next_event`], and answers what asks for an answer with [`Device::answer`].
//!
//! Both contexts share one [`Device`], so whoever owns it must keep the interrupt out while the task is inside a method
//! (a critical section). No method waits, and none calls the program back for anything but a buffer, a descriptor or a
//! notice.
//!
//! # Bytes from outside
//!
//! Descriptors and lengths are not trusted, whether they come from the host or from the program: every length is
//! clamped where it is used, and a descriptor that lies is refused with a [`descriptor::Lie`] that says where.
//!
//! # Order of calls
//!
//! ```text
//! static DEVICE: Shared<Device<Driver, 16>> = Shared::new(Device::new(Driver::new()));
//!
//! connect()                             pull-up on
//! interrupt handler:  interrupt(app)    until the controller has no more events; app.wake_task() asks for the task
//! task:               while let Some(event) = next_event() {
//!                         run the callback
//!                         answer(app, ...) for Setup, DataStage and String
//!                     }
//! anywhere:           submit(app, endpoint, len), set_halt(...), serial(), remote_wakeup()
//! disconnect()                          pull-up off, everything forgotten
//! ```

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod application;
mod bus;
mod chapter9;
mod class;
mod configuration;
mod control;
pub mod controller;
pub mod descriptor;
mod device;
mod endpoint;
mod latch;
pub mod setup;
pub mod string;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transfer;

pub use application::{Application, StringLookup};
pub use class::cdc_acm::{LineCoding, Serial};
pub use class::msc;
pub use controller::{Controller, Direction, EndpointAddress, EndpointConfig, Limits, OpenError, TransferType};
pub use device::{Answer, Device, Event, Outcome, Submit};
pub use setup::SetupPacket;
