//! String descriptors (USB 2.0 section 9.6.7): from text to UTF-16, piece by piece, with nothing stored.

use crate::application::Text;
use crate::descriptor::kind;

/// UTF-16 units in the longest string descriptor: bLength is one byte.
pub const LONGEST: usize = 126;

/// What stands for bytes that are not UTF-8.
const REPLACEMENT: u32 = 0xfffd;

/// The code points of a text.
#[derive(Clone)]
struct CodePoints<'a> {
    bytes: &'a [u8],
    utf8: bool,
}

impl CodePoints<'_> {
    /// Takes one continuation byte off the front: its six bits.
    fn continuation(&mut self) -> Option<u32> {
        let (&byte, rest) = self.bytes.split_first()?;
        if byte & 0xc0 != 0x80 {
            return None;
        }
        self.bytes = rest;
        Some(u32::from(byte & 0x3f))
    }

    /// The code point that `first` begins, by the table of RFC 3629 section 4.
    fn decode(&mut self, first: u8) -> Option<u32> {
        let (more, bits, least) = match first {
            0x00..=0x7f => return Some(u32::from(first)),
            0xc2..=0xdf => (1, first & 0x1f, 0x80),
            0xe0..=0xef => (2, first & 0x0f, 0x800),
            0xf0..=0xf4 => (3, first & 0x07, 0x1_0000),
            _ => return None,
        };
        let mut code = u32::from(bits);
        for _ in 0..more {
            code = (code << 6) | self.continuation()?;
        }
        let is_scalar = code >= least && code <= 0x10_ffff && !(0xd800..0xe000).contains(&code);
        is_scalar.then_some(code)
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(if self.utf8 { self.decode(first).unwrap_or(REPLACEMENT) } else { u32::from(first) })
    }
}

fn code_points<'a>(text: &Text<'a>) -> CodePoints<'a> {
    match *text {
        Text::Utf8(bytes) => CodePoints { bytes, utf8: true },
        Text::Latin1(bytes) => {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            CodePoints { bytes: bytes.get(..end).unwrap_or(bytes), utf8: false }
        }
        Text::Raw(_) => CodePoints { bytes: &[], utf8: false },
    }
}

/// UTF-16 units of a code point.
fn units(code: u32) -> usize {
    if code >= 0x1_0000 { 2 } else { 1 }
}

/// Units of the text that fit in a descriptor, and whether any did not.
fn measure(text: &Text) -> (usize, bool) {
    let mut length: usize = 0;
    for code in code_points(text) {
        let longer = length.saturating_add(units(code));
        if longer > LONGEST {
            return (length, true);
        }
        length = longer;
    }
    (length, false)
}

/// The text is longer than a descriptor can be: the rest of it, from a code point boundary on, is not sent.
pub fn is_cut(text: &Text) -> bool {
    measure(text).1
}

/// Bytes of the descriptor, 0 for [`Text::Raw`] without a byte.
pub fn descriptor_length(text: &Text) -> usize {
    match text {
        Text::Raw(bytes) => bytes.first().map_or(0, |length| usize::from(*length).min(bytes.len())),
        _ => measure(text).0.saturating_mul(2).saturating_add(2),
    }
}

/// Takes every byte of a descriptor and keeps those of the piece that is wanted.
struct Piece<'a> {
    out: &'a mut [u8],
    written: usize,
    /// Bytes before the piece.
    skip: usize,
    /// Bytes of the descriptor still to come.
    left: usize,
}

impl Piece<'_> {
    #[inline(never)]
    fn put(&mut self, unit: u32) {
        for byte in [unit as u8, (unit >> 8) as u8] {
            if self.left == 0 {
                return;
            }
            self.left = self.left.saturating_sub(1);
            if self.skip != 0 {
                self.skip = self.skip.saturating_sub(1);
            } else if let Some(slot) = self.out.get_mut(self.written) {
                *slot = byte;
                self.written = self.written.saturating_add(1);
            }
        }
    }
}

