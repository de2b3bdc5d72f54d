//! The built-in serial port.

use std::vec;
use std::vec::Vec;

use crate::controller::Event as BusEvent;
use crate::testing::{Bench, Failure, Reply};

fn line_state(bench: &mut Bench, state: u8) {
    assert_eq!(bench.control_out([0x21, 0x22, state, 0, 0, 0, 0, 0], &[]), Ok(()));
}

fn frames(bench: &mut Bench, count: usize) {
    for _ in 0..count {
        if bench.device.controller().sof {
            bench.bus(BusEvent::StartOfFrame);
        }
    }
}

/// Configured, a terminal has opened the port, and it has been quiet for long enough.
fn open() -> Bench {
    let mut bench = Bench::with_serial().configured();
    line_state(&mut bench, 3);
    frames(&mut bench, 100);
    bench
}

fn write(bench: &mut Bench, bytes: &[u8]) -> usize {
    bench.device.serial().write(bytes)
}

fn read_all(bench: &mut Bench) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let Reply::Data(packet) = bench.token_in(2) {
        packets.push(packet);
    }
    packets
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

#[test]
fn output_reaches_a_terminal() {
    let mut bench = open();
    assert!(bench.device.serial().is_open());
    assert_eq!(write(&mut bench, b"hello"), 5);
    assert_eq!(read_all(&mut bench), [b"hello".to_vec()]);
}

#[test]
fn whole_packets_are_followed_by_an_empty_one_once() {
    let mut bench = open();
    for length in [64, 128, 256] {
        assert_eq!(write(&mut bench, &pattern(length)), length);
        let packets = read_all(&mut bench);
        assert_eq!(packets.concat(), pattern(length));
        assert_eq!(packets.last(), Some(&vec![]));
        assert_eq!(packets.len(), length / 64 + 1);
    }
    assert_eq!(write(&mut bench, &pattern(63)), 63);
    assert_eq!(read_all(&mut bench), [pattern(63)]);
}

#[test]
fn an_open_port_takes_what_fits_and_loses_nothing() {
    for buffers in [1, 2] {
        let mut bench = open();
        bench.device.controller().buffers = buffers;
        let all = pattern(5000);
        let mut written = 0;
        let mut read = Vec::new();
        let mut step = 0;
        while read.len() < all.len() {
            step = (step * 7 + 3) % 97;
            let room = bench.device.serial().room();
            let end = all.len().min(written + step);
            let taken = write(&mut bench, &all[written..end]);
            assert_eq!(taken, room.min(end - written));
            written += taken;
            if step % 3 == 0
                && let Reply::Data(packet) = bench.token_in(2)
            {
                read.extend(packet);
            }
        }
        assert_eq!(read, all);
    }
}

#[test]
fn the_newest_bytes_are_kept_while_nobody_listens_and_sent_100_ms_after_dtr() {
    let mut bench = Bench::with_serial();
    assert_eq!(write(&mut bench, b"before any host, "), 17);
    let mut bench = bench.configured();
    for _ in 0..5 {
        assert_eq!(write(&mut bench, &pattern(100)), 100);
    }
    assert_eq!(write(&mut bench, &pattern(1000)), 1000);
    assert_eq!(write(&mut bench, b"end"), 3);
    assert_eq!(bench.token_in(2), Reply::Nak);
    line_state(&mut bench, 1);
    frames(&mut bench, 99);
    assert_eq!(write(&mut bench, b"full"), 0, "from DTR on nothing is overwritten");
    assert_eq!(bench.token_in(2), Reply::Nak);
    frames(&mut bench, 1);
    let mut expected = pattern(1000)[747..].to_vec();
    expected.extend_from_slice(b"end");
    assert_eq!(read_all(&mut bench).concat(), expected);
    assert!(!bench.device.controller().sof, "no interrupt in every frame for nothing");
}

#[test]
fn closing_and_opening_again_goes_on() {
    let mut bench = open();
    assert_eq!(write(&mut bench, &pattern(100)), 100);
    assert_eq!(bench.token_in(2), Reply::Data(pattern(64)));
    line_state(&mut bench, 0);
    assert!(!bench.device.serial().is_open());
    assert_eq!(bench.token_in(2), Reply::Nak);
    assert_eq!(write(&mut bench, b"later"), 5);
    line_state(&mut bench, 1);
    frames(&mut bench, 100);
    let mut expected = pattern(100)[64..].to_vec();
    expected.extend_from_slice(b"later");
    assert_eq!(read_all(&mut bench).concat(), expected);
}

#[test]
fn a_suspended_host_does_not_wedge_it() {
    let mut bench = open();
    assert_eq!(write(&mut bench, &pattern(256)), 256);
    bench.bus(BusEvent::Suspend);
    assert!(!bench.device.serial().is_open());
    assert_eq!(write(&mut bench, &pattern(300)), 300);
    bench.bus(BusEvent::Resume);
    assert_eq!(read_all(&mut bench).concat(), pattern(300)[44..]);
}

#[test]
fn a_reset_keeps_what_was_not_sent() {
    let mut bench = open();
    assert_eq!(write(&mut bench, &pattern(100)), 100);
    bench.reset();
    assert!(!bench.device.serial().is_open());
    let _ = bench.events();
    let mut bench = bench.configured();
    line_state(&mut bench, 1);
    frames(&mut bench, 100);
    assert_eq!(read_all(&mut bench).concat(), pattern(100));
}

