//! What the driver knows of one endpoint in one direction.

/// One endpoint in one direction. All zeros is a closed one, so that a driver at rest takes no flash.
///
/// Its buffers are used in turn. Of those that are in use, the oldest is `first`: (OUT) those that hold a packet come
/// before those that are armed.
#[derive(Clone, Copy)]
pub(crate) struct Channel {
    /// Where its first packet buffer stands in the packet memory; the second follows 64 bytes later.
    pub buffer: u16,
    /// Largest payload of a packet.
    pub packet: u16,
    /// Bytes of packet memory that are its own, open or not.
    pub memory: u16,
    flags: u8,
    /// The oldest buffer in use, 0 or 1.
    pub first: u8,
    /// Buffers that the controller has, or (erratum RP2040-E15) will have at the next frame.
    pub flying: u8,
    /// OUT: buffers with a packet that nobody has taken.
    pub waiting: u8,
    /// Events to be delivered.
    pub untold: u8,
}

/// It is open.
pub(crate) const OPEN: u8 = 1 << 0;
/// It has two buffers.
pub(crate) const DOUBLE: u8 = 1 << 1;
/// It is a bulk endpoint.
pub(crate) const BULK: u8 = 1 << 2;
/// It is an isochronous endpoint.
pub(crate) const ISOCHRONOUS: u8 = 1 << 3;
/// It answers STALL.
pub(crate) const HALTED: u8 = 1 << 4;
/// The next buffer to be handed over is for a DATA1 packet.
pub(crate) const DATA1: u8 = 1 << 5;

impl Channel {
    pub const CLOSED: Self =
        Self { buffer: 0, packet: 0, memory: 0, flags: 0, first: 0, flying: 0, waiting: 0, untold: 0 };

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

    /// Opened: empty, not halted, DATA0 next.
    pub fn open(&mut self, packet: u16, flags: u8) {
        self.close();
        self.packet = packet;
        self.flags = flags | OPEN;
    }

    /// Closed, with its memory.
    pub fn close(&mut self) {
        *self = Self { buffer: self.buffer, memory: self.memory, ..Self::CLOSED };
    }

    /// How many buffers it has.
    pub const fn buffers(&self) -> u8 {
        if self.is(DOUBLE) { 2 } else { 1 }
    }

    /// A buffer is free.
    pub const fn has_room(&self) -> bool {
        self.flying.wrapping_add(self.waiting) < self.buffers()
    }

    /// The buffer that comes `after` so many others, counted from the oldest in use.
    const fn nth(&self, after: u8) -> u8 {
        self.first.wrapping_add(after) & self.buffers().wrapping_sub(1)
    }

    /// The `index`th of the buffers that the controller has.
    pub const fn nth_flying(&self, index: u8) -> u8 {
        self.nth(self.waiting.wrapping_add(index))
    }

    /// The next free buffer.
    pub const fn free(&self) -> u8 {
        self.nth_flying(self.flying)
    }

    /// The oldest buffer is free again.
    pub fn advance(&mut self) {
        self.first = self.nth(1);
    }

    /// Nothing of it is in use.
    pub const fn is_idle(&self) -> bool {
        self.flying == 0 && self.waiting == 0
    }

    /// Where the packet buffer stands.
    pub const fn place(&self, buffer: u8) -> u16 {
        self.buffer.wrapping_add(if buffer & 1 == 0 { 0 } else { crate::memory::GRANULE })
    }

    /// The toggle goes on by so many packets. Isochronous packets are always DATA0 (USB 2.0 section 5.6.5).
    pub fn toggle(&mut self, packets: u8) {
        if !self.is(ISOCHRONOUS) && packets & 1 != 0 {
            self.flags ^= DATA1;
        }
    }
}
