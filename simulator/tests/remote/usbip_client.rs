//! A USB/IP client in a few lines: what Linux's `usbip` and vhci_hcd do, as far as a test needs it.

#![allow(dead_code, reason = "each test uses its part of it")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than anything takes, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

pub const EPIPE: i32 = -32;
pub const ECONNRESET: i32 = -104;
pub const EREMOTEIO: i32 = -121;
pub const EXDEV: i32 = -18;
pub const EINVAL: i32 = -22;
pub const ENOMEM: i32 = -12;
pub const ESHUTDOWN: i32 = -108;
pub const DEVICE: u32 = 0x0001_0002;

/// What a URB has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub sequence: u32,
    pub status: i32,
    pub actual: usize,
    pub errors: u32,
    pub data: Vec<u8>,
    /// Offset, length, actual length and status of each isochronous packet.
    pub packets: Vec<(u32, u32, u32, i32)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Submit(End),
    Unlink { sequence: u32, status: i32 },
}

pub struct Client {
    pub stream: TcpStream,
    sequence: u32,
    /// Sequence numbers of IN URBs: only their answers have data.
    inputs: Vec<u32>,
    kept: VecDeque<Reply>,
}

fn open(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(*bytes[at..].first_chunk().unwrap())
}

/// Everything that a list says after its head: the number of devices, and records.
pub fn list(address: SocketAddr) -> Vec<u8> {
    let mut stream = open(address);
    stream.write_all(&[1, 0x11, 0x80, 5, 0, 0, 0, 0]).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes[..8], [1, 0x11, 0, 5, 0, 0, 0, 0]);
    bytes.split_off(8)
}

