//! A ring of bytes: what the serial port has to send.

/// Bytes that it holds; a power of two.
pub(crate) const SIZE: usize = 256;

/// The ring.
#[repr(C)]
pub(crate) struct Fifo {
    /// Place of the oldest byte.
    start: u16,
    /// Bytes in it, those on their way to the host included.
    filled: u16,
    bytes: [u8; SIZE],
}

impl Fifo {
    pub const fn new() -> Self {
        Self { start: 0, filled: 0, bytes: [0; SIZE] }
    }

    /// Bytes that can be appended.
    pub fn room(&self) -> usize {
        SIZE.saturating_sub(usize::from(self.filled))
    }

    /// Lets go of the oldest bytes.
    pub fn drop_oldest(&mut self, count: u16) {
        let count = count.min(self.filled);
        self.filled = self.filled.saturating_sub(count);
        // Whole packets from the start of the memory on do not meet its end halfway.
        self.start = if self.filled == 0 { 0 } else { self.start.wrapping_add(count) & (SIZE as u16 - 1) };
    }

    /// Appends bytes; there has to be room.
    pub fn append(&mut self, bytes: &[u8]) {
        let end = usize::from(self.start.wrapping_add(self.filled)) & (SIZE - 1);
        let until_wrap = bytes.len().min(SIZE.saturating_sub(end));
        let (first, rest) = bytes.split_at_checked(until_wrap).unwrap_or((bytes, &[]));
        // Loops that become block copies; copy_from_slice() has a check of its own that can fail.
        let end = self.bytes.get_mut(end..).unwrap_or(&mut []);
        end.iter_mut().zip(first).for_each(|(place, byte)| *place = *byte);
        self.bytes.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        self.filled = self.filled.saturating_add(bytes.len() as u16).min(SIZE as u16);
    }

    /// The bytes from place `skip` on, up to the end of the memory.
    pub fn piece(&self, skip: usize) -> &[u8] {
        let count = usize::from(self.filled).saturating_sub(skip);
        let from = usize::from(self.start).wrapping_add(skip) & (SIZE - 1);
        let piece = self.bytes.get(from..).unwrap_or(&[]);
        piece.get(..count).unwrap_or(piece)
    }
}