#[test]
fn a_halted_port_goes_on_after_the_halt() {
    let mut bench = open();
    assert_eq!(write(&mut bench, &pattern(100)), 100);
    for (request, address) in [(3, 0x82), (3, 0x02), (1, 0x82), (1, 0x02)] {
        assert_eq!(bench.control_out([0x02, request, 0, 0, address, 0, 0, 0], &[]), Ok(()));
        bench.device.serial().poll(&mut bench.app);
    }
    assert_eq!(read_all(&mut bench).concat(), pattern(100));
    assert_eq!(bench.token_out(2, b"x"), Reply::Ack);
    assert_eq!(bench.app.input, b"x");
    assert_eq!(bench.events(), [], "the program has nothing to do with it");
}

#[test]
fn input_waits_for_room_and_keeps_its_order() {
    for buffers in [1, 2] {
        let mut bench = open();
        bench.device.controller().buffers = buffers;
        bench.app.input_room = 70;
        let all = pattern(320);
        let mut sent = 0;
        for _ in 0..50 {
            let end = all.len().min(sent + 40);
            if sent < end && bench.token_out(2, &all[sent..end]) == Reply::Ack {
                sent = end;
            } else {
                bench.app.input_room += 13;
                bench.device.serial().poll(&mut bench.app);
            }
        }
        assert_eq!(bench.app.input, all);
    }
}

#[test]
fn empty_and_full_packets_are_taken() {
    let mut bench = open();
    assert_eq!(bench.token_out(2, &[]), Reply::Ack);
    assert_eq!(bench.token_out(2, &[3; 64]), Reply::Ack);
    assert_eq!(bench.token_out(2, &[]), Reply::Ack);
    assert_eq!(bench.app.input, [3; 64]);
}

#[test]
fn the_line_coding_is_what_the_host_set() {
    let mut bench = Bench::with_serial().configured();
    let get = [0xa1, 0x21, 0, 0, 0, 0, 7, 0];
    assert_eq!(bench.control_in(get), Ok(vec![0x00, 0xc2, 0x01, 0x00, 0, 0, 8]));
    let coding = [0x80, 0x25, 0, 0, 2, 1, 7];
    assert_eq!(bench.control_out([0x21, 0x20, 0, 0, 0, 0, 7, 0], &coding), Ok(()));
    assert_eq!(bench.control_in(get), Ok(coding.to_vec()));
    let read = bench.device.serial().line_coding();
    assert_eq!((read.rate, read.stop_bits, read.parity, read.data_bits), (9600, 2, 1, 7));
    bench.setup([0x21, 0x20, 0, 0, 0, 0, 7, 0]);
    assert_eq!(bench.token_out(0, &[1, 2, 3]), Reply::Ack);
    assert_eq!(bench.status_in(), Err(Failure::Stall), "too short");
    assert_eq!(bench.control_in(get), Ok(coding.to_vec()));
    for length in [0, 6, 8, 64] {
        bench.setup([0x21, 0x20, 0, 0, 0, 0, length, 0]);
        assert_eq!(bench.token_in(0), Reply::Stall, "{length}");
    }
}

#[test]
fn break_is_accepted_and_the_rest_is_stalled() {
    let mut bench = Bench::with_serial().configured();
    assert_eq!(bench.control_out([0x21, 0x23, 0xff, 0xff, 0, 0, 0, 0], &[]), Ok(()));
    // 0x20 is SET_LINE_CODING with data to the host.
    for request in [0x00, 0x01, 0x02, 0x24, 0x20, 0xfe] {
        bench.setup([0xa1, request, 0, 0, 0, 0, 7, 0]);
        assert_eq!(bench.token_in(0), Reply::Stall, "{request:x}");
    }
    // GET_LINE_CODING with data from the host.
    assert_eq!(bench.control_out([0x21, 0x21, 0, 0, 0, 0, 7, 0], &[0; 7]), Err(Failure::Stall));
    assert_eq!(bench.events(), []);
}

#[test]
fn closing_at_1200_baud_asks_for_the_boot_loader() {
    let mut bench = Bench::with_serial().configured();
    line_state(&mut bench, 0);
    assert_eq!(bench.app.touched, 0);
    let coding = [0xb0, 0x04, 0, 0, 0, 0, 8];
    assert_eq!(bench.control_out([0x21, 0x20, 0, 0, 0, 0, 7, 0], &coding), Ok(()));
    for (state, touched) in [(3, 0), (1, 0), (2, 0), (0, 1)] {
        line_state(&mut bench, state);
        assert_eq!(bench.app.touched, touched);
    }
}

#[test]
fn what_is_written_in_the_quiet_time_waits_too() {
    let mut bench = Bench::with_serial().configured();
    line_state(&mut bench, 1);
    assert_eq!(write(&mut bench, b"banner"), 6);
    assert_eq!(bench.token_in(2), Reply::Nak);
    frames(&mut bench, 100);
    assert_eq!(read_all(&mut bench), [b"banner".to_vec()]);
}

#[test]
fn packets_are_whole_when_the_fifo_was_empty() {
    let mut bench = open();
    assert_eq!(write(&mut bench, &pattern(10)), 10);
    assert_eq!(read_all(&mut bench), [pattern(10)]);
    assert_eq!(write(&mut bench, &pattern(250)), 250);
    let lengths: Vec<usize> = read_all(&mut bench).iter().map(Vec::len).collect();
    assert_eq!(lengths, [64, 64, 64, 58]);
}