/// Writes the descriptor's bytes from `offset` on into `out`; returns how many there were.
pub fn encode(text: &Text, offset: usize, out: &mut [u8]) -> usize {
    let length = descriptor_length(text);
    if let Text::Raw(bytes) = *text {
        let piece = bytes.get(offset..length).unwrap_or(&[]);
        let written = piece.len().min(out.len());
        out.iter_mut().zip(piece).for_each(|(slot, byte)| *slot = *byte);
        return written;
    }
    let mut piece = Piece { out, written: 0, skip: offset, left: length };
    piece.put(length as u32 | u32::from(kind::STRING) << 8);
    for code in code_points(text).take(LONGEST) {
        let beyond = code.wrapping_sub(0x1_0000);
        if units(code) == 1 {
            piece.put(code);
        } else {
            piece.put(0xd800 | (beyond >> 10));
            piece.put(0xdc00 | (beyond & 0x3ff));
        }
    }
    piece.written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn whole(text: Text) -> Vec<u8> {
        let mut out = [0xaa; 300];
        let written = encode(&text, 0, &mut out);
        assert_eq!(written, descriptor_length(&text));
        out[..written].to_vec()
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
            assert_eq!(whole(Text::Utf8(text.as_bytes())), expected(text), "{text}");
        }
    }

    #[test]
    fn latin1_ends_at_nul_and_each_byte_is_a_unit() {
        assert_eq!(whole(Text::Latin1(b"a\xff\0b")), [6, 3, b'a', 0, 0xff, 0]);
        assert_eq!(whole(Text::Latin1(b"ab")), [6, 3, b'a', 0, b'b', 0]);
        assert_eq!(whole(Text::Latin1(b"\0")), [2, 3]);
    }

    #[test]
    fn a_raw_descriptor_is_clamped_to_its_bytes() {
        assert_eq!(whole(Text::Raw(&[4, 3, 9, 4])), [4, 3, 9, 4]);
        assert_eq!(whole(Text::Raw(&[4, 3, 9, 4, 7])), [4, 3, 9, 4]);
        assert_eq!(whole(Text::Raw(&[200, 3, 9, 4])), [200, 3, 9, 4]);
        assert!(whole(Text::Raw(&[])).is_empty());
    }

    #[test]
    fn a_long_text_is_cut_between_code_points() {
        let fits = "x".repeat(126);
        assert_eq!(whole(Text::Utf8(fits.as_bytes())), expected(&fits));
        assert!(!is_cut(&Text::Utf8(fits.as_bytes())));
        let long = "x".repeat(127);
        assert_eq!(whole(Text::Utf8(long.as_bytes())), expected(&fits));
        assert!(is_cut(&Text::Utf8(long.as_bytes())));
        let odd: String = "x".repeat(125) + "🐍";
        assert_eq!(whole(Text::Utf8(odd.as_bytes())), expected(&"x".repeat(125)));
        let even: String = "x".repeat(124) + "🐍y";
        assert_eq!(whole(Text::Utf8(even.as_bytes())), expected(&("x".repeat(124) + "🐍")));
        assert_eq!(whole(Text::Latin1(&[b'x'; 200])), expected(&fits));
    }

    #[test]
    fn pieces_of_any_size_make_the_same_descriptor() {
        let text = Text::Utf8("Grüße 🐍 aus der Werkstatt".as_bytes());
        let all = whole(text);
        for size in [1, 2, 3, 8, 16, 64] {
            let mut pieces = Vec::new();
            while pieces.len() < all.len() {
                let mut out = std::vec![0; size];
                let written = encode(&text, pieces.len(), &mut out);
                assert!(written > 0);
                pieces.extend_from_slice(&out[..written]);
            }
            assert_eq!(pieces, all);
            assert_eq!(encode(&text, all.len(), &mut [0; 8]), 0);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        for bytes in [&b"\xff"[..], b"\xc3", b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
            let descriptor = whole(Text::Utf8(bytes));
            assert_eq!(descriptor[2..4], [0xfd, 0xff], "{bytes:x?}");
        }
        assert_eq!(whole(Text::Utf8(b"\xc3a")), [6, 3, 0xfd, 0xff, b'a', 0]);
    }
}
