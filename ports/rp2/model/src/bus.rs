//! The bus's side: what the controller does with a token (section 4.1.2.6).

use port_rp2::memory::buffer_control::{AVAILABLE, DATA1, FULL, LAST, LENGTH, SELECT_FIRST, STALL};
use port_rp2::memory::{self, Slot, endpoint_control};
use port_rp2::registers::{Register, sie_control, sie_status};
use usb_simulator::port::{Fault, Reply, Toggle, Token, Transaction};

use crate::model::{DATA_SEQUENCE_ERROR, Model};

/// A buffer that a token is about.
struct Buffer {
    slot: Slot,
    number: u8,
    control: u16,
    is_double: bool,
    is_isochronous: bool,
    is_stalled: bool,
}

impl Model {
    pub(crate) fn bus_reset_begins(&mut self) {
        if self.pull_up() {
            self.se0 = true;
            self.was_reset = true;
            self.waking = false;
            self.status = self.status & !sie_status::CONNECTED | sie_status::RESET;
        }
    }

    pub(crate) fn bus_reset_ends(&mut self) {
        self.se0 = false;
        if self.pull_up() && !(self.busy_bus && self.chip.misses_end_of_reset()) {
            self.status |= sie_status::CONNECTED;
        }
    }

    pub(crate) fn bus_suspend(&mut self) {
        if self.pull_up() {
            self.status |= sie_status::SUSPENDED;
        }
    }

    /// A resume that the device has asked for raises no flag; the frames that follow do.
    pub(crate) fn bus_resume(&mut self) {
        if self.pull_up() && !std::mem::take(&mut self.waking) {
            self.status |= sie_status::RESUME;
        }
    }

    pub(crate) fn bus_frame(&mut self, number: u16) {
        if self.pull_up() && self.was_reset && !self.is_deaf() {
            self.frame_flag = true;
            self.frame_number = number.into();
        }
    }

    /// One transaction.
    pub(crate) fn transaction(&mut self, transaction: &Transaction<'_>) -> Reply {
        let address = u32::from(transaction.address);
        let arrives = transaction.arrives() || transaction.token == Token::In;
        if !self.pull_up()
            || !self.was_reset
            || self.is_deaf()
            || self.register(Register::Address) != address
            || !arrives
            || transaction.fault == Some(Fault::LoseToken)
        {
            return Reply::Silent;
        }
        match transaction.token {
            Token::Setup => self.setup(transaction),
            Token::Out => self.out(transaction),
            Token::In => self.input(transaction),
        }
    }

    fn setup(&mut self, transaction: &Transaction<'_>) -> Reply {
        if transaction.endpoint != 0 || transaction.data.len() != 8 {
            return Reply::Silent;
        }
        let at = usize::from(memory::SETUP);
        self.memory[at..at + 8].copy_from_slice(transaction.data);
        self.write(Register::StallArm, 0);
        self.status |= sie_status::SETUP;
        Reply::Ack
    }

    /// The buffer that is next for a token, if the endpoint is enabled.
    fn buffer(&mut self, slot: Slot) -> Option<Buffer> {
        let endpoint = self.endpoint_control(slot);
        if endpoint & endpoint_control::ENABLE == 0 {
            return None;
        }
        let first = self.raw_half(slot.buffer_control(0));
        let is_double = endpoint & endpoint_control::DOUBLE != 0 && !slot.is_control();
        if first & SELECT_FIRST != 0 {
            self.selected[slot.index()] = 0;
        }
        let number = if is_double { self.selected[slot.index()] } else { 0 };
        let armed = !slot.is_control() || self.register(Register::StallArm) & slot.bit() != 0;
        let control = match self.is_aborted(slot.index() as u8) {
            true => 0,
            false => self.raw_half(slot.buffer_control(number)),
        };
        Some(Buffer {
            slot,
            number,
            control,
            is_double,
            is_isochronous: !slot.is_control() && endpoint >> endpoint_control::TYPE_SHIFT & 3 == 1,
            is_stalled: first & STALL != 0 && armed,
        })
    }

    /// The status phase: the control word is updated and the buffer select flips.
    fn done(&mut self, buffer: &Buffer, control: u16) {
        self.set_raw_half(buffer.slot.buffer_control(buffer.number), control & !(AVAILABLE | SELECT_FIRST));
        if buffer.is_double {
            self.selected[buffer.slot.index()] ^= 1;
        }
        if control & LAST != 0 {
            self.status |= sie_status::TRANSFER;
        }
        if !buffer.slot.is_control() || self.register(Register::SieControl) & sie_control::CONTROL_INTERRUPT != 0 {
            self.buffers_done |= buffer.slot.bit();
        }
    }

    fn input(&mut self, transaction: &Transaction<'_>) -> Reply {
        let Some(buffer) = self.buffer(Slot::input(transaction.endpoint)) else { return Reply::Silent };
        if buffer.is_stalled {
            return Reply::Stall;
        }
        if buffer.control & (AVAILABLE | FULL) != AVAILABLE | FULL {
            return if buffer.is_isochronous { Reply::Silent } else { Reply::Nak };
        }
        let start = self.place(buffer.slot, buffer.number);
        let bytes = self.memory[start..start + usize::from(buffer.control & LENGTH)].to_vec();
        if buffer.is_isochronous || transaction.acknowledged(bytes.len()) {
            self.done(&buffer, buffer.control & !FULL);
        }
        Reply::Data { toggle: Toggle::from_bit(buffer.control & DATA1 != 0), bytes }
    }

    fn out(&mut self, transaction: &Transaction<'_>) -> Reply {
        let Some(buffer) = self.buffer(Slot::output(transaction.endpoint)) else { return Reply::Silent };
        if buffer.is_stalled {
            return Reply::Stall;
        }
        let refused = if buffer.is_isochronous { Reply::Silent } else { Reply::Nak };
        if buffer.control & (AVAILABLE | FULL) != AVAILABLE {
            return refused;
        }
        if transaction.data.len() > usize::from(buffer.control & LENGTH) {
            return Reply::Silent;
        }
        let accepted = if buffer.is_isochronous { Reply::Silent } else { Reply::Ack };
        if !buffer.is_isochronous && transaction.toggle != Toggle::from_bit(buffer.control & DATA1 != 0) {
            self.status |= DATA_SEQUENCE_ERROR;
            return accepted;
        }
        let start = self.place(buffer.slot, buffer.number);
        self.memory[start..start + transaction.data.len()].copy_from_slice(transaction.data);
        self.done(&buffer, buffer.control & !LENGTH | FULL | transaction.data.len() as u16);
        accepted
    }
}
