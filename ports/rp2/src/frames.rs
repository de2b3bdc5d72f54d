//! Which interrupts are wanted; start of frame, and what erratum RP2040-E15 makes of it.
//!
//! The erratum: when an error meets a bulk IN packet at the end of a frame, the controller's state machine can stop for
//! good. So no bulk IN buffer is handed over in the last part of a frame; it waits for the next one. That needs the time of
//! the last start of frame, and so its interrupt while a bulk IN endpoint is open.

use usb_stack::controller::Event;

use crate::buffers::make_available;
use crate::driver::Driver;
use crate::memory::Slot;
use crate::memory::buffer_control::{AVAILABLE, FULL};
use crate::registers::{Register, Registers, interrupt};

/// Interrupts that the driver always wants.
const INTERRUPTS: u32 = interrupt::TRANSFER
    | interrupt::BUFFERS
    | interrupt::RESET
    | interrupt::SUSPEND
    | interrupt::RESUME
    | interrupt::SETUP;

/// A frame's last part begins so many microseconds after its start.
const LATE_US: u32 = 800;

/// What the driver keeps about frames.
pub(crate) struct Frames {
    /// The stack wants to hear of every frame.
    pub wanted: bool,
    /// Open bulk IN slots, where the erratum is.
    pub bulk_in: u32,
    /// Slots with buffers that wait for the next frame.
    pub deferred: u32,
    /// When the last frame began.
    start_us: u32,
}

impl Frames {
    pub const fn new() -> Self {
        Self { wanted: false, bulk_in: 0, deferred: 0, start_us: 0 }
    }

    /// Whether a buffer has to wait for the next frame; it is then noted.
    pub fn holds_back<R: Registers>(&mut self, slot: Slot, registers: &R) -> bool {
        let holds_back = self.bulk_in & slot.bit() != 0 && registers.now_us().wrapping_sub(self.start_us) >= LATE_US;
        if holds_back {
            self.deferred |= slot.bit();
        }
        holds_back
    }
}

impl<R: Registers> Driver<R> {
    /// The stack wants frames, or does not any more.
    pub(crate) fn want_frames(&mut self, wanted: bool) {
        self.frames.wanted = wanted;
        self.enable_interrupts();
    }

    /// Interrupts as they are wanted now. The flag of a frame that nobody listened to is old.
    #[inline(never)]
    pub(crate) fn enable_interrupts(&mut self) {
        if self.registers.read(Register::InterruptEnable) & interrupt::FRAME == 0 {
            self.registers.read(Register::Frame);
        }
        let frame = if self.frames.wanted || self.frames.bulk_in != 0 || self.suspended { interrupt::FRAME } else { 0 };
        self.registers.write(Register::InterruptEnable, INTERRUPTS | frame);
    }

    pub(crate) fn bulk_in_opened(&mut self, slot: Slot) {
        if self.registers.chip().fails_at_end_of_frame() {
            self.frames.bulk_in |= slot.bit();
            self.enable_interrupts();
        }
    }

    pub(crate) fn bulk_in_closed(&mut self, slot: Slot) {
        self.frames.bulk_in &= !slot.bit();
        self.enable_interrupts();
    }

    /// A frame has begun.
    #[inline(never)]
    pub(crate) fn frame_begins(&mut self) -> Option<Event> {
        self.registers.read(Register::Frame);
        self.frames.start_us = self.registers.now_us();
        let mut deferred = core::mem::take(&mut self.frames.deferred);
        while deferred != 0 {
            let slot = Slot::lowest(deferred);
            deferred &= !slot.bit();
            self.hand_over_deferred(slot);
        }
        if self.suspended {
            self.suspended = false;
            self.enable_interrupts();
            return Some(Event::Resume);
        }
        self.frames.wanted.then_some(Event::StartOfFrame)
    }

    fn hand_over_deferred(&mut self, slot: Slot) {
        let channel = &self.channels[slot.index()];
        for back in 0..channel.flying() {
            let at = channel.control_at(slot, channel.done.wrapping_add(back));
            let control = self.registers.half(at);
            if control & (FULL | AVAILABLE) == FULL {
                make_available(&mut self.registers, at, control);
            }
        }
    }
}
