//! Packet buffers handed to the controller and taken back.

use crate::channel::{BULK, DATA1, HALTED, ISOCHRONOUS, OPEN};
use crate::driver::Driver;
use crate::memory::Slot;
use crate::memory::buffer_control::{self, AVAILABLE, FULL, STALL};
use crate::registers::{Register, Registers, interrupt};

/// How often EP_ABORT_DONE is looked at: longer than the longest packet that can be on the wire, 1,023 bytes or 0.9 ms.
const ABORT_TRIES: u32 = 20_000;

impl<R: Registers> Driver<R> {
    /// Hands a buffer over, now or (erratum RP2040-E15) in the next frame.
    pub(crate) fn hand_over(&mut self, slot: Slot, buffer: u8, control: u16) {
        let at = slot.buffer_control(buffer);
        self.registers.set_half(at, control);
        let bulk_in = self.channels[slot.index()].is(BULK) && !slot.is_out();
        if !(bulk_in && self.has_to_wait_for_frame(slot)) {
            self.make_available(at, control);
        }
    }

    /// Section 4.1.2.7.1: the controller reads this memory with a clock of its own and could see AVAILABLE before the
    /// rest. The rest has been written; AVAILABLE comes more than one of its cycles later. Each half of the control word
    /// is written by itself, for the other one may be the controller's.
    pub(crate) fn make_available(&mut self, at: u16, control: u16) {
        self.registers.settle();
        self.registers.set_half(at, control | AVAILABLE);
    }

    /// Notes which of an endpoint's buffers the controller is done with.
    pub(crate) fn collect(&mut self, slot: Slot) {
        // First, so that what is done from now on shows again; and the flag may have come before the control word.
        self.registers.write(Register::BuffersDone, slot.bit());
        self.registers.settle();
        loop {
            let channel = &self.channels[slot.index()];
            if channel.flying == 0 {
                break;
            }
            let control = self.registers.half(slot.buffer_control(channel.nth_flying(0)));
            // An IN buffer that waits for a frame is full too.
            let done = if slot.is_out() { control & (FULL | AVAILABLE) == FULL } else { control & FULL == 0 };
            if !done {
                break;
            }
            let channel = self.channel(slot);
            channel.flying = channel.flying.wrapping_sub(1);
            channel.untold = channel.untold.wrapping_add(1);
            if slot.is_out() {
                channel.waiting = channel.waiting.wrapping_add(1);
            } else {
                channel.advance();
            }
            self.pending |= slot.bit();
        }
    }

    /// Takes back the buffers that the controller has not used. The toggle is then that of the first of them.
    pub(crate) fn take_back(&mut self, slot: Slot) {
        if self.channel(slot).flying == 0 {
            return;
        }
        self.stop(slot);
        self.collect(slot);
        let channel = *self.channel(slot);
        for index in 0..channel.flying {
            self.registers.set_half(slot.buffer_control(channel.nth_flying(index)), 0);
        }
        let channel = self.channel(slot);
        channel.toggle(channel.flying);
        channel.flying = 0;
        self.frames.deferred &= !slot.bit();
        self.go_on(slot);
    }

    /// Makes DATA0 the toggle of the oldest buffer that the controller has.
    pub(crate) fn begin_with_data0(&mut self, slot: Slot) {
        self.stop(slot);
        self.collect(slot);
        self.channel(slot).set(DATA1, false);
        let channel = *self.channel(slot);
        if !channel.is(ISOCHRONOUS) {
            for index in 0..channel.flying {
                let at = slot.buffer_control(channel.nth_flying(index));
                let control = self.registers.half(at) & !(AVAILABLE | buffer_control::DATA1);
                let toggle = if index & 1 != 0 { buffer_control::DATA1 } else { 0 };
                self.registers.set_half(at, control | toggle);
            }
            self.channel(slot).toggle(channel.flying);
        }
        self.go_on(slot);
        for index in 0..channel.flying {
            let buffer = channel.nth_flying(index);
            let control = self.registers.half(slot.buffer_control(buffer)) & !AVAILABLE;
            self.hand_over(slot, buffer, control);
        }
    }

    /// Keeps the controller from using the buffers that it has.
    fn stop(&mut self, slot: Slot) {
        if self.registers.chip().has_abort() {
            self.registers.set(Register::Abort, slot.bit());
            for _ in 0..ABORT_TRIES {
                if self.registers.read(Register::AbortDone) & slot.bit() != 0 {
                    break;
                }
            }
            return;
        }
        // Erratum RP2040-E2: an abort would never end. What is left is to take AVAILABLE away, which a packet on the wire
        // at this very moment does not notice.
        self.collect(slot);
        let channel = *self.channel(slot);
        for index in 0..channel.flying {
            let at = slot.buffer_control(channel.nth_flying(index));
            let control = self.registers.half(at);
            if control & AVAILABLE != 0 {
                self.registers.set_half(at, control & !AVAILABLE);
            }
        }
        self.registers.settle();
    }

    /// The end of [`Self::stop`].
    fn go_on(&mut self, slot: Slot) {
        if self.registers.chip().has_abort() {
            self.registers.write(Register::AbortDone, slot.bit());
            self.registers.clear(Register::Abort, slot.bit());
        }
    }

    /// Drops what waits and what is to be told of an endpoint whose buffers have been taken back.
    pub(crate) fn forget_events(&mut self, slot: Slot) {
        self.registers.write(Register::BuffersDone, slot.bit());
        let channel = self.channel(slot);
        channel.waiting = 0;
        channel.untold = 0;
        let (is_open, is_halted) = (channel.is(OPEN), channel.is(HALTED));
        self.pending &= !slot.bit();
        // A closed channel's words stay zero; a halted one's say STALL.
        self.registers.set_half(slot.buffer_control(0), if is_open && is_halted { STALL } else { 0 });
        self.registers.set_half(slot.buffer_control(1), 0);
    }

    /// Events found outside the interrupt handler make it run.
    pub(crate) fn ask_for_interrupt(&mut self) {
        if self.pending != 0 {
            self.registers.write(Register::InterruptForce, interrupt::BUFFERS);
        }
    }
}
