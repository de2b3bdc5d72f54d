//! The built-in serial port.

use native_tests::{App, Broken, Rig, SHAPES, descriptors, pattern, setup};
use usb_stack::{Event, LineCoding};

fn rig(shape: native_tests::Kind) -> Rig {
    let mut app = App::new(descriptors::serial_and_vendor());
    app.builtin = 2;
    let mut rig = Rig::with(shape, app);
    rig.enumerate();
    rig.heard.clear();
    rig
}

fn line_state(rig: &mut Rig, state: u16) {
    assert_eq!(rig.control_out(setup(0x21, 0x22, state, 0, 0), &[]), Ok(()));
}

fn line_rate(rig: &mut Rig, rate: u32) {
    let [a, b, c, d] = rate.to_le_bytes();
    assert_eq!(rig.control_out(setup(0x21, 0x20, 0, 0, 0), &[a, b, c, d, 0, 0, 8]), Ok(()));
}

/// A terminal opens the port and waits until output may come.
fn open(rig: &mut Rig) {
    line_state(rig, 3);
    rig.frames(101);
}

/// Everything that the host can fetch now.
fn fetch(rig: &mut Rig) -> Vec<u8> {
    let mut got = Vec::new();
    while let Ok(packet) = rig.fetch_packet(2, 64) {
        got.extend(packet);
    }
    got
}

/// Writes all of it while the host reads.
fn write_all(rig: &mut Rig, bytes: &[u8]) -> Vec<u8> {
    let (mut at, mut got) = (0, Vec::new());
    while at < bytes.len() {
        let taken = rig.device.serial().write(&bytes[at..]);
        rig.turn();
        at += taken;
        got.extend(fetch(rig));
    }
    got.extend(fetch(rig));
    got
}

#[test]
fn requests_are_served_without_the_program() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.hold_task = true;
        let default = LineCoding { rate: 115_200, stop_bits: 0, parity: 0, data_bits: 8 };
        assert_eq!(rig.device.serial().line_coding(), default);
        assert_eq!(rig.control_in(setup(0xa1, 0x21, 0, 0, 7)), Ok(vec![0x00, 0xc2, 1, 0, 0, 0, 8]));
        let coding = [0x80, 0x25, 0, 0, 2, 1, 7];
        assert_eq!(rig.control_out(setup(0x21, 0x20, 0, 0, 0), &coding), Ok(()));
        assert_eq!(rig.control_in(setup(0xa1, 0x21, 0, 0, 7)), Ok(coding.to_vec()));
        let expected = LineCoding { rate: 9600, stop_bits: 2, parity: 1, data_bits: 7 };
        assert_eq!(rig.device.serial().line_coding(), expected);
        line_state(&mut rig, 3);
        assert_eq!(rig.control_out(setup(0x21, 0x23, 0xffff, 0, 0), &[]), Ok(()), "SEND_BREAK");
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_heard(), []);
    }
}

#[test]
fn line_codings_of_a_wrong_length_change_nothing() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        for length in [0, 1, 6, 8, 64, 100] {
            let refused = rig.control_out(setup(0x21, 0x20, 0, 0, 0), &vec![1; length]);
            assert!(matches!(refused, Err((_, Broken::Stall))), "{length}: {refused:?}");
            assert_eq!(rig.device.serial().line_coding().rate, 115_200);
        }
        for (length, expected) in [(1, 1), (7, 7), (64, 7)] {
            assert_eq!(rig.control_in(setup(0xa1, 0x21, 0, 0, length)).map(|bytes| bytes.len()), Ok(expected));
        }
    }
}

#[test]
fn output_reaches_an_open_port_in_order() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        open(&mut rig);
        for length in [1, 63, 64, 65, 128, 256, 257, 1000, 5000] {
            let data = pattern(length);
            assert!(write_all(&mut rig, &data) == data, "{shape:?}, {length} bytes");
        }
    }
}

#[test]
fn whole_packets_are_followed_by_an_empty_one() {
    for shape in SHAPES {
        for packets in 1..=3 {
            let mut rig = rig(shape);
            open(&mut rig);
            assert_eq!(rig.device.serial().write(&pattern(64 * packets)), 64 * packets);
            let sizes: Vec<usize> = std::iter::from_fn(|| rig.fetch_packet(2, 64).ok()).map(|one| one.len()).collect();
            let mut expected = vec![64; packets];
            expected.push(0);
            assert_eq!(sizes, expected);
            assert_eq!(rig.fetch_packet(2, 64), Err(Broken::Nak));
        }
    }
}

