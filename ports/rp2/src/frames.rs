//! Start of frame, and what erratum RP2040-E15 makes of it.
//!
//! The erratum: when an error meets a bulk IN packet at the end of a frame, the controller's state machine can stop for
//! good. So no bulk IN buffer is handed over in the last part of a frame; it waits for the next one. That needs the time of
//! the last start of frame, and so its interrupt while a bulk IN endpoint is open.

use usb_stack::controller::Event;

use crate::driver::Driver;
use crate::memory::Slot;
use crate::memory::buffer_control::{AVAILABLE, FULL};
use crate::registers::{Register, Registers, interrupt};

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
}

impl<R: Registers> Driver<R> {
    /// The stack wants frames, or does not any more.
    pub(crate) fn want_frames(&mut self, wanted: bool) {
        self.frames.wanted = wanted;
        self.listen_to_frames();
    }

    /// Switches the interrupt on or off as it is needed. The flag of a frame that nobody listened to is old.
    pub(crate) fn listen_to_frames(&mut self) {
        if self.registers.read(Register::InterruptEnable) & interrupt::FRAME == 0 {
            self.registers.read(Register::Frame);
        }
        self.enable_interrupts();
    }

    pub(crate) fn bulk_in_opened(&mut self, slot: Slot) {
        if self.registers.chip().fails_at_end_of_frame() {
            self.frames.bulk_in |= slot.bit();
            self.listen_to_frames();
        }
    }

    pub(crate) fn bulk_in_closed(&mut self, slot: Slot) {
        if self.frames.bulk_in & slot.bit() != 0 {
            self.frames.bulk_in &= !slot.bit();
            self.enable_interrupts();
        }
    }

    /// Whether a bulk IN buffer has to wait for the next frame; it is then noted.
    pub(crate) fn has_to_wait_for_frame(&mut self, slot: Slot) -> bool {
        let has_to_wait = self.registers.chip().fails_at_end_of_frame()
            && self.registers.now_us().wrapping_sub(self.frames.start_us) >= LATE_US;
        if has_to_wait {
            self.frames.deferred |= slot.bit();
        }
        has_to_wait
    }

    /// A frame has begun.
    pub(crate) fn frame_begins(&mut self) -> Option<Event> {
        self.registers.read(Register::Frame);
        self.frames.start_us = self.registers.now_us();
        while self.frames.deferred != 0 {
            let slot = Slot::from_bit(self.frames.deferred.trailing_zeros() as u8);
            self.frames.deferred &= !slot.bit();
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
        let channel = *self.channel(slot);
        for index in 0..channel.flying {
            let at = slot.buffer_control(channel.nth_flying(index));
            let control = self.registers.half(at);
            if control & (FULL | AVAILABLE) == FULL {
                self.make_available(at, control);
            }
        }
    }
}
