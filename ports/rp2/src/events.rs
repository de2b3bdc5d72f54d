//! What the controller tells.

use usb_stack::SetupPacket;
use usb_stack::controller::Event;

use crate::channel::{DATA1, HALTED};
use crate::driver::{Driver, completion};
use crate::line::Line;
use crate::memory::{self, Slot};
use crate::registers::{Register, Registers, interrupt, sie_status};

impl<R: Registers> Driver<R> {
    /// The oldest event. What the controller holds has no order but the order in which things can happen: packets before
    /// the bus reset or the SETUP that followed them.
    #[inline(never)]
    pub(crate) fn poll(&mut self) -> Option<Event> {
        // Taken once and first: packets that are noted below were over before a SETUP or a reset that shows here.
        let raised = self.registers.read(Register::InterruptStatus);
        // A thousand times a second.
        if raised == interrupt::FRAME && self.pending == 0 && self.line == Line::Quiet {
            return self.frame_begins();
        }
        if raised & interrupt::TRANSFER != 0 {
            self.registers.write(Register::SieStatus, sie_status::TRANSFER);
            self.hear_control();
            self.collect(Slot::CONTROL_IN);
            self.collect(Slot::CONTROL_OUT);
        }
        if raised & interrupt::BUFFERS != 0 {
            let mut left = self.registers.read(Register::BuffersDone);
            while left != 0 {
                self.collect(Slot::from_bit(left.trailing_zeros() as u8));
                left &= left.wrapping_sub(1);
            }
        }
        if raised & (interrupt::RESET | interrupt::SETUP) != 0 {
            self.hear_control();
            self.empty_control(raised & interrupt::RESET == 0);
        }
        if self.pending != 0 {
            return Some(self.tell_completion());
        }
        if raised & interrupt::RESET != 0 {
            return Some(self.bus_reset());
        }
        if raised & interrupt::SETUP != 0 {
            return Some(Event::Setup(SetupPacket::new(self.take_setup())));
        }
        if self.line != Line::Quiet {
            self.poll_line();
        }
        if raised & (interrupt::SUSPEND | interrupt::RESUME) != 0
            && let Some(event) = self.poll_power(raised)
        {
            return Some(event);
        }
        if raised & interrupt::FRAME != 0
            && let Some(event) = self.frame_begins()
        {
            return Some(event);
        }
        self.registers.write(Register::InterruptForce, 0);
        None
    }

    fn tell_completion(&mut self) -> Event {
        let slot = Slot::from_bit(self.pending.trailing_zeros() as u8);
        let channel = self.channel(slot);
        channel.untold = channel.untold.saturating_sub(1);
        if channel.untold == 0 {
            self.pending &= !slot.bit();
        }
        completion(slot)
    }

    /// Endpoint 0 after a SETUP or a reset: nothing queued, nothing halted, and nothing to be told of it, except (after a
    /// SETUP) that an empty packet has ended the transfer before. A SETUP does not do that by itself (section 4.1.2.6.1
    /// only has it take the stall away).
    fn empty_control(&mut self, keep_empty: bool) {
        self.empty_control_slot(Slot::CONTROL_IN, keep_empty);
        self.empty_control_slot(Slot::CONTROL_OUT, keep_empty);
    }

    #[inline(never)]
    fn empty_control_slot(&mut self, slot: Slot, keep_empty: bool) {
        let channel = self.channel(slot);
        if channel.is_idle() && channel.untold == 0 && !channel.is(HALTED) {
            // As every transfer leaves it that has come to its end.
            channel.set(DATA1, true);
            return;
        }
        self.take_back(slot);
        let channel = self.channel(slot);
        let (untold, waiting) = (channel.untold, channel.waiting);
        channel.set(HALTED, false);
        channel.set(DATA1, true);
        let keep = keep_empty && untold != 0 && self.was_empty(slot);
        self.forget_events(slot);
        if keep {
            let channel = self.channel(slot);
            channel.untold = untold;
            channel.waiting = waiting;
            self.pending |= slot.bit();
        }
    }

    /// The last packet of endpoint 0 in this direction had no data. Its control word says so of an OUT packet, until it is
    /// cleared, which leaves 0 there.
    fn was_empty(&self, slot: Slot) -> bool {
        if slot.is_out() {
            self.registers.half(slot.buffer_control(0)) & memory::buffer_control::LENGTH == 0
        } else {
            self.control_in_empty
        }
    }

    #[inline(never)]
    fn bus_reset(&mut self) -> Event {
        // A SETUP can only have come after the reset if the device still answered then, that is at address 0.
        let stale = if self.registers.read(Register::Address) != 0 { sie_status::SETUP } else { 0 };
        self.registers.write(Register::Address, 0);
        self.registers
            .write(Register::SieStatus, sie_status::RESET | sie_status::SUSPENDED | sie_status::RESUME | stale);
        self.shut_all();
        self.suspended = false;
        self.want_frames(false);
        self.watch_line();
        Event::Reset
    }

    /// The SETUP packet. Another one may come while it is read: its flag is up again then.
    fn take_setup(&mut self) -> [u8; 8] {
        let mut words = [0; 2];
        for _ in 0..3 {
            self.registers.write(Register::SieStatus, sie_status::SETUP);
            words = [self.registers.word(memory::SETUP), self.registers.word(memory::SETUP + 4)];
            if self.registers.read(Register::SieStatus) & sie_status::SETUP == 0 {
                break;
            }
        }
        let [first, last] = words;
        // wLength, and bit 7 of bmRequestType.
        self.control_left = (last >> 16) as u16;
        self.control_reads = first & 0x80 != 0 && self.control_left != 0;
        let ([a, b, c, d], [e, f, g, h]) = (first.to_le_bytes(), last.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }

    #[inline(never)]
    fn poll_power(&mut self, raised: u32) -> Option<Event> {
        if self.suspended && raised & interrupt::RESUME != 0 {
            self.registers.write(Register::SieStatus, sie_status::RESUME);
            self.suspended = false;
            self.listen_to_frames();
            return Some(Event::Resume);
        }
        if raised & interrupt::SUSPEND != 0 {
            self.registers.write(Register::SieStatus, sie_status::SUSPENDED);
            if !self.suspended {
                self.suspended = true;
                // The next frame is the sign of a resume, should there be no other.
                self.listen_to_frames();
                return Some(Event::Suspend);
            }
        } else if raised & interrupt::RESUME != 0 {
            self.registers.write(Register::SieStatus, sie_status::RESUME);
        }
        None
    }
}
