//! The packet memory, and who may touch what of it.

use port_rp2::memory::buffer_control::{AVAILABLE, FULL, LENGTH, STALL};
use port_rp2::memory::{self, Slot, endpoint_control};

use crate::model::Model;
use crate::violation::Violation;

/// Where buffer control words stand.
const CONTROL: std::ops::Range<u16> = 0x80..0x100;

impl Model {
    /// Two bytes, as they are.
    pub(crate) fn raw_half(&self, at: u16) -> u16 {
        let at = usize::from(at & 0xffe);
        u16::from_le_bytes([self.memory[at], self.memory[at + 1]])
    }

    pub(crate) fn set_raw_half(&mut self, at: u16, value: u16) {
        let at = usize::from(at & 0xffe);
        self.memory[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn raw_word(&self, at: u16) -> u32 {
        u32::from(self.raw_half(at)) | u32::from(self.raw_half(at + 2)) << 16
    }

    /// The endpoint control word of a slot; endpoint 0 is as if it had one.
    pub(crate) fn endpoint_control(&self, slot: Slot) -> u32 {
        if slot.is_control() {
            endpoint_control::ENABLE | u32::from(memory::CONTROL_BUFFER)
        } else {
            self.raw_word(slot.endpoint_control())
        }
    }

    /// Some IN buffer is full and not available.
    pub(crate) fn has_held_back(&self) -> bool {
        (1..16).map(Slot::input).any(|slot| {
            let halves = [0, 1].map(|buffer| self.raw_half(slot.buffer_control(buffer)));
            self.endpoint_control(slot) & endpoint_control::ENABLE != 0
                && halves.iter().any(|control| control & (FULL | AVAILABLE) == FULL)
        })
    }

    /// Where a buffer of a slot stands.
    pub(crate) fn place(&self, slot: Slot, buffer: u8) -> usize {
        (self.endpoint_control(slot) & 0xffc0) as usize + if buffer == 0 { 0 } else { usize::from(memory::GRANULE) }
    }

    fn aligned(&mut self, at: u16, size: u16) {
        self.check_running();
        if !at.is_multiple_of(size) || at >= memory::SIZE {
            self.violated(Violation::Unaligned(at));
        }
    }

    pub(crate) fn half(&mut self, at: u16) -> u16 {
        self.aligned(at, 2);
        self.raw_half(at)
    }

    pub(crate) fn word(&mut self, at: u16) -> u32 {
        self.aligned(at, 4);
        self.check_data(at);
        self.raw_word(at & 0xffc)
    }

    pub(crate) fn set_word(&mut self, at: u16, value: u32) {
        self.aligned(at, 4);
        let at = at & 0xffc;
        if CONTROL.contains(&at) {
            self.set_half(at, value as u16);
            self.set_half(at + 2, (value >> 16) as u16);
            return;
        }
        self.check_data(at);
        self.set_raw_half(at, value as u16);
        self.set_raw_half(at + 2, (value >> 16) as u16);
        self.changes += 1;
    }

    pub(crate) fn set_half(&mut self, at: u16, value: u16) {
        self.aligned(at, 2);
        if CONTROL.contains(&at) {
            self.check_control(at, value);
        }
        self.set_raw_half(at, value);
        self.changes += 1;
    }

    fn check_control(&mut self, at: u16, value: u16) {
        let old = self.raw_half(at);
        let slot = Slot::from_bit(((at - CONTROL.start) / 4) as u8);
        let buffer = (at / 2 % 2) as u8;
        let index = slot.index() as u8;
        let taken =
            self.is_enabled() && old & AVAILABLE != 0 && self.endpoint_control(slot) & endpoint_control::ENABLE != 0;
        // Without an abort that works, taking AVAILABLE away alone is all that can be done (erratum RP2040-E2).
        let withdrawn = !self.chip.has_abort() && value == old & !AVAILABLE;
        if taken && !withdrawn && !self.abort_is_done(index) {
            self.violated(Violation::BufferTaken(at));
        }
        if value & AVAILABLE == 0 {
            self.unsettled.push(at);
            return;
        }
        if old & AVAILABLE == 0 && ((old ^ value) & !(AVAILABLE | STALL) != 0 || self.unsettled.contains(&at)) {
            self.violated(Violation::AvailableTooEarly(at));
        }
        let (start, len) = (self.place(slot, buffer), usize::from(value & LENGTH));
        let first = usize::from(if slot.is_control() { memory::CONTROL_BUFFER } else { memory::BUFFERS });
        if len != 0 && (start < first || start + len > usize::from(memory::SIZE)) {
            self.violated(Violation::BufferOutside(index));
        }
        let is_bulk = self.endpoint_control(slot) >> endpoint_control::TYPE_SHIFT & 3 == 2;
        // A driver counts from the moment when it hears of the frame, in whole microseconds.
        let in_frame = self.now.nanos().saturating_sub(self.frame_start.max(self.frame_read).nanos());
        if is_bulk && !slot.is_out() && self.chip.fails_at_end_of_frame() && in_frame % 1_000_000 > 801_000 {
            self.violated(Violation::LateInFrame(slot.number()));
        }
    }

    /// Data that belong to the controller. Endpoint 0 has one place for both directions, so only what goes the same way
    /// is looked at there.
    fn check_data(&mut self, at: u16) {
        if at < memory::BUFFERS || !self.is_enabled() {
            return;
        }
        for index in 2..Slot::COUNT as u8 {
            let slot = Slot::from_bit(index);
            if self.endpoint_control(slot) & endpoint_control::ENABLE == 0 || self.is_aborted(index) {
                continue;
            }
            for buffer in 0..2 {
                let control = self.raw_half(slot.buffer_control(buffer));
                let start = self.place(slot, buffer);
                let end = start + usize::from(control & LENGTH);
                if control & AVAILABLE != 0 && (start..end).contains(&usize::from(at)) {
                    self.violated(Violation::DataTaken(at));
                }
            }
        }
    }
}
