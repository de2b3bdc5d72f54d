//! Which interrupts are wanted; start of frame, and what erratum RP2040-E15 makes of it.
//!
//! The erratum: when an error meets a bulk IN packet at the end of a frame, the controller's state machine can stop for
//! good. So no bulk IN buffer is handed over in the last part of a frame; it waits for the next one. That needs the time of
//! the last start of frame, and so its interrupt while a bulk IN endpoint is open.

use crate::driver::Driver;
use crate::events::News;
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

/// Listens to frames: the stack wants to hear of every one.
pub(crate) const STACK: u32 = 1 << 0;
/// Listens to frames: the bus is suspended, as the stack has been told, and the next frame is the sign of a resume, should
/// there be no other.
pub(crate) const SUSPENDED: u32 = 1 << 1;

/// What the driver keeps about frames.
pub(crate) struct Frames {
    /// Who listens to them: open bulk IN slots, where the erratum is, and in the places of endpoint 0's slots [`STACK`] and
    /// [`SUSPENDED`].
    listeners: u32,
    /// Slots with buffers that wait for the next frame.
    pub deferred: u32,
    /// When the last frame began.
    start_us: u32,
}

impl Frames {
    pub const fn new() -> Self {
        Self { listeners: 0, deferred: 0, start_us: 0 }
    }
}

impl<R: Registers> Driver<R> {
    /// A listener comes or goes; the interrupts are then as they are wanted. The flag of a frame that nobody listened to is
    /// old.
    #[inline(never)]
    pub(crate) fn listen(&mut self, listener: u32, listens: bool) {
        self.frames.listeners &= !listener;
        if listens {
            self.frames.listeners |= listener;
        }
        if self.registers.read(Register::InterruptEnable) & interrupt::FRAME == 0 {
            self.registers.read(Register::Frame);
        }
        let frame = if self.frames.listeners != 0 { interrupt::FRAME } else { 0 };
        self.registers.write(Register::InterruptEnable, INTERRUPTS | frame);
    }

    /// The bus is suspended, as the stack has been told.
    pub(crate) fn is_suspended(&self) -> bool {
        self.frames.listeners & SUSPENDED != 0
    }

    pub(crate) fn bulk_in_opened(&mut self, slot: Slot) {
        if self.registers.chip().fails_at_end_of_frame() {
            self.listen(slot.bit(), true);
        }
    }

    pub(crate) fn bulk_in_closed(&mut self, slot: Slot) {
        self.listen(slot.bit(), false);
    }

    /// Whether a buffer has to wait for the next frame; it is then noted.
    pub(crate) fn holds_back(&mut self, slot: Slot) -> bool {
        let holds_back = !slot.is_control()
            && self.frames.listeners & slot.bit() != 0
            && self.registers.now_us().wrapping_sub(self.frames.start_us) >= LATE_US;
        if holds_back {
            self.frames.deferred |= slot.bit();
        }
        holds_back
    }

    /// A frame has begun.
    pub(crate) fn frame_begins(&mut self) -> Option<News> {
        self.registers.read(Register::Frame);
        self.frames.start_us = self.registers.now_us();
        let mut deferred = core::mem::take(&mut self.frames.deferred);
        while deferred != 0 {
            let slot = Slot::lowest(deferred);
            deferred &= !slot.bit();
            self.hand_over_deferred(slot);
        }
        if self.is_suspended() {
            self.listen(SUSPENDED, false);
            return Some(News::Resume);
        }
        (self.frames.listeners & STACK != 0).then_some(News::StartOfFrame)
    }

    fn hand_over_deferred(&mut self, slot: Slot) {
        for buffer in 0..2 {
            let at = slot.buffer_control(buffer);
            let control = self.registers.half(at);
            if control & (FULL | AVAILABLE) == FULL {
                self.make_available(at, control);
            }
        }
    }
}
