//! What the controller tells.

use usb_stack::SetupPacket;
use usb_stack::controller::Event;

use crate::channel::{DATA1, HALTED};
use crate::driver::{Driver, completion};
use crate::frames::{STACK, SUSPENDED};
use crate::line::Line;
use crate::memory::buffer_control::LENGTH;
use crate::memory::{self, Slot};
use crate::registers::{Register, Registers, interrupt, sie_control, sie_status};

impl<R: Registers> Driver<R> {
    /// The oldest event. What the controller holds has no order but the order in which things can happen: packets before
    /// the bus reset or the SETUP that followed them.
    #[inline(never)]
    pub(crate) fn poll(&mut self) -> Option<Event> {
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
                return Some(completion(slot));
            }
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

    fn bus_reset(&mut self) -> Event {
        // A SETUP can only have come after the reset if the device still answered then, that is at address 0.
        let stale = if self.registers.read(Register::Address) != 0 { sie_status::SETUP } else { 0 };
        self.registers.write(Register::Address, 0);
        self.registers
            .write(Register::SieStatus, sie_status::RESET | sie_status::SUSPENDED | sie_status::RESUME | stale);
        self.shut_all();
        self.listen(SUSPENDED | STACK, false);
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
        // wLength, and bit 7 of bmRequestType.
        self.control_left = self.registers.half(memory::SETUP + 6).into();
        self.control_reads = self.registers.half(memory::SETUP) & 0x80 != 0 && self.control_left != 0;
        let [first, last] = words;
        let ([a, b, c, d], [e, f, g, h]) = (first.to_le_bytes(), last.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }

    /// The flag that changes something comes first; the other one is old.
    fn poll_power(&mut self, raised: u32) -> Option<Event> {
        let suspended = self.is_suspended();
        let changes = raised & if suspended { interrupt::RESUME } else { interrupt::SUSPEND } != 0;
        let flag = if suspended == changes { sie_status::RESUME } else { sie_status::SUSPENDED };
        self.registers.write(Register::SieStatus, flag);
        if !changes {
            return None;
        }
        self.listen(SUSPENDED, !suspended);
        Some(if suspended { Event::Resume } else { Event::Suspend })
    }
}