#[test]
fn the_newest_256_bytes_wait_for_a_terminal() {
    for shape in SHAPES {
        for total in [1, 255, 256, 257, 600, 1000] {
            for piece in [1, 100, 300, 1000] {
                let mut rig = rig(shape);
                let data = pattern(total);
                for piece in data.chunks(piece) {
                    assert_eq!(rig.device.serial().write(piece), piece.len(), "all is taken");
                }
                assert_eq!(fetch(&mut rig), [], "nobody listens");
                open(&mut rig);
                assert_eq!(fetch(&mut rig), data[total.saturating_sub(256)..]);
            }
        }
    }
}

#[test]
fn output_starts_100_frames_after_dtr() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.device.serial().write(b"hello");
        line_state(&mut rig, 1);
        rig.frames(99);
        assert_eq!(fetch(&mut rig), []);
        rig.frames(2);
        assert_eq!(fetch(&mut rig), b"hello");
        rig.device.serial().write(b"more");
        assert_eq!(fetch(&mut rig), b"more", "only the first time");
        line_state(&mut rig, 0);
        rig.device.serial().write(b"kept");
        assert_eq!(fetch(&mut rig), []);
        open(&mut rig);
        assert_eq!(fetch(&mut rig), b"kept");
    }
}

#[test]
fn an_open_port_takes_no_more_than_it_has_room_for() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        open(&mut rig);
        assert!(rig.device.serial().is_open());
        assert_eq!(rig.device.serial().write(&pattern(1000)), 256);
        assert_eq!((rig.device.serial().room(), rig.device.serial().write(b"x")), (0, 0));
        rig.fetch_packet(2, 64).unwrap();
        // A run frees its bytes when all of it has been taken.
        let freed = if shape.run_packets == 1 { 64 } else { 0 };
        assert_eq!(rig.device.serial().room(), freed);
        assert_eq!(fetch(&mut rig).len(), 192);
        assert_eq!(rig.device.serial().room(), 256);
    }
}

#[test]
fn input_reaches_the_program_in_the_interrupt() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.hold_task = true;
        let data = pattern(1000);
        assert_eq!(rig.write(2, 64, &data), Ok(()));
        assert_eq!(rig.app.serial_in, data);
    }
}

#[test]
fn input_that_the_program_does_not_take_waits() {
    for shape in SHAPES {
        for step in [1, 10, 63, 64, 65, 100] {
            let mut rig = rig(shape);
            rig.app.serial_room = 10;
            let data = pattern(500);
            let mut sent = 0;
            while sent < 500 && rig.send_packet(2, &data[sent..500.min(sent + 64)]).is_ok() {
                sent = 500.min(sent + 64);
            }
            assert!(sent <= 64 * usize::from(shape.bulk_buffers), "the host has to wait");
            assert_eq!(rig.app.serial_in, data[..10]);
            let mut rounds = 0;
            while rig.app.serial_in.len() < 500 && rounds < 2000 {
                rig.app.serial_room = step;
                let Rig { device, app, .. } = &mut rig;
                device.serial().poll(app);
                rig.turn();
                while sent < 500 && rig.send_packet(2, &data[sent..500.min(sent + 64)]).is_ok() {
                    sent = 500.min(sent + 64);
                }
                rounds += 1;
            }
            assert!(rig.app.serial_in == data, "{shape:?}, step {step}: {} bytes", rig.app.serial_in.len());
        }
    }
}

#[test]
fn both_directions_work_while_the_program_hangs() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        open(&mut rig);
        rig.hold_task = true;
        rig.send_setup(setup(0x40, 1, 0, 0, 0)).unwrap();
        rig.device.serial().write(&pattern(200));
        assert_eq!(fetch(&mut rig), pattern(200), "output drains");
        assert_eq!(rig.write(2, 64, b"\x03"), Ok(()));
        assert_eq!(rig.app.serial_in, b"\x03", "Ctrl-C comes through");
        rig.enumerate();
        assert_eq!(rig.heard, []);
    }
}

#[test]
fn the_port_is_closed_by_reset_suspend_and_configuration() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        assert!(!rig.device.serial().is_open());
        open(&mut rig);
        assert!(rig.device.serial().is_open());
        rig.suspend();
        assert!(!rig.device.serial().is_open());
        rig.resume();
        assert!(rig.device.serial().is_open());
        rig.set_configuration(1).unwrap();
        assert!(!rig.device.serial().is_open());
        open(&mut rig);
        rig.bus_reset();
        assert!(!rig.device.serial().is_open());
    }
}

