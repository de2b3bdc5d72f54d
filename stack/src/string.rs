//! String descriptors (USB 2.0 section 9.6.7): from text to UTF-16, piece by piece, with nothing stored.

use core::slice::Iter;

use crate::descriptor::kind;

/// Bytes of the longest descriptor, for bLength is one byte: room for 126 UTF-16 units.
const LONGEST: usize = 255;
/// Bytes of a string descriptor before its text.
const HEADER: usize = 2;

/// What stands for bytes that are not UTF-8.
const REPLACEMENT: u32 = 0xfffd;

/// What the bytes of a text are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8, sent as UTF-16 with surrogates.
    Utf8,
    /// Each byte up to the first NUL is one UTF-16 unit.
    Latin1,
    /// A complete descriptor, for index 0 (LANGID array): its first byte is its length.
    Raw,
}

/// A string descriptor that a text is written to. It counts all of its bytes and keeps those of one piece.
pub struct StringDescriptor<'a> {
    piece: &'a mut [u8],
    /// Where the piece begins.
    offset: usize,
    length: usize,
    is_cut: bool,
}

impl<'a> StringDescriptor<'a> {
    /// Without text yet; its bytes from `offset` on go into `piece`.
    pub fn new(offset: usize, piece: &'a mut [u8]) -> Self {
        Self { piece, offset, length: 0, is_cut: false }
    }

    /// Bytes of the whole descriptor. 0 if no text was written to it, and for [`Encoding::Raw`] without a byte.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The text is longer than a descriptor can be: the rest of it, from a code point boundary on, is not sent.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Writes the text.
    #[inline(never)]
    pub fn write(&mut self, encoding: Encoding, text: &[u8]) {
        let is_raw = encoding == Encoding::Raw;
        let longest = if is_raw { text.first().map_or(0, |length| usize::from(*length)) } else { LONGEST };
        let mut text = text.iter();
        // The header has the length in it: it is written last.
        self.length = if is_raw { 0 } else { HEADER };
        while let Some(first) = text.next() {
            let mut bytes = u32::from(*first);
            let mut count = 2;
            match encoding {
                Encoding::Raw => count = 1,
                Encoding::Latin1 if bytes == 0 => break,
                Encoding::Latin1 => {}
                Encoding::Utf8 => {
                    bytes = decode(bytes, &mut text);
                    if bytes >= 0x1_0000 {
                        bytes = surrogates(bytes);
                        count = 4;
                    }
                }
            }
            if self.length.wrapping_add(count) > longest {
                self.is_cut = !is_raw;
                break;
            }
            self.put(bytes, count);
        }
        if !is_raw {
            let length = self.length;
            self.length = 0;
            self.put(length as u32 | u32::from(kind::STRING) << 8, HEADER);
            self.length = length;
        }
    }

    /// Writes so many bytes, the lowest of `bytes` first.
    #[inline(never)]
    fn put(&mut self, mut bytes: u32, count: usize) {
        for _ in 0..count {
            if let Some(slot) = self.piece.get_mut(self.length.wrapping_sub(self.offset)) {
                *slot = bytes as u8;
            }
            bytes >>= 8;
            self.length = self.length.wrapping_add(1);
        }
    }
}

/// The code point that the byte `first` begins, by the table of RFC 3629 section 4. Takes its other bytes off the front
/// of `rest`.
#[inline(never)]
fn decode(first: u32, rest: &mut Iter<u8>) -> u32 {
    if first < 0x80 {
        return first;
    }
    if !(0xc2..=0xf4).contains(&first) {
        return REPLACEMENT;
    }
    let more = 1u32.wrapping_add(u32::from(first >= 0xe0)).wrapping_add(u32::from(first >= 0xf0));
    let mut code = first & (0x3f >> more);
    for _ in 0..more {
        match rest.as_slice().first() {
            Some(byte) if byte & 0xc0 == 0x80 => code = code << 6 | u32::from(byte & 0x3f),
            _ => return REPLACEMENT,
        }
        rest.next();
    }
    // The least of three bytes is 0x800, that of four 0x10000; of two the first byte keeps it.
    let is_longer_than_needed = code >> (5 * more + 1) == 0;
    let is_surrogate = code >> 11 == 0xd800 >> 11;
    if is_longer_than_needed || is_surrogate || code > 0x10_ffff { REPLACEMENT } else { code }
}

