//! The state, and the registers' side of it.

use port_rp2::memory;
use port_rp2::registers::{Chip, Register, interrupt, main, muxing, sie_control, sie_status};
use usb_simulator::time::BusTime;

use crate::violation::Violation;

/// Violations beyond so many are counted only.
const KEPT: usize = 64;

/// Flags of SIE_STATUS that are cleared by writing 1 to them.
const STATUS_FLAGS: u32 = sie_status::SUSPENDED
    | sie_status::RESUME
    | sie_status::CONNECTED
    | sie_status::SETUP
    | sie_status::TRANSFER
    | sie_status::RESET
    | DATA_SEQUENCE_ERROR;

/// DATA_SEQ_ERROR of SIE_STATUS.
pub(crate) const DATA_SEQUENCE_ERROR: u32 = 1 << 31;

/// The controller.
pub struct Model {
    pub(crate) chip: Chip,
    running: bool,
    registers: [u32; 0x100 / 4],
    pub(crate) status: u32,
    /// The line as the controller sees it: SE0 while the host resets.
    pub(crate) se0: bool,
    pub(crate) frame_flag: bool,
    pub(crate) frame_number: u32,
    pub(crate) buffers_done: u32,
    abort_done: u32,
    pub(crate) memory: [u8; memory::SIZE as usize],
    /// The controller's own count of which buffer is next, for each slot.
    pub(crate) selected: [u8; 32],
    /// Offsets of buffer control halves that were written and have not settled.
    pub(crate) unsettled: Vec<u16>,
    forcing_j: bool,
    pub(crate) waking: bool,
    /// A bus reset was seen since the pull-up went on.
    pub(crate) was_reset: bool,
    /// The time of the bus.
    pub(crate) now: BusTime,
    pub(crate) frame_start: BusTime,
    /// When the driver heard of the last frame.
    pub(crate) frame_read: BusTime,
    pub(crate) call_back_at: Option<BusTime>,
    /// The line is never quiet, so that erratum RP2040-E5 shows.
    pub busy_bus: bool,
    pub(crate) changes: u64,
    violations: Vec<Violation>,
}

impl Model {
    /// A chip after power-up: the block is in reset.
    pub fn new(chip: Chip) -> Self {
        Self {
            chip,
            running: false,
            registers: [0; 0x100 / 4],
            status: 0,
            se0: false,
            frame_flag: false,
            frame_number: 0,
            buffers_done: 0,
            abort_done: 0,
            // What a block that was in use before leaves behind.
            memory: [0xa5; memory::SIZE as usize],
            selected: [1; 32],
            unsettled: Vec::new(),
            forcing_j: false,
            waking: false,
            was_reset: false,
            now: BusTime::ZERO,
            frame_start: BusTime::ZERO,
            frame_read: BusTime::ZERO,
            call_back_at: None,
            busy_bus: false,
            changes: 0,
            violations: Vec::new(),
        }
    }

