//! What the controller tells.

use usb_stack::SetupPacket;
use usb_stack::controller::Event;

use crate::channel::{DATA1, HALTED};
use crate::driver::Driver;
use crate::frames::{STACK, SUSPENDED};
use crate::line::Line;
use crate::memory::buffer_control::LENGTH;
use crate::memory::{self, Slot};
use crate::registers::{Register, Registers, interrupt, sie_control, sie_status};

/// What has happened: an event that has not fetched its packet yet, and so comes in registers.
#[derive(Clone, Copy)]
pub(crate) enum News {
    /// The controller is done with a buffer.
    Over(Slot),
    Reset,
    Setup,
    Suspend,
    Resume,
    StartOfFrame,
}

impl<R: Registers> Driver<R> {
    /// The event that news is about.
    #[inline(always)]
    pub(crate) fn event(&mut self, news: News) -> Event {
        match news {
            News::Over(slot) if slot.is_out() => Event::Received { number: slot.number() },
            News::Over(slot) => Event::Sent { number: slot.number() },
            News::Reset => Event::Reset,
            News::Setup => {
                let (first, last) = self.take_setup();
                let ([a, b, c, d], [e, f, g, h]) = (first.to_le_bytes(), last.to_le_bytes());
                Event::Setup(SetupPacket::new([a, b, c, d, e, f, g, h]))
            }
            News::Suspend => Event::Suspend,
            News::Resume => Event::Resume,
            News::StartOfFrame => Event::StartOfFrame,
        }
    }

    /// The oldest news. What the controller holds has no order but the order in which things can happen: packets before
    /// the bus reset or the SETUP that followed them.
    #[inline(never)]
    pub(crate) fn poll(&mut self) -> Option<News> {
        // Taken once and first: packets that are noted below were over before a SETUP or a reset that shows here.
        let raised = self.registers.read(Register::InterruptStatus);
        if raised & (interrupt::TRANSFER | interrupt::RESET | interrupt::SETUP) != 0 {
            // The end of `status_follows`.
            self.registers.set(Register::SieControl, sie_control::CONTROL_INTERRUPT);
        }
        // Cleared before anybody looks, so that what is done from now on shows again.
        let mut done = self.registers.read(Register::BuffersDone);
        self.registers.write(Register::BuffersDone, done);
        if raised & interrupt::TRANSFER != 0 {
            self.registers.write(Register::SieStatus, sie_status::TRANSFER);
            done |= Slot::CONTROL_IN.bit() | Slot::CONTROL_OUT.bit();
        }
        self.pending |= done;
        if raised & (interrupt::RESET | interrupt::SETUP) != 0 {
            let keep_empty = raised & interrupt::RESET == 0;
            self.empty_control(Slot::CONTROL_IN, keep_empty);
            self.empty_control(Slot::CONTROL_OUT, keep_empty);
        }
        // The flags may have come before the control words.
        self.registers.settle();
        while self.pending != 0 {
            let slot = Slot::lowest(self.pending);
            let over = self.over(slot);
            if over < 2 {
                self.pending &= !slot.bit();
            }
            if over != 0 {
                self.channel(slot).tell(slot);
                return Some(News::Over(slot));
            }
        }
        if raised & interrupt::RESET != 0 {
            self.bus_reset();
            return Some(News::Reset);
        }
        if raised & interrupt::SETUP != 0 {
            return Some(News::Setup);
        }
        if self.line != Line::Quiet {
            self.poll_line();
        }
        if raised & (interrupt::SUSPEND | interrupt::RESUME) != 0
            && let Some(news) = self.poll_power(raised)
        {
            return Some(news);
        }
        if raised & interrupt::FRAME != 0 { self.frame_begins() } else { None }
    }

    /// Endpoint 0 in one direction after a SETUP or a reset: nothing queued, nothing halted, and nothing to be told of it,
    /// except (after a SETUP) that an empty packet has ended the transfer before. A SETUP does not do that by itself (section
    /// 4.1.2.6.1 only has it take the stall away).
    #[inline(never)]
    fn empty_control(&mut self, slot: Slot, keep_empty: bool) {
        let channel = &self.channels[slot.index()];
        // Otherwise it is as every transfer leaves it that has come to its end.
        if !channel.is_idle() || channel.is(HALTED) {
            self.take_back(slot);
            self.channel(slot).set(HALTED, false);
            let was_empty = self.registers.half(slot.buffer_control(0)) & LENGTH == 0;
            if keep_empty && was_empty && self.channel(slot).flying() != 0 {
                self.pending |= slot.bit();
            } else {
                self.forget_events(slot);
            }
        }
        self.channel(slot).set(DATA1, true);
    }

    fn bus_reset(&mut self) {
        // A SETUP can only have come after the reset if the device still answered then, that is at address 0.
        let stale = if self.registers.read(Register::Address) != 0 { sie_status::SETUP } else { 0 };
        self.registers.write(Register::Address, 0);
        self.registers
            .write(Register::SieStatus, sie_status::RESET | sie_status::SUSPENDED | sie_status::RESUME | stale);
        self.shut_all();
        self.listen(SUSPENDED | STACK, false);
        self.watch_line();
    }

    /// The SETUP packet. Another one may come while it is read: its flag is up again then.
    #[inline(never)]
    fn take_setup(&mut self) -> (u32, u32) {
        let mut words = (0, 0);
        for _ in 0..3 {
            self.registers.write(Register::SieStatus, sie_status::SETUP);
            words = (self.registers.word(memory::SETUP), self.registers.word(memory::SETUP + 4));
            if self.registers.read(Register::SieStatus) & sie_status::SETUP == 0 {
                break;
            }
        }
        // wLength, and bit 7 of bmRequestType.
        self.control_left = words.1 >> 16;
        self.control_reads = words.0 & 0x80 != 0 && self.control_left != 0;
        words
    }

    /// The flag that changes something comes first; the other one is old.
    fn poll_power(&mut self, raised: u32) -> Option<News> {
        let suspended = self.is_suspended();
        let changes = raised & if suspended { interrupt::RESUME } else { interrupt::SUSPEND } != 0;
        let flag = if suspended == changes { sie_status::RESUME } else { sie_status::SUSPENDED };
        self.registers.write(Register::SieStatus, flag);
        if !changes {
            return None;
        }
        self.listen(SUSPENDED, !suspended);
        Some(if suspended { News::Resume } else { News::Suspend })
    }
}