/// The two UTF-16 units of a code point from 0x10000 on, the first one in the lower half.
fn surrogates(code: u32) -> u32 {
    let beyond = code.wrapping_sub(0x1_0000);
    0xdc00_d800 | beyond >> 10 | (beyond & 0x3ff) << 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn whole(encoding: Encoding, text: &[u8]) -> Vec<u8> {
        let mut out = [0xaa; 300];
        let mut descriptor = StringDescriptor::new(0, &mut out);
        descriptor.write(encoding, text);
        let length = descriptor.length();
        assert!(out[length..].iter().all(|byte| *byte == 0xaa));
        out[..length].to_vec()
    }

    fn is_cut(text: &str) -> bool {
        let mut descriptor = StringDescriptor::new(0, &mut []);
        descriptor.write(Encoding::Utf8, text.as_bytes());
        descriptor.is_cut()
    }

    fn expected(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut bytes = std::vec![units.len() as u8 + 2, 3];
        bytes.extend(units);
        bytes
    }

    #[test]
    fn utf8_becomes_utf16_with_surrogates() {
        for text in ["", "MicroPython", "Grüße", "日本語", "a🐍b", "\u{10ffff}\u{ffff}\u{800}\u{7ff}\u{80}\u{7f}"]
        {
            assert_eq!(whole(Encoding::Utf8, text.as_bytes()), expected(text), "{text}");
        }
    }

    #[test]
    fn latin1_ends_at_nul_and_each_byte_is_a_unit() {
        assert_eq!(whole(Encoding::Latin1, b"a\xff\0b"), [6, 3, b'a', 0, 0xff, 0]);
        assert_eq!(whole(Encoding::Latin1, b"ab"), [6, 3, b'a', 0, b'b', 0]);
        assert_eq!(whole(Encoding::Latin1, b"\0"), [2, 3]);
    }

    #[test]
    fn a_raw_descriptor_is_clamped_to_its_bytes() {
        assert_eq!(whole(Encoding::Raw, &[4, 3, 9, 4]), [4, 3, 9, 4]);
        assert_eq!(whole(Encoding::Raw, &[4, 3, 9, 4, 7]), [4, 3, 9, 4]);
        assert_eq!(whole(Encoding::Raw, &[200, 3, 9, 4]), [200, 3, 9, 4]);
        assert!(whole(Encoding::Raw, &[]).is_empty());
    }

    #[test]
    fn a_long_text_is_cut_between_code_points() {
        let fits = "x".repeat(126);
        assert_eq!(whole(Encoding::Utf8, fits.as_bytes()), expected(&fits));
        assert!(!is_cut(&fits));
        let long = "x".repeat(127);
        assert_eq!(whole(Encoding::Utf8, long.as_bytes()), expected(&fits));
        assert!(is_cut(&long));
        let odd: String = "x".repeat(125) + "🐍";
        assert_eq!(whole(Encoding::Utf8, odd.as_bytes()), expected(&"x".repeat(125)));
        let even: String = "x".repeat(124) + "🐍y";
        assert_eq!(whole(Encoding::Utf8, even.as_bytes()), expected(&("x".repeat(124) + "🐍")));
        assert_eq!(whole(Encoding::Latin1, &[b'x'; 200]), expected(&fits));
    }

    #[test]
    fn pieces_of_any_size_make_the_same_descriptor() {
        let text = "Grüße 🐍 aus der Werkstatt";
        let all = whole(Encoding::Utf8, text.as_bytes());
        let piece = |offset, out: &mut [u8]| {
            let mut descriptor = StringDescriptor::new(offset, out);
            descriptor.write(Encoding::Utf8, text.as_bytes());
            assert_eq!(descriptor.length(), all.len());
        };
        for size in [1, 2, 3, 8, 16, 64] {
            let mut pieces = Vec::new();
            while pieces.len() < all.len() {
                let mut out = std::vec![0; size];
                piece(pieces.len(), &mut out);
                let left = all.len() - pieces.len();
                pieces.extend_from_slice(&out[..size.min(left)]);
            }
            assert_eq!(pieces, all);
            let mut beyond = [0xaa; 8];
            piece(all.len(), &mut beyond);
            assert_eq!(beyond, [0xaa; 8]);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        for bytes in [&b"\xff"[..], b"\xc3", b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
            let descriptor = whole(Encoding::Utf8, bytes);
            assert_eq!(descriptor[2..4], [0xfd, 0xff], "{bytes:x?}");
        }
        assert_eq!(whole(Encoding::Utf8, b"\xc3a"), [6, 3, 0xfd, 0xff, b'a', 0]);
    }
}
