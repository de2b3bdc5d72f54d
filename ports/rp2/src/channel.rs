//! What the driver knows of one endpoint in one direction.

use crate::memory::buffer_control::SELECT_FIRST;
use crate::memory::{GRANULE, Slot};

/// One endpoint in one direction. All zeros is a closed one, so that a driver at rest takes no flash.
///
/// Its buffers are used in turn, and three counters say how far which of them has come:
///
/// ```text
/// released ... done    the controller is done with them; nobody has released them yet (OUT only)
///     done ... handed  handed over, and no event has come of it yet
/// ```
///
/// What is not between `released` and `handed` is free.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Channel {
    /// Where its first packet buffer stands in the packet memory; the second follows 64 bytes later.
    pub buffer: u16,
    /// Largest payload of a packet.
    pub packet: u16,
    /// Bytes of packet memory that are its own, open or not.
    pub memory: u16,
    released: u8,
    pub done: u8,
    pub handed: u8,
    flags: u8,
}

/// It has two buffers.
pub(crate) const DOUBLE: u8 = 1 << 0;
/// It is open.
pub(crate) const OPEN: u8 = 1 << 1;
/// It is a bulk endpoint.
pub(crate) const BULK: u8 = 1 << 2;
/// It is an isochronous endpoint.
pub(crate) const ISOCHRONOUS: u8 = 1 << 3;
/// It answers STALL.
pub(crate) const HALTED: u8 = 1 << 4;
/// The next buffer to be handed over is for a DATA1 packet.
pub(crate) const DATA1: u8 = 1 << 5;

impl Channel {
    pub const CLOSED: Self = Self { buffer: 0, packet: 0, memory: 0, released: 0, done: 0, handed: 0, flags: 0 };

    pub const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }

    /// A closed one is opened: it is empty, not halted, DATA0 next.
    pub fn open(&mut self, packet: u16, flags: u8) {
        self.packet = packet;
        self.flags = flags | OPEN;
    }

    /// Closed, with its memory.
    pub fn close(&mut self) {
        *self = Self { buffer: self.buffer, memory: self.memory, ..Self::CLOSED };
    }

    /// Packets may go through it.
    pub const fn is_ready(&self) -> bool {
        self.flags & (OPEN | HALTED) == OPEN
    }

    /// Buffers of which an event is still to come.
    pub const fn flying(&self) -> u8 {
        self.handed.wrapping_sub(self.done)
    }

    /// A packet waits to be read.
    pub const fn is_waiting(&self) -> bool {
        self.released != self.done
    }

    /// Nothing of it is in use.
    pub const fn is_idle(&self) -> bool {
        self.released == self.handed
    }

    /// A buffer is free.
    pub const fn has_room(&self) -> bool {
        self.handed.wrapping_sub(self.released) <= self.flags & DOUBLE
    }

    /// Whose turn it is: buffer 0 or 1.
    const fn turn(&self, count: u8) -> u8 {
        count & self.flags & DOUBLE
    }

    /// The half of the buffer control word for the buffer of a count.
    pub const fn control_at(&self, slot: Slot, count: u8) -> u16 {
        slot.buffer_control(self.turn(count))
    }

    /// The half of the buffer control word for the oldest packet that waits.
    pub const fn waiting_at(&self, slot: Slot) -> u16 {
        self.control_at(slot, self.released)
    }

    /// Where the oldest packet that waits stands.
    pub const fn waiting_place(&self) -> u16 {
        self.place(self.released)
    }

    /// Where the next free buffer stands.
    pub const fn free_place(&self) -> u16 {
        self.place(self.handed)
    }

    const fn place(&self, count: u8) -> u16 {
        self.buffer.wrapping_add(GRANULE * self.turn(count) as u16)
    }

    /// To be called before the next free buffer is used. If nothing is in use, begin with buffer 0 and tell the controller,
    /// whose own count may stand at the other one (section 4.1.2.5.3).
    pub fn begin(&mut self) -> u16 {
        if !self.is_idle() {
            return 0;
        }
        (self.released, self.done, self.handed) = (0, 0, 0);
        SELECT_FIRST
    }

    /// An event comes of the oldest buffer that was handed over.
    pub fn tell(&mut self, slot: Slot) {
        self.done = self.done.wrapping_add(1);
        if !slot.is_out() {
            self.released = self.done;
        }
    }

    /// The oldest buffer that waits is free again.
    pub fn release(&mut self) {
        if self.is_waiting() {
            self.released = self.released.wrapping_add(1);
        }
    }

    /// No event comes of anything that was handed over, and nothing waits any more.
    pub fn forget(&mut self) {
        self.done = self.handed;
        self.released = self.handed;
    }

    /// The toggle goes on by a packet, or back. Isochronous packets are always DATA0 (USB 2.0 section 5.6.5).
    pub fn toggle(&mut self) {
        if !self.is(ISOCHRONOUS) {
            self.flags ^= DATA1;
        }
    }
}
