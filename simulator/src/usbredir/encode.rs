//! What we send.

use super::message::{Outcome, VERSION_TEXT, capability, kind};

/// Appends messages to bytes that are to be sent.
#[derive(Debug, Default)]
pub struct Encoder {
    /// What waits to be sent.
    pub bytes: Vec<u8>,
    /// The capabilities of both sides.
    pub common: u32,
}

impl Encoder {
    /// The hello, which is the first message.
    pub fn hello(&mut self, version: &str) {
        let mut text = [0; VERSION_TEXT];
        let length = version.len().min(VERSION_TEXT - 1);
        text[..length].copy_from_slice(&version.as_bytes()[..length]);
        self.message(kind::HELLO, 0, &[&text, &capability::OURS.to_le_bytes()]);
    }

    /// A message of several pieces.
    pub fn message(&mut self, kind: u32, id: u64, pieces: &[&[u8]]) {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend((length as u32).to_le_bytes());
        let id = id.to_le_bytes();
        self.bytes.extend(if self.common & capability::LONG_IDS != 0 { &id[..] } else { &id[..4] });
        for piece in pieces {
            self.bytes.extend_from_slice(piece);
        }
    }

    /// The end of a control transfer: `data` of an IN, `actual` bytes moved.
    pub fn control(&mut self, id: u64, endpoint: u8, setup: [u8; 8], outcome: Outcome, actual: usize, data: &[u8]) {
        let [length0, length1] = (actual as u16).to_le_bytes();
        let [kind, request, v0, v1, i0, i1, _, _] = setup;
        let header = [endpoint, request, kind, outcome as u8, v0, v1, i0, i1, length0, length1];
        self.message(kind::CONTROL_PACKET, id, &[&header, data]);
    }

    /// The end of a bulk transfer.
    pub fn bulk(&mut self, id: u64, endpoint: u8, stream: u32, outcome: Outcome, actual: usize, data: &[u8]) {
        let [l0, l1, l2, l3] = (actual as u32).to_le_bytes();
        let [s0, s1, s2, s3] = stream.to_le_bytes();
        let header = [endpoint, outcome as u8, l0, l1, s0, s1, s2, s3, l2, l3];
        let length = if self.common & capability::LONG_BULK != 0 { 10 } else { 8 };
        self.message(kind::BULK_PACKET, id, &[&header[..length], data]);
    }

    /// An isochronous or interrupt packet, by `kind`.
    pub fn single(&mut self, kind: u32, id: u64, endpoint: u8, outcome: Outcome, actual: usize, data: &[u8]) {
        let [length0, length1] = (actual as u16).to_le_bytes();
        self.message(kind, id, &[&[endpoint, outcome as u8, length0, length1], data]);
    }

    /// What a kept-going bulk endpoint has received.
    pub fn buffered_bulk(&mut self, id: u64, endpoint: u8, outcome: Outcome, data: &[u8]) {
        let length = (data.len() as u32).to_le_bytes();
        self.message(kind::BUFFERED_BULK_PACKET, id, &[&[0; 4], &length, &[endpoint, outcome as u8], data]);
    }
}
