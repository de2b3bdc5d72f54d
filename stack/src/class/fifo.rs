//! A ring of bytes: what the serial port has to send.

/// Bytes that it holds; a power of two.
pub(crate) const SIZE: usize = 256;

/// The ring.
#[repr(C)]
pub(crate) struct Fifo {
    /// Place of the oldest byte.
    start: usize,
    /// Bytes in it, those on their way to the host included.
    filled: usize,
    bytes: [u8; SIZE],
}

impl Fifo {
    pub const fn new() -> Self {
        Self { start: 0, filled: 0, bytes: [0; SIZE] }
    }

    /// Bytes that can be appended.
    pub fn room(&self) -> usize {
        SIZE.wrapping_sub(self.filled)
    }

    /// Lets go of the oldest bytes.
    pub fn drop_oldest(&mut self, count: usize) {
        let count = count.min(self.filled);
        self.filled = self.filled.wrapping_sub(count);
        // Whole packets from the start of the memory on do not meet its end halfway.
        self.start = if self.filled == 0 { 0 } else { self.start.wrapping_add(count) & (SIZE - 1) };
    }

    /// Lets go of as many of the oldest bytes as it takes to have room for others.
    pub fn make_room(&mut self, count: usize) {
        self.drop_oldest(count.saturating_sub(self.room()));
    }

    /// Appends bytes; there has to be room.
    pub fn append(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = self.start.wrapping_add(self.filled) & (SIZE - 1);
            // As much as fits in front of the end of the memory; the second time it is the start.
            let place = self.bytes.get_mut(end..).unwrap_or(&mut []);
            let count = place.len().min(rest.len());
            if let (Some(place), Some(piece)) = (place.get_mut(..count), rest.get(..count)) {
                place.copy_from_slice(piece);
            }
            self.filled = self.filled.wrapping_add(count);
            rest = rest.get(count..).unwrap_or(&[]);
        }
    }

    /// The bytes from place `skip` on, up to the end of the memory.
    pub fn piece(&self, skip: usize) -> &[u8] {
        let count = self.filled.saturating_sub(skip);
        let from = self.start.wrapping_add(skip) & (SIZE - 1);
        let piece = self.bytes.get(from..).unwrap_or(&[]);
        piece.get(..count).unwrap_or(piece)
    }
}
