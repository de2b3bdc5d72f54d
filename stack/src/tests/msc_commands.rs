//! Mass storage: each SCSI command, and what a host asks in vain.

use std::vec;
use std::vec::Vec;

use super::msc::{Desk, End, FakeDisk, IN, OUT, blocks, passed};
use crate::msc::Sense;

fn desk() -> Desk {
    Desk::new(FakeDisk::new(512, 0x1234), 4096)
}

/// The command fails, with or without data; returns why.
fn refused(desk: &mut Desk, command: &[u8], length: u32) -> Sense {
    let end = desk.command_in(command, length);
    let halted = (length != 0).then_some(IN);
    assert_eq!(end, End { data: vec![], status: 1, residue: length, halted }, "{command:02x?}");
    desk.sense()
}

#[test]
fn inquiry_tells_who_it_is() {
    let mut desk = desk();
    let mut standard = vec![0, 0x80, 2, 2, 31, 0, 0, 0];
    standard.extend(b"Maker   Disk            1.0 ");
    assert_eq!(desk.command_in(&[0x12, 0, 0, 0, 36, 0], 36), passed(&standard));
    assert_eq!(desk.command_in(&[0x12, 0, 0, 0, 5, 0], 5), passed(&standard[..5]));
    assert_eq!(desk.command_in(&[0x12, 0, 0, 0, 0, 0], 0), passed(&[]));
    // A host that has room for more than it gets.
    let end = desk.command_in(&[0x12, 0, 0, 1, 0, 0], 256);
    assert_eq!(end, End { data: standard, status: 0, residue: 220, halted: Some(IN) });
    // Vital product data.
    assert_eq!(desk.command_in(&[0x12, 1, 0, 0, 7, 0], 7), passed(&[0, 0, 0, 3, 0, 0x80, 0x83]));
    assert_eq!(desk.command_in(&[0x12, 1, 0x80, 0, 10, 0], 10), passed(b"\0\x80\0\x06serial"));
    let designator = b"\0\x83\0\x12\x02\x01\0\x0eMaker   serial";
    assert_eq!(desk.command_in(&[0x12, 1, 0x83, 0, 22, 0], 22), passed(designator));
    assert_eq!(refused(&mut desk, &[0x12, 1, 0x81, 0, 22, 0], 22), Sense::INVALID_FIELD);
    assert_eq!(refused(&mut desk, &[0x12, 0, 0x80, 0, 22, 0], 22), Sense::INVALID_FIELD);
}

#[test]
fn capacities() {
    let mut desk = desk();
    assert_eq!(desk.command_in(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8), passed(&[0, 0, 0x12, 0x33, 0, 0, 2, 0]));
    assert_eq!(refused(&mut desk, &[0x25, 0, 0, 0, 0, 1, 0, 0, 0, 0], 8), Sense::INVALID_FIELD);
    let formats = [0, 0, 0, 8, 0, 0, 0x12, 0x34, 2, 0, 2, 0];
    assert_eq!(desk.command_in(&[0x23, 0, 0, 0, 0, 0, 0, 0, 12, 0], 12), passed(&formats));
    let mut long = vec![0, 0, 0, 0, 0, 0, 0x12, 0x33, 0, 0, 2, 0];
    long.resize(32, 0);
    let command = [0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0];
    assert_eq!(desk.command_in(&command, 32), passed(&long));
    let command = [0x9e, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0];
    assert_eq!(refused(&mut desk, &command, 32), Sense::NO_SUCH_COMMAND);
}

