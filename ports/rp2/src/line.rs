//! The end of a bus reset, and what erratum RP2040-E5 makes of it.
//!
//! The erratum: an RP2040 B0 or B1 leaves its RESET state only after 800 us of J on the line. Behind a hub with other
//! devices the line is never quiet that long. The workaround of the data sheet: when the host's SE0 is over, cut the
//! controller off from the line and feed it J from GPIO 15 until it says that it is connected. The host leaves a device
//! alone for 10 ms after a reset (USB 2.0 section 7.1.7.5), so nothing is missed meanwhile.
//!
//! No interrupt marks the end of SE0, so the handler has itself called back every millisecond.

use crate::driver::Driver;
use crate::registers::{Register, Registers, muxing, phy, sie_status};

/// How long between two looks at the line, in microseconds.
const LOOK_US: u32 = 1000;

/// When the controller has been fed J so long and still is not connected, it never will be.
const GIVE_UP_US: u32 = 8000;

/// Where the workaround is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// The driver is not connected.
    Off,
    /// Nothing to do.
    Quiet,
    /// The host drives SE0.
    Reset,
    /// The controller has been fed J since then.
    Forced(u32),
}

impl<R: Registers> Driver<R> {
    /// A bus reset has begun. The next poll, of the same run of the handler, has the line looked at.
    pub(crate) fn watch_line(&mut self) {
        if self.registers.chip().misses_end_of_reset() {
            self.end_line_work();
            self.line = Line::Reset;
        }
    }

    /// Called whenever the handler runs and there is something to do.
    pub(crate) fn poll_line(&mut self) {
        let status = self.registers.read(Register::SieStatus);
        let now = self.registers.now_us();
        match self.line {
            Line::Off | Line::Quiet => return,
            Line::Reset if status & sie_status::LINE == 0 => {}
            Line::Reset => {
                self.line = Line::Forced(now);
                let registers = &mut self.registers;
                registers.force_j(true);
                // The pull-up stays on while the transceiver is not in charge.
                registers.write(Register::PhyDirect, phy::DP_PULL_UP);
                registers.write(Register::PhyOverride, phy::OVERRIDE_DP_PULL_UP);
                registers.write(Register::Muxing, muxing::PADS | muxing::SOFT_CONNECT);
            }
            Line::Forced(since) => {
                let forced = now.wrapping_sub(since);
                if forced >= GIVE_UP_US || forced >= LOOK_US && status & sie_status::CONNECTED != 0 {
                    self.end_line_work();
                    return;
                }
            }
        }
        self.registers.call_back(LOOK_US);
    }

    /// Gives the line and the pin back.
    pub(crate) fn end_line_work(&mut self) {
        if matches!(self.line, Line::Forced(_)) {
            let registers = &mut self.registers;
            registers.write(Register::Muxing, muxing::TRANSCEIVER | muxing::SOFT_CONNECT);
            registers.write(Register::PhyOverride, 0);
            registers.force_j(false);
        }
        self.line = Line::Quiet;
    }
}
