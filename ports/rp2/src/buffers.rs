//! Packet buffers handed to the controller and taken back.

use crate::channel::{DATA1, HALTED};
use crate::driver::Driver;
use crate::memory::Slot;
use crate::memory::buffer_control::{self, AVAILABLE, FULL, STALL};
use crate::registers::{Register, Registers};

/// How often EP_ABORT_DONE is looked at: longer than the longest packet that can be on the wire, 1,023 bytes or 0.9 ms.
const ABORT_TRIES: u32 = 20_000;

/// The controller is done with a buffer: it has emptied one that was full, or filled one that was empty. (FULL is the sign.)
fn is_over(slot: Slot, control: u16) -> bool {
    (control ^ slot.full_when_over()) as i16 >= 0
}

impl<R: Registers> Driver<R> {
    /// How many of the buffers that were handed over the controller is done with.
    pub(crate) fn over(&self, slot: Slot) -> u32 {
        let channel = &self.channels[slot.index()];
        let mut over = 0;
        let mut count = channel.done;
        while count != channel.handed && is_over(slot, self.registers.half(channel.control_at(slot, count))) {
            count = count.wrapping_add(1);
            over += 1;
        }
        over
    }

    /// Hands the next free buffer over with the right toggle, now or (erratum RP2040-E15) in the next frame. A SETUP may have
    /// come while one of endpoint 0 was: it belongs to the transfer before.
    #[inline(never)]
    pub(crate) fn hand_over(&mut self, slot: Slot, control: u16) {
        let channel = &mut self.channels[slot.index()];
        let at = channel.control_at(slot, channel.handed);
        let control = if channel.is(DATA1) { control | buffer_control::DATA1 } else { control };
        channel.handed = channel.handed.wrapping_add(1);
        channel.toggle();
        self.registers.set_half(at, control);
        if !self.holds_back(slot) {
            self.make_available(at, control);
        }
        if self.is_overtaken(slot) {
            self.take_back(slot);
        }
    }

    /// Section 4.1.2.7.1: the controller reads this memory with a clock of its own and could see AVAILABLE before the rest.
    /// The rest has been written; AVAILABLE comes more than one of its cycles later. Each half of the control word is written
    /// by itself, for the other one may be the controller's.
    #[inline(always)]
    pub(crate) fn make_available(&mut self, at: u16, control: u16) {
        self.registers.settle();
        self.registers.set_half(at, control | AVAILABLE);
    }

    /// Takes back the buffers that the controller has not used, the newest first. The toggle is then that of the oldest of
    /// them; the lengths stay in their control words.
    #[inline(never)]
    pub(crate) fn take_back(&mut self, slot: Slot) {
        let channel = &mut self.channels[slot.index()];
        let registers = &mut self.registers;
        if channel.flying() == 0 {
            return;
        }
        // Erratum RP2040-E2: an abort would never end. What is left is to take AVAILABLE away, which a packet on the wire at
        // this very moment does not notice.
        let abort = if registers.chip().has_abort() { slot.bit() } else { 0 };
        registers.set(Register::Abort, abort);
        let mut tries = ABORT_TRIES;
        while registers.read(Register::AbortDone) & abort != abort && tries != 0 {
            tries -= 1;
        }
        while channel.flying() != 0 {
            let newest = channel.handed.wrapping_sub(1);
            let at = channel.control_at(slot, newest);
            let control = registers.half(at) & !AVAILABLE;
            registers.set_half(at, control);
            registers.settle();
            if is_over(slot, registers.half(at)) {
                break;
            }
            registers.set_half(at, control & !FULL);
            channel.handed = newest;
            channel.toggle();
        }
        registers.write(Register::AbortDone, abort);
        registers.clear(Register::Abort, abort);
    }

    /// Makes DATA0 the toggle of the oldest buffer that the controller has.
    pub(crate) fn begin_with_data0(&mut self, slot: Slot) {
        let handed = self.channel(slot).handed;
        self.take_back(slot);
        self.channel(slot).set(DATA1, false);
        for _ in 0..handed.wrapping_sub(self.channel(slot).handed) {
            let channel = &self.channels[slot.index()];
            let control = self.registers.half(channel.control_at(slot, channel.handed)) & !buffer_control::DATA1;
            self.hand_over(slot, control | FULL ^ slot.full_when_over());
        }
    }

    /// Drops what waits and what is to be told of an endpoint whose buffers have been taken back.
    pub(crate) fn forget_events(&mut self, slot: Slot) {
        let channel = &mut self.channels[slot.index()];
        channel.forget();
        // A closed channel's words stay zero; a halted one's say STALL.
        let control = if channel.is(HALTED) { STALL } else { 0 };
        self.registers.set_word(slot.buffer_control(0), control.into());
    }
}