    /// What the driver has done wrong so far, the first ones if it was much.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn violated(&mut self, violation: Violation) {
        if self.violations.len() < KEPT {
            self.violations.push(violation);
        }
    }

    pub(crate) fn check_running(&mut self) {
        if !self.running {
            self.violated(Violation::InReset);
        }
    }

    pub(crate) fn register(&self, register: Register) -> u32 {
        self.registers[register as usize / 4]
    }

    /// The pull-up is on.
    pub fn pull_up(&self) -> bool {
        if self.register(Register::PhyOverride) & 1 << 2 != 0 {
            return self.register(Register::PhyDirect) & 1 << 1 != 0;
        }
        self.register(Register::Muxing) & muxing::TRANSCEIVER != 0
            && self.register(Register::SieControl) & sie_control::PULL_UP != 0
    }

    /// The interrupts that are up.
    pub fn interrupts(&self) -> u32 {
        let mut raw = 0;
        for (flag, bit) in [
            (sie_status::RESET, interrupt::RESET),
            (sie_status::SETUP, interrupt::SETUP),
            (sie_status::TRANSFER, interrupt::TRANSFER),
            (sie_status::SUSPENDED, interrupt::SUSPEND),
            (sie_status::RESUME, interrupt::RESUME),
        ] {
            if self.status & flag != 0 {
                raw |= bit;
            }
        }
        if self.buffers_done != 0 {
            raw |= interrupt::BUFFERS;
        }
        if self.frame_flag {
            raw |= interrupt::FRAME;
        }
        raw & self.register(Register::InterruptEnable)
    }

    /// The interrupt line to the processor.
    pub fn irq(&self) -> bool {
        self.interrupts() != 0 || self.call_back_at.is_some_and(|at| at <= self.now)
    }

    /// The time of the bus.
    pub fn time(&self) -> BusTime {
        self.now
    }

    /// The driver wants to be called back.
    pub fn has_call_back(&self) -> bool {
        self.call_back_at.is_some()
    }

    /// GPIO 15 has been taken from its user.
    pub fn pin_is_taken(&self) -> bool {
        self.forcing_j
    }

    pub(crate) fn restart(&mut self) {
        let (chip, changes, busy_bus) = (self.chip, self.changes, self.busy_bus);
        let (violations, now, frame_start) = (std::mem::take(&mut self.violations), self.now, self.frame_start);
        *self = Self { changes: changes + 1, busy_bus, violations, now, frame_start, running: true, ..Self::new(chip) };
        if chip == Chip::Rp2350 {
            self.registers[Register::Main as usize / 4] = main::ISOLATE;
        }
    }

    pub(crate) fn read(&mut self, register: Register) -> u32 {
        self.check_running();
        match register {
            Register::SieStatus => self.status | if self.se0 { 0 } else { 1 << 2 },
            Register::BuffersDone => self.buffers_done,
            Register::AbortDone => self.abort_done,
            Register::InterruptStatus => self.interrupts(),
            Register::Frame => {
                if std::mem::take(&mut self.frame_flag) {
                    self.frame_read = self.now;
                }
                self.frame_number
            }
            _ => self.register(register),
        }
    }

    pub(crate) fn write(&mut self, register: Register, value: u32) {
        self.check_running();
        match register {
            Register::SieStatus => self.status &= !(value & STATUS_FLAGS),
            Register::BuffersDone => self.buffers_done &= !value,
            Register::AbortDone => self.abort_done &= !value,
            _ => {
                self.registers[register as usize / 4] = value;
                self.written(register);
            }
        }
        self.changes += 1;
    }

    fn written(&mut self, register: Register) {
        let value = self.register(register);
        match register {
            Register::Abort if value != 0 && !self.chip.has_abort() => self.violated(Violation::AbortThatNeverEnds),
            Register::Abort => self.abort_done |= value,
            Register::SieControl => {
                if value & sie_control::RESUME != 0 {
                    self.waking = self.status & sie_status::SUSPENDED != 0 || self.waking || self.was_reset;
                    self.registers[Register::SieControl as usize / 4] &= !sie_control::RESUME;
                }
                let main = self.register(Register::Main);
                if self.pull_up() && (main & main::ENABLE == 0 || main & main::ISOLATE != 0) {
                    self.violated(Violation::PullUpTooEarly);
                }
                if !self.pull_up() {
                    self.was_reset = false;
                    self.waking = false;
                }
            }
            Register::Muxing => self.notice_j(),
            _ => {}
        }
    }

    pub(crate) fn force_j(&mut self, on: bool) {
        if self.chip != Chip::Rp2040B1 {
            self.violated(Violation::PinTaken);
        }
        self.forcing_j = on;
        self.notice_j();
    }

    /// J reaches the controller through the pads: it leaves its RESET state.
    fn notice_j(&mut self) {
        if self.forcing_j && self.register(Register::Muxing) & muxing::PADS != 0 && !self.se0 {
            self.status |= sie_status::CONNECTED;
        }
    }

    /// The controller has not seen the end of the last bus reset (erratum RP2040-E5), or does not look at the line.
    pub(crate) fn is_deaf(&self) -> bool {
        let lost = self.busy_bus && self.chip.misses_end_of_reset() && self.status & sie_status::CONNECTED == 0;
        lost || self.register(Register::Muxing) & muxing::TRANSCEIVER == 0
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.register(Register::Main) & main::ENABLE != 0
    }

    pub(crate) fn abort_is_done(&self, slot: u8) -> bool {
        self.register(Register::Abort) & self.abort_done & 1 << slot != 0
    }

    /// The controller has been told to leave the buffers of a slot alone.
    pub(crate) fn is_aborted(&self, slot: u8) -> bool {
        self.register(Register::Abort) & 1 << slot != 0
    }

    pub(crate) fn now_us(&self) -> u32 {
        (self.now.nanos() / 1000) as u32
    }
}