/// Waits until a device is listed.
pub fn wait_listed(address: SocketAddr) -> Vec<u8> {
    for _ in 0..1000 {
        let bytes = list(address);
        if word(&bytes, 0) == 1 {
            return bytes;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no device in the list");
}

/// The status of an import, and the connection.
pub fn import(address: SocketAddr, name: &str) -> (u32, Client) {
    let mut stream = open(address);
    let mut request = vec![1, 0x11, 0x80, 3, 0, 0, 0, 0];
    request.extend(name.as_bytes());
    request.resize(40, 0);
    stream.write_all(&request).unwrap();
    let mut head = [0; 8];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[..4], [1, 0x11, 0, 3]);
    let status = word(&head, 4);
    if status == 0 {
        let mut record = [0; 312];
        stream.read_exact(&mut record).unwrap();
        assert_eq!(record[256..260], *b"1-1\0");
    }
    (status, Client { stream, sequence: 0, inputs: Vec::new(), kept: VecDeque::new() })
}

/// Imports the device as soon as it is there.
pub fn imported(address: SocketAddr) -> Client {
    wait_listed(address);
    let (status, client) = import(address, "1-1");
    assert_eq!(status, 0);
    client
}

impl Client {
    pub fn send(&mut self, words: &[u32], rest: &[u8]) {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.extend(rest);
        self.stream.write_all(&bytes).unwrap();
    }

    fn next(&mut self, is_in: bool) -> u32 {
        self.sequence += 1;
        if is_in {
            self.inputs.push(self.sequence);
        }
        self.sequence
    }

    fn submit(
        &mut self,
        endpoint: u8,
        flags: u32,
        length: usize,
        setup: [u8; 8],
        data: &[u8],
        packets: &[(u32, u32)],
    ) -> u32 {
        let is_in = endpoint & 0x80 != 0;
        let sequence = self.next(is_in);
        let count = if packets.is_empty() { u32::MAX } else { packets.len() as u32 };
        let words =
            [1, sequence, DEVICE, u32::from(is_in), u32::from(endpoint & 15), flags, length as u32, 0, count, 1];
        let packets = packets.iter().flat_map(|(offset, length)| [*offset, *length, 0, 0]).flat_map(u32::to_be_bytes);
        let rest: Vec<u8> = setup.into_iter().chain(data.iter().copied()).chain(packets).collect();
        self.send(&words, &rest);
        sequence
    }

    pub fn submit_control(&mut self, setup: [u8; 8], data: &[u8]) -> u32 {
        let length = usize::from(u16::from_le_bytes([setup[6], setup[7]]));
        self.submit(setup[0] & 0x80, 0, length, setup, data, &[])
    }

    pub fn submit_in(&mut self, endpoint: u8, length: usize, flags: u32) -> u32 {
        self.submit(endpoint | 0x80, flags, length, [0; 8], &[], &[])
    }

    pub fn submit_out(&mut self, endpoint: u8, data: &[u8], flags: u32) -> u32 {
        self.submit(endpoint, flags, data.len(), [0; 8], data, &[])
    }

    /// Isochronous packets of these lengths; their places in the buffer have `gap` bytes between them.
    pub fn submit_iso(&mut self, endpoint: u8, lengths: &[u32], gap: u32, data: &[u8]) -> u32 {
        let mut offset = 0;
        let mut packets = Vec::new();
        for length in lengths {
            packets.push((offset, *length));
            offset += length + gap;
        }
        self.submit(endpoint, 2, offset as usize, [0; 8], data, &packets)
    }

    pub fn unlink(&mut self, victim: u32) -> u32 {
        let sequence = self.next(false);
        self.send(&[2, sequence, DEVICE, 0, 0, victim, 0, 0, 0, 0, 0, 0], &[]);
        sequence
    }

    /// The next reply; `None` when the server has hung up.
    pub fn read(&mut self) -> Option<Reply> {
        let mut head = [0; 48];
        self.stream.read_exact(&mut head).ok()?;
        let sequence = word(&head, 4);
        assert_eq!((word(&head, 8), word(&head, 12), word(&head, 16)), (0, 0, 0));
        let status = word(&head, 20) as i32;
        if word(&head, 0) == 4 {
            return Some(Reply::Unlink { sequence, status });
        }
        assert_eq!(word(&head, 0), 3);
        let actual = word(&head, 24) as usize;
        let is_in = self.inputs.contains(&sequence);
        let mut data = vec![0; if is_in { actual } else { 0 }];
        self.stream.read_exact(&mut data).ok()?;
        let mut packets = vec![0; 16 * word(&head, 32) as usize];
        self.stream.read_exact(&mut packets).ok()?;
        let packets = packets
            .chunks_exact(16)
            .map(|one| (word(one, 0), word(one, 4), word(one, 8), word(one, 12) as i32))
            .collect();
        Some(Reply::Submit(End { sequence, status, actual, errors: word(&head, 36), data, packets }))
    }

    pub fn wait(&mut self, fits: impl Fn(&Reply) -> bool) -> Reply {
        if let Some(place) = self.kept.iter().position(&fits) {
            return self.kept.remove(place).unwrap();
        }
        loop {
            let reply = self.read().expect("the server has hung up, or says nothing");
            if fits(&reply) {
                return reply;
            }
            self.kept.push_back(reply);
        }
    }

    pub fn end(&mut self, of: u32) -> End {
        match self.wait(|one| matches!(one, Reply::Submit(end) if end.sequence == of)) {
            Reply::Submit(end) => end,
            Reply::Unlink { .. } => unreachable!(),
        }
    }

    /// The status of an unlink.
    pub fn unlinked(&mut self, of: u32) -> i32 {
        match self.wait(|one| matches!(one, Reply::Unlink { sequence, .. } if *sequence == of)) {
            Reply::Unlink { status, .. } => status,
            Reply::Submit(_) => unreachable!(),
        }
    }

    pub fn control(&mut self, setup: [u8; 8], data: &[u8]) -> Result<Vec<u8>, i32> {
        let sequence = self.submit_control(setup, data);
        let end = self.end(sequence);
        if end.status == 0 { Ok(end.data) } else { Err(end.status) }
    }

    pub fn configure(&mut self, value: u8) {
        self.control([0, 9, value, 0, 0, 0, 0, 0], &[]).unwrap();
    }

    pub fn write(&mut self, endpoint: u8, data: &[u8]) -> Result<usize, i32> {
        let sequence = self.submit_out(endpoint, data, 0);
        let end = self.end(sequence);
        if end.status == 0 { Ok(end.actual) } else { Err(end.status) }
    }

    pub fn read_in(&mut self, endpoint: u8, length: usize) -> Result<Vec<u8>, i32> {
        let sequence = self.submit_in(endpoint, length, 0);
        let end = self.end(sequence);
        if end.status == 0 { Ok(end.data) } else { Err(end.status) }
    }

    pub fn is_kept(&self, of: u32) -> bool {
        self.kept.iter().any(|one| matches!(one, Reply::Submit(end) if end.sequence == of))
    }
}