#[test]
fn mode_pages() {
    let mut desk = desk();
    let page = |head: &[u8]| {
        let mut bytes = head.to_vec();
        bytes.extend([8, 18]);
        bytes.resize(head.len() + 20, 0);
        bytes
    };
    for wanted in [0x3f, 0x08, 0x48] {
        assert_eq!(desk.command_in(&[0x1a, 0, wanted, 0, 24, 0], 24), passed(&page(&[23, 0, 0, 0])));
    }
    assert_eq!(desk.command_in(&[0x1a, 0, 0x3f, 0, 4, 0], 4), passed(&[23, 0, 0, 0]));
    desk.disk.is_writable = false;
    assert_eq!(desk.command_in(&[0x1a, 0, 0x3f, 0, 4, 0], 4), passed(&[23, 0, 0x80, 0]));
    let long = page(&[0, 26, 0, 0x80, 0, 0, 0, 0]);
    assert_eq!(desk.command_in(&[0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 28, 0], 28), passed(&long));
    assert_eq!(refused(&mut desk, &[0x1a, 0, 0x1c, 0, 24, 0], 24), Sense::INVALID_FIELD);
    assert_eq!(refused(&mut desk, &[0x1a, 0, 0xc8, 0, 24, 0], 24), Sense::NOTHING_SAVED);
}

#[test]
fn units() {
    let mut desk = desk();
    let list = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(desk.command_in(&[0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0], 16), passed(&list));
    assert_eq!(refused(&mut desk, &[0xa0, 0, 3, 0, 0, 0, 0, 0, 0, 16, 0, 0], 16), Sense::INVALID_FIELD);
    // Unit 1 does not exist: INQUIRY says so, everything else fails.
    let mut to_unit_1 = |command: &[u8], length| {
        let mut wrapper = desk.wrapper(command, length, true);
        wrapper[13] = 1;
        assert_eq!(desk.send(&wrapper), Some(31));
        let data = if desk.halted.is_empty() { desk.fetch().expect("data") } else { vec![] };
        for endpoint in desk.halted.clone() {
            desk.clear_halt(endpoint);
        }
        (data, if length == 0 { 1 } else { desk.fetch().expect("status")[12] })
    };
    let (inquiry, status) = to_unit_1(&[0x12, 0, 0, 0, 36, 0], 36);
    assert_eq!((inquiry[0], status), (0x7f, 0));
    assert_eq!(to_unit_1(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8), (vec![], 1));
    let (sense, status) = to_unit_1(&[3, 0, 0, 0, 18, 0], 18);
    assert_eq!((sense[2], sense[12], status), (5, 0x25, 0));
}

#[test]
fn a_medium_that_is_out() {
    let mut desk = desk();
    assert_eq!(desk.command_out(&[0x1b, 0, 0, 0, 2, 0], &[]), passed(&[]));
    assert_eq!(desk.disk.log, [(0, false, true)]);
    let commands: [(&[u8], u32); 6] = [
        (&[0; 6], 0),
        (&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8),
        (&[0x23, 0, 0, 0, 0, 0, 0, 0, 12, 0], 12),
        (&blocks(0x28, 0, 1), 512),
        (&blocks(0x2f, 0, 1), 0),
        (&blocks(0x35, 0, 0), 0),
    ];
    for (command, length) in commands {
        assert_eq!(refused(&mut desk, command, length), Sense::NO_MEDIUM, "{command:02x?}");
    }
    let end = desk.command_out(&blocks(0x2a, 0, 1), &[0; 512]);
    assert_eq!(end, End { data: vec![], status: 1, residue: 512, halted: Some(OUT) });
    assert_eq!(desk.sense(), Sense::NO_MEDIUM);
    assert_eq!(desk.command_out(&[0x1b, 0, 0, 0, 3, 0], &[]), passed(&[]));
    assert_eq!(desk.command_out(&[0; 6], &[]), passed(&[]));
}

#[test]
fn a_medium_that_is_in_use_stays_in() {
    let mut desk = desk();
    let (prevent, allow, eject) = ([0x1e, 0, 0, 0, 1, 0], [0x1e, 0, 0, 0, 0, 0], [0x1b, 0, 0, 0, 2, 0]);
    assert_eq!(desk.command_out(&prevent, &[]), passed(&[]));
    assert_eq!(refused(&mut desk, &eject, 0), Sense::LOCKED_IN);
    assert!(desk.disk.is_in);
    assert_eq!(desk.command_out(&allow, &[]), passed(&[]));
    assert_eq!(desk.command_out(&eject, &[]), passed(&[]));
    assert!(!desk.disk.is_in);
    // Stop and start without load or eject, and a power condition, which makes the other two mean nothing.
    for byte in [0, 1, 0x12] {
        assert_eq!(desk.command_out(&[0x1b, 0, 0, 0, byte, 0], &[]), passed(&[]));
    }
    assert_eq!(desk.disk.log[1..], [(0, false, false), (0, true, false), (1, false, false)]);
}