#[test]
fn unplug_suspend_replug_and_reopening_never_wedge_it() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        for round in 0..40 {
            open(&mut rig);
            rig.device.serial().write(&pattern(200));
            if round % 3 == 0 {
                rig.fetch_packet(2, 64).unwrap();
            }
            match round % 5 {
                0 => line_state(&mut rig, 0),
                1 => rig.suspend(),
                2 => rig.enumerate(),
                3 => {
                    rig.device.disconnect();
                    rig.device.serial().write(&pattern(300));
                    rig.device.connect();
                    rig.enumerate();
                }
                _ => rig.set_configuration(1).unwrap(),
            }
            rig.device.serial().write(b"meanwhile");
            rig.resume();
            open(&mut rig);
            let got = fetch(&mut rig);
            assert!(got.ends_with(b"meanwhile"), "{shape:?}, round {round}: {} bytes", got.len());
            let data = pattern(700);
            assert!(write_all(&mut rig, &data) == data, "{shape:?}, round {round}");
            assert_eq!(rig.write(2, 64, b"in"), Ok(()));
            assert!(rig.app.serial_in.ends_with(b"in"));
        }
    }
}

#[test]
fn nothing_is_sent_twice_when_the_port_closes_in_the_middle() {
    for shape in SHAPES {
        for fetched in 0..4 {
            let mut rig = rig(shape);
            open(&mut rig);
            let data = pattern(256);
            rig.device.serial().write(&data);
            let mut got = Vec::new();
            for _ in 0..fetched {
                got.extend(rig.fetch_packet(2, 64).unwrap());
            }
            line_state(&mut rig, 0);
            assert_eq!(fetch(&mut rig), [], "closed");
            open(&mut rig);
            got.extend(fetch(&mut rig));
            assert_eq!(got, data, "{shape:?}: closed after {fetched} packets");
        }
    }
}

#[test]
fn halts_of_its_endpoints_lose_nothing() {
    for shape in SHAPES {
        for fetched in 0..4 {
            let mut rig = rig(shape);
            open(&mut rig);
            let data = pattern(256);
            rig.device.serial().write(&data);
            let mut got = Vec::new();
            for _ in 0..fetched {
                got.extend(rig.fetch_packet(2, 64).unwrap());
            }
            rig.halt(0x82).unwrap();
            assert_eq!(rig.fetch_packet(2, 64), Err(Broken::Stall));
            rig.clear_halt(0x82).unwrap();
            got.extend(fetch(&mut rig));
            assert_eq!(got, data, "{shape:?}: halted after {fetched} packets");
            rig.halt(0x02).unwrap();
            assert_eq!(rig.send_packet(2, &[1]), Err(Broken::Stall));
            rig.clear_halt(0x02).unwrap();
            assert_eq!(rig.write(2, 64, b"on"), Ok(()));
            assert_eq!(rig.app.serial_in, b"on");
        }
    }
}

#[test]
fn a_1200_baud_touch_asks_for_the_boot_loader() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        line_state(&mut rig, 3);
        line_rate(&mut rig, 1200);
        assert_eq!(rig.app.touches, 0);
        line_state(&mut rig, 0);
        assert_eq!(rig.app.touches, 1);
        line_rate(&mut rig, 115_200);
        line_state(&mut rig, 3);
        line_state(&mut rig, 0);
        assert_eq!(rig.app.touches, 1);
    }
}

#[test]
fn the_notification_endpoint_says_nothing() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        open(&mut rig);
        assert_eq!(rig.fetch_packet(1, 8), Err(Broken::Nak));
    }
}

#[test]
fn the_program_beside_it_is_not_disturbed() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        open(&mut rig);
        rig.submit_in(3, &pattern(300));
        rig.submit_out(3, 300);
        rig.device.serial().write(&pattern(100));
        assert_eq!(rig.read(3, 64, 300), Ok(pattern(300)));
        assert_eq!(fetch(&mut rig), pattern(100));
        assert_eq!(rig.write(3, 64, &pattern(300)), Ok(()));
        assert_eq!(rig.filled(3), pattern(300));
        let heard = rig.take_heard();
        assert!(heard.iter().all(|event| matches!(event, Event::Complete { .. })), "{heard:?}");
        assert_eq!(rig.control_in(setup(0xa1, 1, 0, 2, 3)), Ok(vec![0; 3]), "class request to interface 2");
        assert_eq!(rig.control_in(setup(0xa1, 0x21, 0, 1, 7)).map(|bytes| bytes.len()), Ok(7), "or the data interface");
    }
}
