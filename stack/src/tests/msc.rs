//! Mass storage: the transport, as far as it needs no bus. What the driver wants to be done is done here.

use std::vec;
use std::vec::Vec;

use crate::controller::EndpointAddress;
use crate::device::Outcome;
use crate::msc::{Capacity, Identity, MassStorage, Medium, Reply, Sense, Step};
use crate::setup::SetupPacket;
use crate::testing::{configuration, endpoint};

/// A disk in memory that does what a test wants.
pub struct FakeDisk {
    pub bytes: Vec<u8>,
    pub block_size: u16,
    pub is_in: bool,
    pub is_writable: bool,
    /// Bytes that one call moves at most; 0 is busy, once.
    pub at_once: usize,
    pub busy: usize,
    /// Reads and writes of this block fail.
    pub bad_block: Option<u32>,
    /// What it was asked for beyond reading.
    pub log: Vec<(u8, bool, bool)>,
    pub sent: Vec<u8>,
}

impl FakeDisk {
    pub fn new(block_size: u16, blocks: u32) -> Self {
        let bytes = (0..u32::from(block_size) * blocks).map(|place| (place % 251) as u8 ^ (place >> 9) as u8).collect();
        Self {
            bytes,
            block_size,
            is_in: true,
            is_writable: true,
            at_once: usize::MAX,
            busy: 0,
            bad_block: None,
            log: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn range(&mut self, block: u32, offset: u32, len: usize) -> Option<core::ops::Range<usize>> {
        if self.busy > 0 {
            self.busy -= 1;
            return Some(0..0);
        }
        if self.bad_block == Some(block) {
            return None;
        }
        let start = block as usize * usize::from(self.block_size) + offset as usize;
        Some(start..start + len.min(self.at_once))
    }
}

impl Medium for FakeDisk {
    fn identify(&mut self, identity: &mut Identity) {
        identity.vendor[..5].copy_from_slice(b"Maker");
        identity.product[..4].copy_from_slice(b"Disk");
        identity.revision[..3].copy_from_slice(b"1.0");
    }

    fn serial_number(&mut self, into: &mut [u8]) -> usize {
        into[..6].copy_from_slice(b"serial");
        6
    }

    fn is_ready(&mut self) -> Result<(), Sense> {
        if self.is_in { Ok(()) } else { Err(Sense::NO_MEDIUM) }
    }

    fn is_writable(&mut self) -> bool {
        self.is_writable
    }

    fn capacity(&mut self) -> Capacity {
        Capacity { blocks: (self.bytes.len() / usize::from(self.block_size)) as u32, block_size: self.block_size }
    }

    fn start_stop(&mut self, power_condition: u8, start: bool, load_eject: bool) -> Result<(), Sense> {
        self.log.push((power_condition, start, load_eject));
        if load_eject {
            self.is_in = start;
        }
        Ok(())
    }

    fn read(&mut self, block: u32, offset: u32, into: &mut [u8]) -> Result<usize, Sense> {
        let range = self.range(block, offset, into.len()).ok_or(Sense::READ_ERROR)?;
        let bytes = &self.bytes[range];
        into[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write(&mut self, block: u32, offset: u32, from: &mut [u8]) -> Result<usize, Sense> {
        let range = self.range(block, offset, from.len()).ok_or(Sense::WRITE_ERROR)?;
        let place = &mut self.bytes[range];
        place.copy_from_slice(&from[..place.len()]);
        Ok(place.len())
    }

    fn other(&mut self, command: &[u8; 16], data: &mut [u8]) -> Result<usize, Sense> {
        match command[0] {
            // Vendor commands: one that sends, one that receives.
            0xc0 => {
                let text = b"vendor";
                data.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
                Ok(text.len())
            }
            0xc1 => {
                self.sent = data.to_vec();
                Ok(0)
            }
            _ => Err(Sense::NO_SUCH_COMMAND),
        }
    }
}

/// How a command ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    /// What came.
    pub data: Vec<u8>,
    /// bCSWStatus.
    pub status: u8,
    /// dCSWDataResidue.
    pub residue: u32,
    /// The endpoint that was halted before the status.
    pub halted: Option<u8>,
}

pub fn passed(data: &[u8]) -> End {
    End { data: data.to_vec(), status: 0, residue: 0, halted: None }
}

/// The driver, a disk, and a host that does what the standard says.
pub struct Desk {
    pub storage: MassStorage,
    pub disk: FakeDisk,
    pub buffer: Vec<u8>,
    /// Endpoints that are halted.
    pub halted: Vec<u8>,
    /// What is submitted: endpoint and bytes.
    pub submitted: Option<(u8, usize)>,
    pub cancelled: Vec<u8>,
    tag: u32,
}

pub const IN: u8 = 0x81;
pub const OUT: u8 = 0x01;

impl Desk {
    pub fn new(disk: FakeDisk, buffer: usize) -> Self {
        let mut storage = MassStorage::new();
        storage.configured(&msc_configuration(), 0);
        let buffer = vec![0; buffer];
        let (halted, cancelled) = (Vec::new(), Vec::new());
        Self { storage, disk, buffer, halted, submitted: None, cancelled, tag: 1 }
    }

    /// Does what the driver wants to be done.
    pub fn steps(&mut self) {
        for _ in 0..10_000 {
            match self.storage.step(&mut self.disk, &mut self.buffer) {
                Step::Rest => return,
                Step::Busy => {}
                Step::Submit { endpoint, len } if self.halted.contains(&endpoint.byte()) => {
                    assert!(len <= self.buffer.len());
                    self.storage.refused();
                }
                Step::Submit { endpoint, len } => {
                    assert!(self.submitted.is_none() && len <= self.buffer.len() && len > 0);
                    self.submitted = Some((endpoint.byte(), len));
                }
                Step::Halt(endpoint) => self.halted.push(endpoint.byte()),
                Step::Cancel(endpoint) => {
                    self.cancelled.push(endpoint.byte());
                    self.submitted.take_if(|(submitted, _)| *submitted == endpoint.byte());
                }
            }
        }
        panic!("the driver does not come to an end");
    }

    /// The host sends one transfer; `None` when the device does not want any.
    pub fn send(&mut self, bytes: &[u8]) -> Option<usize> {
        self.steps();
        let (endpoint, len) = self.submitted.take_if(|(endpoint, _)| *endpoint == OUT)?;
        assert_eq!(endpoint, OUT);
        let taken = len.min(bytes.len());
        self.buffer[..taken].copy_from_slice(&bytes[..taken]);
        self.storage.complete(Outcome::Success, taken);
        self.steps();
        Some(taken)
    }

    /// The host fetches one transfer.
    pub fn fetch(&mut self) -> Option<Vec<u8>> {
        self.steps();
        let (_, len) = self.submitted.take_if(|(endpoint, _)| *endpoint == IN)?;
        let bytes = self.buffer[..len].to_vec();
        self.storage.complete(Outcome::Success, len);
        self.steps();
        Some(bytes)
    }

    pub fn request(&mut self, setup: [u8; 8]) -> Reply {
        let setup = SetupPacket::new(setup);
        assert!(self.storage.concerns(&setup));
        let reply = self.storage.request(&setup);
        self.steps();
        reply
    }

    pub fn clear_halt(&mut self, endpoint: u8) {
        self.halted.retain(|halted| *halted != endpoint);
        assert_eq!(self.request([0x02, 1, 0, 0, endpoint, 0, 0, 0]), Reply::Acknowledge);
    }

    /// Sends a command block wrapper.
    pub fn wrapper(&mut self, command: &[u8], length: u32, is_in: bool) -> Vec<u8> {
        self.tag += 1;
        let mut bytes = b"USBC".to_vec();
        bytes.extend(self.tag.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend([if is_in { 0x80 } else { 0 }, 0, command.len() as u8]);
        bytes.extend(command);
        bytes.resize(31, 0);
        bytes
    }

    /// A whole command, with data to the host.
    pub fn command_in(&mut self, command: &[u8], length: u32) -> End {
        let wrapper = self.wrapper(command, length, true);
        assert_eq!(self.send(&wrapper), Some(31));
        let mut data = Vec::new();
        while data.len() < length as usize && !self.halted.contains(&IN) {
            data.extend(self.fetch().expect("data"));
        }
        self.status(data)
    }

    /// A whole command, with data from the host or none.
    pub fn command_out(&mut self, command: &[u8], data: &[u8]) -> End {
        let wrapper = self.wrapper(command, data.len() as u32, false);
        assert_eq!(self.send(&wrapper), Some(31));
        let mut sent = 0;
        while sent < data.len() && !self.halted.contains(&OUT) {
            sent += self.send(&data[sent..]).expect("room");
        }
        self.status(Vec::new())
    }

    fn status(&mut self, data: Vec<u8>) -> End {
        let halted = self.halted.first().copied();
        for endpoint in self.halted.clone() {
            self.clear_halt(endpoint);
        }
        let bytes = self.fetch().expect("status");
        assert_eq!((bytes.len(), &bytes[..4]), (13, &b"USBS"[..]));
        assert_eq!(bytes[4..8], self.tag.to_le_bytes());
        let residue = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
        End { data, status: bytes[12], residue, halted }
    }

    /// Sense key, code and qualifier.
    pub fn sense(&mut self) -> Sense {
        let end = self.command_in(&[3, 0, 0, 0, 18, 0], 18);
        assert_eq!((end.status, end.data.len(), end.data[0]), (0, 18, 0x70));
        Sense::new(end.data[2], end.data[12], end.data[13])
    }
}

/// Interface 0: mass storage, bulk 1 both ways.
pub fn msc_configuration() -> Vec<u8> {
    configuration(&[vec![9, 4, 0, 0, 2, 8, 6, 0x50, 5], endpoint(OUT, 2, 64), endpoint(IN, 2, 64)])
}

fn read(first: u32, count: u16) -> Vec<u8> {
    blocks(0x28, first, count)
}

fn write(first: u32, count: u16) -> Vec<u8> {
    blocks(0x2a, first, count)
}

pub fn blocks(operation: u8, first: u32, count: u16) -> Vec<u8> {
    let mut command = vec![operation, 0];
    command.extend(first.to_be_bytes());
    command.push(0);
    command.extend(count.to_be_bytes());
    command.push(0);
    command
}

const RESET: [u8; 8] = [0x21, 0xff, 0, 0, 0, 0, 0, 0];

/// A disk of 16 blocks of 512 bytes behind a buffer of eight.
fn desk() -> Desk {
    Desk::new(FakeDisk::new(512, 16), 4096)
}

#[test]
fn blocks_are_read_and_written_whatever_fits_in_the_buffer() {
    for (block_size, buffer, at_once) in
        [(512, 4096, usize::MAX), (512, 512, 512), (512, 700, 100), (512, 64, 64), (4096, 512, 333), (4096, 4096, 4096)]
    {
        let mut disk = FakeDisk::new(block_size, 16);
        disk.at_once = at_once;
        let mut desk = Desk::new(disk, buffer);
        let size = usize::from(block_size);
        let expected = desk.disk.bytes[2 * size..13 * size].to_vec();
        assert_eq!(desk.command_in(&read(2, 11), 11 * u32::from(block_size)), passed(&expected));
        let fresh: Vec<u8> = (0..5 * size).map(|place| (place % 241) as u8).collect();
        desk.disk.busy = 2;
        assert_eq!(desk.command_out(&write(3, 5), &fresh), passed(&[]));
        assert_eq!(desk.disk.bytes[3 * size..8 * size], fresh);
        desk.disk.busy = 2;
        assert_eq!(desk.command_in(&read(3, 5), 5 * u32::from(block_size)), passed(&fresh));
    }
}

/// Section 6.7: what the host expects (H) against what the device intends (D): nothing, in or out.
#[test]
fn the_thirteen_cases() {
    const BLOCK: u32 = 512;
    let expect = |data: &[u8], status, residue, halted| End { data: data.to_vec(), status, residue, halted };
    let mut desk = desk();
    let first = desk.disk.bytes[..512].to_vec();
    let before = desk.disk.bytes.clone();
    let test_unit_ready = [0; 6];
    // Without data, direction does not count.
    assert_eq!(desk.command_out(&test_unit_ready, &[]), passed(&[]), "case 1, Hn = Dn");
    assert_eq!(desk.command_in(&test_unit_ready, 0), passed(&[]), "case 1, Hn = Dn");
    assert_eq!(desk.command_out(&read(0, 1), &[]), expect(&[], 2, 0, None), "case 2, Hn < Di");
    assert_eq!(desk.command_out(&write(0, 1), &[]), expect(&[], 2, 0, None), "case 3, Hn < Do");
    assert_eq!(desk.command_in(&test_unit_ready, 100), expect(&[], 0, 100, Some(IN)), "case 4, Hi > Dn");
    assert_eq!(desk.command_in(&read(0, 1), 2 * BLOCK), expect(&first, 0, BLOCK, Some(IN)), "case 5, Hi > Di");
    assert_eq!(desk.command_in(&read(0, 1), BLOCK), passed(&first), "case 6, Hi = Di");
    assert_eq!(desk.command_in(&read(0, 2), BLOCK), expect(&[], 2, BLOCK, Some(IN)), "case 7, Hi < Di");
    assert_eq!(desk.command_in(&write(0, 1), BLOCK), expect(&[], 2, BLOCK, Some(IN)), "case 8, Hi <> Do");
    assert_eq!(desk.command_out(&test_unit_ready, &[1; 100]), expect(&[], 0, 100, Some(OUT)), "case 9, Ho > Dn");
    assert_eq!(desk.command_out(&read(0, 1), &[1; 512]), expect(&[], 2, BLOCK, Some(OUT)), "case 10, Ho <> Di");
    assert_eq!(desk.command_out(&write(0, 2), &[1; 512]), expect(&[], 2, BLOCK, Some(OUT)), "case 13, Ho < Do");
    assert_eq!(desk.disk.bytes, before, "nothing was written in any of these");
    assert_eq!(desk.command_out(&write(0, 1), &[1; 1024]), expect(&[], 0, BLOCK, Some(OUT)), "case 11, Ho > Do");
    assert_eq!(desk.command_out(&write(1, 1), &[2; 512]), passed(&[]), "case 12, Ho = Do");
    assert_eq!(desk.disk.bytes[..1024], [[1; 512], [2; 512]].concat());
}

#[test]
fn what_is_no_command_halts_both_until_a_reset() {
    let wrong: [&[u8]; 5] =
        [b"", b"USBC", &[0; 31], &[0; 64], b"usbctag!\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"];
    for bytes in wrong {
        let mut desk = desk();
        assert_eq!(desk.send(bytes), Some(bytes.len()));
        assert_eq!(desk.halted, [IN, OUT]);
        for endpoint in [IN, OUT] {
            desk.clear_halt(endpoint);
            assert!(desk.halted.contains(&IN) && desk.halted.contains(&OUT), "only a reset ends it");
            assert_eq!(desk.submitted, None);
        }
        desk.halted = vec![IN, OUT];
        assert_eq!(desk.request(RESET), Reply::Acknowledge);
        assert_eq!(desk.halted, [IN, OUT], "a reset leaves the halts");
        desk.clear_halt(IN);
        assert_eq!(desk.submitted, None);
        desk.clear_halt(OUT);
        assert!(desk.halted.is_empty());
        assert_eq!(desk.command_out(&[0; 6], &[]), passed(&[]));
    }
}

#[test]
fn a_reset_ends_a_command_wherever_it_is() {
    for fetched in 0..3 {
        let mut desk = desk();
        let wrapper = desk.wrapper(&read(0, 16), 16 * 512, true);
        desk.send(&wrapper);
        for _ in 0..fetched {
            desk.fetch();
        }
        assert_eq!(desk.request(RESET), Reply::Acknowledge);
        assert_eq!(desk.cancelled, [IN, OUT]);
        assert_eq!(desk.submitted, Some((OUT, 64)));
        let wrapper = desk.wrapper(&write(0, 16), 16 * 512, false);
        desk.send(&wrapper);
        for _ in 0..fetched.min(1) {
            desk.send(&[9; 4096]);
        }
        assert_eq!(desk.request(RESET), Reply::Acknowledge);
        assert_eq!(desk.command_in(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8), passed(&[0, 0, 0, 15, 0, 0, 2, 0]));
    }
}

#[test]
fn a_status_waits_for_the_end_of_a_halt_and_nothing_else_happens_meanwhile() {
    let mut desk = desk();
    let wrapper = desk.wrapper(&[0; 6], 100, true);
    desk.send(&wrapper);
    assert_eq!(desk.halted, [IN]);
    desk.steps();
    assert_eq!((desk.submitted, desk.halted.as_slice()), (None, &[IN][..]));
    desk.clear_halt(OUT);
    assert_eq!(desk.submitted, None);
    desk.clear_halt(IN);
    assert_eq!(desk.submitted, Some((IN, 13)));
}

#[test]
fn a_host_that_sends_less_than_it_said_gets_a_phase_error() {
    let mut desk = desk();
    let before = desk.disk.bytes.clone();
    let wrapper = desk.wrapper(&write(0, 4), 2048, false);
    desk.send(&wrapper);
    desk.send(&[7; 700]);
    let status = desk.fetch().expect("status");
    assert_eq!((&status[8..12], status[12]), (&2048u32.to_le_bytes()[..], 2));
    assert_eq!(desk.disk.bytes, before);
    assert_eq!(desk.command_out(&[0; 6], &[]), passed(&[]));
}

#[test]
fn a_medium_that_fails_in_the_middle_is_told_with_what_was_moved() {
    let mut desk = Desk::new(FakeDisk::new(512, 16), 512);
    desk.disk.bad_block = Some(2);
    let good = desk.disk.bytes[..1024].to_vec();
    let end = desk.command_in(&read(0, 4), 2048);
    assert_eq!(end, End { data: good, status: 1, residue: 1024, halted: Some(IN) });
    assert_eq!(desk.sense(), Sense::READ_ERROR);
    let end = desk.command_out(&write(0, 4), &[5; 2048]);
    assert_eq!(end, End { data: vec![], status: 1, residue: 1024, halted: Some(OUT) });
    assert_eq!(desk.sense(), Sense::WRITE_ERROR);
    assert_eq!(desk.sense(), Sense::NONE);
    assert_eq!(desk.disk.bytes[..1024], [5; 1024]);
    // A host that has sent everything is not halted.
    let end = desk.command_out(&write(2, 1), &[6; 512]);
    assert_eq!(end, End { data: vec![], status: 1, residue: 512, halted: None });
}

#[test]
fn class_requests_are_told_from_others() {
    let mut desk = desk();
    assert_eq!(desk.request([0xa1, 0xfe, 0, 0, 0, 0, 1, 0]), Reply::MaxLun);
    for wrong in [
        [0xa1, 0xfe, 1, 0, 0, 0, 1, 0],
        [0xa1, 0xfe, 0, 0, 0, 0, 2, 0],
        [0x21, 0xfe, 0, 0, 0, 0, 1, 0],
        [0x21, 0xff, 1, 0, 0, 0, 0, 0],
        [0x21, 0xff, 0, 0, 0, 0, 1, 0],
        [0xa1, 0xff, 0, 0, 0, 0, 0, 0],
        [0xa1, 0x00, 0, 0, 0, 0, 1, 0],
        [0xc1, 0x00, 0, 0, 0, 0, 1, 0],
        [0x81, 0x06, 0, 0x22, 0, 0, 1, 0],
        [0x22, 0xff, 0, 0, 0x81, 0, 0, 0],
    ] {
        assert_eq!(desk.request(wrong), Reply::Stall, "{wrong:02x?}");
    }
    assert_eq!(desk.request([0x81, 0, 0, 0, 0, 0, 2, 0]), Reply::Acknowledge);
    let others = [[0xa1, 0xfe, 0, 0, 1, 0, 1, 0], [0x02, 1, 0, 0, 0x82, 0, 0, 0], [0x00, 9, 1, 0, 0, 0, 0, 0]];
    for other in others {
        assert!(!desk.storage.concerns(&SetupPacket::new(other)), "{other:02x?}");
    }
    desk.storage.closed();
    assert!(!desk.storage.concerns(&SetupPacket::new(RESET)));
    assert!(!desk.storage.owns(EndpointAddress::from_byte(IN)));
}

#[test]
fn set_interface_begins_anew() {
    let mut desk = desk();
    let wrapper = desk.wrapper(&read(0, 4), 2048, true);
    desk.send(&wrapper);
    // The stack has closed the endpoints, and what was in flight on them is gone.
    desk.submitted = None;
    assert_eq!(desk.request([0x01, 11, 0, 0, 0, 0, 0, 0]), Reply::Acknowledge);
    assert_eq!(desk.submitted, Some((OUT, 64)));
}

#[test]
fn a_configuration_without_the_endpoints_is_not_served() {
    let mut storage = MassStorage::new();
    let mut disk = FakeDisk::new(512, 1);
    let vendor = configuration(&[crate::testing::interface(0, 0, 2), endpoint(OUT, 2, 64), endpoint(IN, 2, 64)]);
    let half = configuration(&[vec![9, 4, 0, 0, 1, 8, 6, 0x50, 0], endpoint(OUT, 2, 64)]);
    for (configuration, interface) in [(vendor, 0), (half, 0), (msc_configuration(), 1), (vec![], 0)] {
        storage.configured(&configuration, interface);
        assert_eq!(storage.step(&mut disk, &mut [0; 64]), Step::Rest);
        assert!(!storage.owns(EndpointAddress::from_byte(OUT)));
    }
}
