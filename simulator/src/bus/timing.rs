//! How long packets take on the wire at 12 Mbit/s, with the stuffed bits that the very data need.
//!
//! A packet is SYNC, PID, payload, EOP (USB 2.0 section 8.3); after six ones in a row the transmitter inserts a zero
//! (section 7.1.9), and the last bit of SYNC counts as the first one.

use crate::port::{Reply, Toggle, Token, Transaction};
use crate::time::BusTime;

/// Bits of SYNC at full speed (USB 2.0 section 7.1.10).
const SYNC: u64 = 8;
/// Two bit times of SE0 and one of J (USB 2.0 section 7.1.13.2.1).
const EOP: u64 = 3;
/// Idle bits that the host leaves between two packets of its own: the least allowed (USB 2.0 section 7.1.18.1).
const HOST_GAP: u64 = 2;
/// Idle bits before an answer, from either side; 2 to 6.5 are allowed (USB 2.0 section 7.1.18.1).
const TURNAROUND: u64 = 4;
/// Idle bits between two transactions.
const BETWEEN: u64 = 3;
/// How long the host waits for an answer: 16 to 18 bits (USB 2.0 section 7.1.19).
const TIMEOUT: u64 = 18;
/// A hub goes deaf this many bits before the end of a frame (EOF1, USB 2.0 section 11.2.5): no packet may reach into
/// it.
const END_OF_FRAME: u64 = 32;

const PID_OUT: u8 = 0xe1;
const PID_IN: u8 = 0x69;
const PID_SOF: u8 = 0xa5;
const PID_SETUP: u8 = 0x2d;
const PID_DATA0: u8 = 0xc3;
const PID_DATA1: u8 = 0x4b;
const PID_ACK: u8 = 0xd2;
const PID_NAK: u8 = 0x5a;
const PID_STALL: u8 = 0x1e;

/// Counts bits and the zeros stuffed between them.
struct Stuffing {
    bits: u64,
    ones: u8,
}

impl Stuffing {
    /// After SYNC, whose last bit is a one.
    const fn new() -> Self {
        Self { bits: 0, ones: 1 }
    }

    fn push(&mut self, value: u16, count: u8) {
        for bit in 0..count {
            self.bits += 1;
            if value >> bit & 1 == 1 {
                self.ones += 1;
                if self.ones == 6 {
                    self.bits += 1;
                    self.ones = 0;
                }
            } else {
                self.ones = 0;
            }
        }
    }

    const fn packet(&self) -> u64 {
        SYNC + self.bits + EOP
    }
}

/// CRC5 of the 11 bits of a token or SOF, in the order in which the bits go out (USB 2.0 section 8.3.5.1).
pub fn crc5(value: u16) -> u8 {
    let mut crc = 0x1fu8;
    for bit in 0..11 {
        let top = (crc ^ (value >> bit) as u8) & 1;
        crc >>= 1;
        if top == 1 {
            crc ^= 0x14;
        }
    }
    crc ^ 0x1f
}

/// CRC16 of a data packet, in the order in which the bits go out (USB 2.0 section 8.3.5.2).
pub fn crc16(data: &[u8]) -> u16 {
    let mut crc = 0xffffu16;
    for byte in data {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
        }
    }
    !crc
}

fn token_packet(pid: u8, eleven: u16) -> u64 {
    let mut stuffing = Stuffing::new();
    stuffing.push(u16::from(pid), 8);
    stuffing.push(eleven, 11);
    stuffing.push(u16::from(crc5(eleven)), 5);
    stuffing.packet()
}

/// Bits of a token packet.
pub fn token(token: Token, address: u8, endpoint: u8) -> u64 {
    let pid = match token {
        Token::Setup => PID_SETUP,
        Token::Out => PID_OUT,
        Token::In => PID_IN,
    };
    token_packet(pid, u16::from(address & 0x7f) | u16::from(endpoint & 0x0f) << 7)
}

/// Bits of a start-of-frame packet.
pub fn start_of_frame(frame: u16) -> u64 {
    token_packet(PID_SOF, frame & 0x7ff)
}

/// Bits of a data packet.
pub fn data(toggle: Toggle, bytes: &[u8]) -> u64 {
    let mut stuffing = Stuffing::new();
    let pid = if toggle == Toggle::Data0 { PID_DATA0 } else { PID_DATA1 };
    stuffing.push(u16::from(pid), 8);
    for byte in bytes {
        stuffing.push(u16::from(*byte), 8);
    }
    stuffing.push(crc16(bytes), 16);
    stuffing.packet()
}

