//! Tests of the device stack with no MicroPython: a [`Rig`] is a device (the stack on a virtual controller, or on the driver of a chip with a model of its registers), a program of
//! a few lines above it (an [`App`]), and a host below it that can do right and wrong at packet level.
//!
//! Two hosts can drive the same device: the rig's own methods, which put single packets on the wire and follow no schedule,
//! and the simulator's bus (see [`Plugged`]), with frames, retries and enumeration as a computer does them.

#![forbid(unsafe_code)]

mod app;
pub mod descriptors;
mod kind;
mod plugged;
mod rig;
mod storage;
mod wire;

pub use app::{App, Buffer, Reaction, Source};
pub use kind::{AnyBus, AnyController, Kind};
pub use plugged::Plugged;
pub use rig::{Complete, Rig, Stack, done};
pub use storage::{BLOCK, Disk, Storage};
pub use wire::{Broken, Stage, setup};

use port_rp2::Chip;
use port_unix::Shape;

/// Every kind of controller.
pub const SHAPES: [Kind; 6] = [
    Kind::virtual_controller(Shape::RP2040),
    Kind::virtual_controller(Shape::SAMD),
    Kind::virtual_controller(Shape::MINIMAL),
    Kind::chip(Chip::Rp2040B1),
    Kind::chip(Chip::Rp2040B2),
    Kind::chip(Chip::Rp2350),
];

/// Bytes that tell their place: no two 256-byte windows are alike within 64 KiB, so a lost or doubled packet shows.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8 ^ (index / 251) as u8).collect()
}