#[test]
fn blocks_that_are_not_there() {
    let mut desk = desk();
    for (first, count) in [(0x1234, 1), (0x1233, 2), (u32::MAX, 1), (u32::MAX, u16::MAX), (1, u16::MAX)] {
        assert_eq!(refused(&mut desk, &blocks(0x28, first, count), 512), Sense::OUT_OF_RANGE);
        assert_eq!(refused(&mut desk, &blocks(0x2f, first, count), 0), Sense::OUT_OF_RANGE);
        let end = desk.command_out(&blocks(0x2a, first, count), &[0; 512]);
        assert_eq!((end.status, end.residue, end.halted), (1, 512, Some(OUT)));
        assert_eq!(desk.sense(), Sense::OUT_OF_RANGE);
    }
    // The last one, and none at all.
    let last = desk.disk.bytes[0x1233 * 512..].to_vec();
    assert_eq!(desk.command_in(&blocks(0x28, 0x1233, 1), 512), passed(&last));
    for operation in [0x28, 0x2a, 0x2f, 0x35] {
        assert_eq!(desk.command_out(&blocks(operation, 0x1234, 0), &[]), passed(&[]));
    }
    let mut with_data = blocks(0x2f, 0, 1);
    with_data[1] = 2;
    assert_eq!(refused(&mut desk, &with_data, 0), Sense::INVALID_FIELD);
}

#[test]
fn a_medium_that_is_protected() {
    let mut desk = desk();
    desk.disk.is_writable = false;
    let before = desk.disk.bytes.clone();
    let end = desk.command_out(&blocks(0x2a, 0, 1), &[0; 512]);
    assert_eq!((end.status, end.residue, end.halted), (1, 512, Some(OUT)));
    assert_eq!(desk.sense(), Sense::WRITE_PROTECTED);
    assert_eq!(desk.disk.bytes, before);
}

#[test]
fn sense_lasts_until_the_next_command() {
    let mut desk = desk();
    assert_eq!(refused(&mut desk, &[0x55; 10], 0), Sense::NO_SUCH_COMMAND);
    assert_eq!(desk.sense(), Sense::NONE);
    desk.command_in(&[0x55; 10], 0);
    assert_eq!(desk.command_out(&[0; 6], &[]), passed(&[]));
    assert_eq!(desk.sense(), Sense::NONE);
    assert_eq!(refused(&mut desk, &[3, 1, 0, 0, 18, 0], 18), Sense::INVALID_FIELD);
}

#[test]
fn what_the_driver_does_not_know_the_medium_may() {
    let mut desk = desk();
    assert_eq!(desk.command_in(&[0xc0, 0, 0, 0, 0, 0], 6), passed(b"vendor"));
    assert_eq!(desk.command_in(&[0xc0, 0, 0, 0, 0, 0], 3), passed(b"ven"));
    assert_eq!(desk.command_out(&[0xc0, 0, 0, 0, 0, 0], &[]), passed(&[]));
    let data: Vec<u8> = (0..200).collect();
    assert_eq!(desk.command_out(&[0xc1, 0, 0, 0, 0, 0], &data), passed(&[]));
    assert_eq!(desk.disk.sent, data);
    // Data for a command that nobody knows are taken and not used; more than there is room for are not taken.
    let end = desk.command_out(&[0xc2, 0, 0, 0, 0, 0], &data);
    assert_eq!(end, End { data: vec![], status: 1, residue: 200, halted: None });
    let end = desk.command_out(&[0xc1, 0, 0, 0, 0, 0], &[0; 5000]);
    assert_eq!(end, End { data: vec![], status: 1, residue: 5000, halted: Some(OUT) });
    assert_eq!(desk.sense(), Sense::NO_SUCH_COMMAND);
}
