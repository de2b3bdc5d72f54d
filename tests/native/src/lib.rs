//! Tests of the device stack with no MicroPython: a [`Rig`] is a device (the stack on the virtual controller), a program of
//! a few lines above it (an [`App`]), and a host below it that can do right and wrong at packet level.
//!
//! Two hosts can drive the same device: the rig's own methods, which put single packets on the wire and follow no schedule,
//! and the simulator's bus (see [`Plugged`]), with frames, retries and enumeration as a computer does them.

#![forbid(unsafe_code)]

mod app;
pub mod descriptors;
mod plugged;
mod rig;
mod wire;

pub use app::{App, Buffer, Reaction, Source};
pub use plugged::Plugged;
pub use rig::{Complete, Rig, Stack, done};
pub use wire::{Broken, Stage, setup};

use port_unix::Shape;

/// Every kind of controller.
pub const SHAPES: [Shape; 3] = [Shape::RP2040, Shape::SAMD, Shape::MINIMAL];

/// Bytes that tell their place: no two 256-byte windows are alike within 64 KiB, so a lost or doubled packet shows.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8 ^ (index / 251) as u8).collect()
}
