//! A usb-guest in a few lines: what QEMU does, as far as a test needs it.

#![allow(dead_code, reason = "each test uses its part of it")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longer than anything takes, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

pub const SUCCESS: u8 = 0;
pub const CANCELLED: u8 = 1;
pub const INVALID: u8 = 2;
pub const STALL: u8 = 4;

/// connect_device_version, ep_info_max_packet_size, 64bits_ids, 32bits_bulk_length, bulk_receiving: as QEMU.
pub const CAPABILITIES: u32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7;

/// A message of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub kind: u32,
    pub id: u64,
    pub body: Vec<u8>,
}

pub struct Guest {
    pub stream: UnixStream,
    capabilities: u32,
    next_id: u64,
    kept: VecDeque<Answer>,
    /// The last interface_info and ep_info.
    pub interfaces: Vec<u8>,
    pub endpoints: Vec<u8>,
}

impl Guest {
    /// Connects and says hello; whatever comes next is not waited for.
    pub fn connect(path: &Path) -> Self {
        Self::connect_with(path, CAPABILITIES)
    }

    pub fn connect_with(path: &Path, capabilities: u32) -> Self {
        let end = Instant::now() + PATIENCE;
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < end, "{}: {error}", path.display()),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut guest = Self {
            stream,
            capabilities: 0,
            next_id: 1 << 33,
            kept: VecDeque::new(),
            interfaces: Vec::new(),
            endpoints: Vec::new(),
        };
        let mut hello = [0; 68];
        hello[..4].copy_from_slice(b"test");
        hello[64..].copy_from_slice(&capabilities.to_le_bytes());
        guest.send(0, 0, &hello);
        let answer = guest.read().unwrap();
        assert_eq!((answer.kind, answer.body.len()), (0, 68));
        guest.capabilities = capabilities & u32::from_le_bytes(*answer.body.last_chunk().unwrap());
        guest
    }

    /// Connects and waits for the device.
    pub fn plugged(path: &Path) -> Self {
        let mut guest = Self::connect(path);
        guest.wait_device();
        guest
    }

    fn long_ids(&self) -> bool {
        self.capabilities & 1 << 5 != 0
    }

    fn long_bulk(&self) -> bool {
        self.capabilities & 1 << 6 != 0
    }

    pub fn send(&mut self, kind: u32, id: u64, body: &[u8]) {
        let mut bytes = Vec::new();
        bytes.extend(kind.to_le_bytes());
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(&id.to_le_bytes()[..if self.long_ids() { 8 } else { 4 }]);
        bytes.extend(body);
        self.stream.write_all(&bytes).unwrap();
    }

    /// The next message; `None` when the host has hung up.
    pub fn read(&mut self) -> Option<Answer> {
        let mut head = vec![0; if self.long_ids() { 16 } else { 12 }];
        self.stream.read_exact(&mut head).ok()?;
        let number = |at: usize| u32::from_le_bytes(*head[at..].first_chunk().unwrap());
        let mut id = [0; 8];
        id[..head.len() - 8].copy_from_slice(&head[8..]);
        let mut body = vec![0; number(4) as usize];
        self.stream.read_exact(&mut body).ok()?;
        match number(0) {
            4 => self.interfaces.clone_from(&body),
            5 => self.endpoints.clone_from(&body),
            _ => {}
        }
        Some(Answer { kind: number(0), id: u64::from_le_bytes(id), body })
    }

    /// The next message that fits; others are kept for later.
    pub fn wait(&mut self, fits: impl Fn(&Answer) -> bool) -> Answer {
        if let Some(place) = self.kept.iter().position(&fits) {
            return self.kept.remove(place).unwrap();
        }
        loop {
            let answer = self.read().expect("the host has hung up, or says nothing");
            if fits(&answer) {
                return answer;
            }
            self.kept.push_back(answer);
        }
    }

    pub fn wait_kind(&mut self, kind: u32) -> Answer {
        self.wait(|answer| answer.kind == kind)
    }

    /// device_connect; interface_info and ep_info have come before it.
    pub fn wait_device(&mut self) -> Answer {
        self.wait_kind(1)
    }

    pub fn wait_gone(&mut self) {
        self.wait_kind(2);
    }

    /// Whether nothing of that kind has come, and nothing at all comes for a while.
    pub fn silent(&mut self, kind: u32, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        assert!(self.stream.read(&mut [0]).is_err(), "a message came, or the host has hung up");
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        !self.kept.iter().any(|one| one.kind == kind)
    }

    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        if self.long_ids() { self.next_id } else { self.next_id & 0xffff_ffff }
    }

    /// Sends with a new id, which it returns.
    pub fn ask(&mut self, kind: u32, body: &[u8]) -> u64 {
        let id = self.id();
        self.send(kind, id, body);
        id
    }

    pub fn submit_control(&mut self, setup: [u8; 8], data: &[u8]) -> u64 {
        let [request_type, request, v0, v1, i0, i1, l0, l1] = setup;
        let header = [request_type & 0x80, request, request_type, 0, v0, v1, i0, i1, l0, l1];
        self.ask(100, &[&header, data].concat())
    }

    /// Status and data (IN) or as many zeros as bytes went (OUT).
    pub fn finish_control(&mut self, id: u64) -> Result<Vec<u8>, u8> {
        let answer = self.wait(|one| one.kind == 100 && one.id == id);
        let length = usize::from(u16::from_le_bytes([answer.body[8], answer.body[9]]));
        if answer.body[2] & 0x80 != 0 {
            assert_eq!(length, answer.body.len() - 10);
        }
        let data = if answer.body.len() > 10 { answer.body[10..].to_vec() } else { vec![0; length] };
        if answer.body[3] == SUCCESS { Ok(data) } else { Err(answer.body[3]) }
    }

    pub fn control(&mut self, setup: [u8; 8], data: &[u8]) -> Result<Vec<u8>, u8> {
        let id = self.submit_control(setup, data);
        self.finish_control(id)
    }

    pub fn descriptor(&mut self, kind: u8, index: u8, length: u16) -> Result<Vec<u8>, u8> {
        let [low, high] = length.to_le_bytes();
        self.control([0x80, 6, index, kind, 0, 0, low, high], &[])
    }

    /// SET_CONFIGURATION: status and the configuration that is set then.
    pub fn configure(&mut self, value: u8) -> (u8, u8) {
        let id = self.ask(6, &[value]);
        let answer = self.wait(|one| one.kind == 8 && one.id == id);
        (answer.body[0], answer.body[1])
    }

    /// SET_INTERFACE: status.
    pub fn set_alternate(&mut self, interface: u8, alternate: u8) -> u8 {
        let id = self.ask(9, &[interface, alternate]);
        self.wait(|one| one.kind == 11 && one.id == id).body[0]
    }

    pub fn submit_bulk(&mut self, endpoint: u8, length: usize, data: &[u8]) -> u64 {
        let [l0, l1, l2, l3] = (length as u32).to_le_bytes();
        let header = [endpoint, 0, l0, l1, 0, 0, 0, 0, l2, l3];
        let header = &header[..if self.long_bulk() { 10 } else { 8 }];
        self.ask(101, &[header, data].concat())
    }

    pub fn finish_bulk(&mut self, id: u64) -> Result<Vec<u8>, u8> {
        let long = self.long_bulk();
        let answer = self.wait(|one| one.kind == 101 && one.id == id);
        let head = if long { 10 } else { 8 };
        let high = if long { usize::from(u16::from_le_bytes([answer.body[8], answer.body[9]])) } else { 0 };
        let length = usize::from(u16::from_le_bytes([answer.body[2], answer.body[3]])) | high << 16;
        if answer.body[0] & 0x80 != 0 {
            assert_eq!(length, answer.body.len() - head);
        }
        let data = if answer.body.len() > head { answer.body[head..].to_vec() } else { vec![0; length] };
        if answer.body[1] == SUCCESS { Ok(data) } else { Err(answer.body[1]) }
    }

    pub fn write(&mut self, endpoint: u8, data: &[u8]) -> Result<usize, u8> {
        let id = self.submit_bulk(endpoint, data.len(), data);
        self.finish_bulk(id).map(|moved| moved.len())
    }

    pub fn read_bulk(&mut self, endpoint: u8, length: usize) -> Result<Vec<u8>, u8> {
        let id = self.submit_bulk(endpoint | 0x80, length, &[]);
        self.finish_bulk(id)
    }

    pub fn cancel(&mut self, id: u64) {
        self.send(21, id, &[]);
    }
}