/// Bits of a handshake packet.
fn handshake(pid: u8) -> u64 {
    let mut stuffing = Stuffing::new();
    stuffing.push(u16::from(pid), 8);
    stuffing.packet()
}

/// Bits from the start of a token to the end of the host's last packet before it waits for an answer, for
/// [`Transaction::data_end`]; the token alone is the first number, for [`Transaction::token_end`].
pub fn host_part(kind: Token, address: u8, endpoint: u8, toggle: Toggle, bytes: &[u8]) -> (u64, u64) {
    let token = token(kind, address, endpoint);
    match kind {
        Token::In => (token, token),
        Token::Setup | Token::Out => (token, token + HOST_GAP + data(toggle, bytes)),
    }
}

/// When the last packet of a transaction has ended (or the host has given up waiting for it).
pub fn end_of_transaction(transaction: &Transaction<'_>, reply: &Reply) -> BusTime {
    let answer = match reply {
        Reply::Silent if transaction.isochronous && transaction.token != Token::In => 0,
        Reply::Silent => TIMEOUT,
        Reply::Ack => TURNAROUND + handshake(PID_ACK),
        Reply::Nak => TURNAROUND + handshake(PID_NAK),
        Reply::Stall => TURNAROUND + handshake(PID_STALL),
        Reply::Data { toggle, bytes } => {
            let packet = TURNAROUND + data(*toggle, bytes);
            if transaction.isochronous { packet } else { packet + TURNAROUND + handshake(PID_ACK) }
        }
    };
    transaction.data_end + BusTime::from_bits(answer)
}

/// The earliest start of the next transaction after one that ended at `end`.
pub fn next_start(end: BusTime) -> BusTime {
    end + BusTime::from_bits(BETWEEN)
}

/// The longest that a transaction can take from its start: the host's data are known, the device's may be `room` bytes
/// with a stuffed bit after every six.
pub fn longest(kind: Token, address: u8, endpoint: u8, toggle: Toggle, bytes: &[u8], room: usize) -> BusTime {
    let (_, host) = host_part(kind, address, endpoint, toggle, bytes);
    let answer = match kind {
        Token::In => {
            let payload = 8 + 16 + 8 * room as u64;
            TURNAROUND + SYNC + payload * 7 / 6 + EOP + TURNAROUND + handshake(PID_ACK)
        }
        Token::Setup | Token::Out => (TURNAROUND + handshake(PID_STALL)).max(TIMEOUT),
    };
    BusTime::from_bits(host + answer)
}

/// No packet may be on the wire later than this in the frame that begins at `frame_start`.
pub fn frame_deadline(frame_start: BusTime) -> BusTime {
    frame_start + BusTime::FRAME - BusTime::from_bits(END_OF_FRAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crcs_are_those_of_known_packets() {
        // SETUP to address 0x15 endpoint 0xe and to 0x3a/0xa: examples of the USB-IF paper "Cyclic redundancy checks in
        // USB", where the CRC is written most significant bit first (10111 and 11100 on the wire, left bit first).
        assert_eq!(crc5(0x15 | 0xe << 7), 0b11101);
        assert_eq!(crc5(0x3a | 0xa << 7), 0b00111);
        // The check value that CRC catalogues give for CRC-16/USB.
        assert_eq!(crc16(b"123456789"), 0xb4c8);
        assert_eq!(crc16(&[]), 0);
    }

    #[test]
    fn a_stuffed_bit_follows_every_six_ones() {
        let plain = data(Toggle::Data0, &[0; 64]);
        let ones = data(Toggle::Data0, &[0xff; 64]);
        // 512 ones make 85 groups of six; the CRC may add or share one.
        assert!((84..=88).contains(&(ones - plain)), "{plain} {ones}");
    }

    #[test]
    fn nineteen_full_bulk_packets_fit_in_a_frame() {
        let (_, host) = host_part(Token::Out, 1, 1, Toggle::Data0, &[0x55; 64]);
        let one = BusTime::from_bits(host + TURNAROUND + handshake(PID_ACK) + BETWEEN).nanos();
        assert_eq!((1_000_000 - BusTime::from_bits(start_of_frame(0)).nanos()) / one, 19);
    }
}
