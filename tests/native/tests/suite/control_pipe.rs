//! Control transfers that the program answers: every length against every buffer, in both directions.

use native_tests::{App, Broken, Reaction, Rig, SHAPES, Stage, descriptors, pattern, setup};
use usb_stack::{Event, SetupPacket};

const LENGTHS: [u16; 18] = [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 1023, 4096];
const BUFFERS: [usize; 13] = [0, 1, 7, 8, 9, 16, 63, 64, 65, 128, 256, 1023, 4096];
const SIZES: [u8; 4] = [8, 16, 32, 64];

/// A configured device with the given bMaxPacketSize0 that answers vendor requests with `reaction`.
fn rig(shape: native_tests::Kind, size: u8, reaction: impl Fn(&SetupPacket) -> Reaction + 'static) -> Rig {
    let mut app = App::new(descriptors::vendor());
    app.device = descriptors::device(size);
    app.on_setup = Box::new(reaction);
    let mut rig = Rig::with(shape, app);
    rig.enumerate();
    rig.heard.clear();
    rig
}

/// The stages of the request as the task heard of them.
fn stages(rig: &mut Rig, packet: [u8; 8]) -> String {
    let told = SetupPacket::new(packet);
    let letter = |event| match event {
        Event::Setup(setup) if setup == told => 'S',
        Event::DataStage(setup) if setup == told => 'D',
        Event::AckStage(setup) if setup == told => 'A',
        _ => '?',
    };
    rig.take_heard().into_iter().map(letter).collect()
}

fn still_answers(rig: &mut Rig) {
    assert_eq!(rig.status(0x80, 0).map(|bytes| bytes.len()), Ok(2));
}

fn check_in(rig: &mut Rig, length: u16, available: usize) {
    let packet = setup(0xc0, available as u8, available as u16, 0, length);
    let expected = &pattern(available)[..available.min(length.into())];
    assert_eq!(rig.control_in(packet).as_deref(), Ok(expected), "wLength {length}, buffer {available}");
    let heard = stages(rig, packet);
    assert_eq!(heard, if length == 0 { "SA" } else { "SDA" }, "wLength {length}, buffer {available}");
}

fn check_out(rig: &mut Rig, length: usize, room: usize) {
    let packet = setup(0x40, 1, room as u16, 0, length as u16);
    let data = pattern(length);
    let result = rig.control_out(packet, &data);
    let heard = stages(rig, packet);
    let case = format!("wLength {length}, buffer {room}");
    if length <= room {
        assert_eq!(result, Ok(()), "{case}");
        assert_eq!(heard, if length == 0 { "SA" } else { "SDA" }, "{case}");
        assert_eq!(&rig.filled(0)[..length], &data[..], "{case}");
    } else {
        assert_eq!(result, Err((Stage::Status, Broken::Stall)), "{case}");
        assert_eq!(heard, "S", "{case}");
        assert_eq!(rig.filled(0), &data[..room], "{case}");
        still_answers(rig);
    }
}

#[test]
fn in_moves_what_both_have_and_ends_short_when_it_must() {
    for shape in SHAPES {
        for size in SIZES {
            let mut rig = rig(shape, size, |setup| Reaction::Buffer(pattern(setup.value().into())));
            for length in LENGTHS {
                for available in BUFFERS {
                    check_in(&mut rig, length, available);
                }
            }
        }
    }
}

#[test]
fn out_moves_everything_or_stalls_the_status() {
    for shape in SHAPES {
        for size in SIZES {
            let mut rig = rig(shape, size, |setup| Reaction::Buffer(vec![0; setup.value().into()]));
            for length in LENGTHS {
                for room in BUFFERS {
                    check_out(&mut rig, length.into(), room);
                }
            }
        }
    }
}

#[test]
fn the_longest_transfers_that_wlength_allows() {
    for shape in SHAPES {
        for size in [8, 64] {
            let mut rig = rig(shape, size, |setup| match setup.direction() {
                usb_stack::Direction::In => Reaction::Buffer(pattern(setup.value().into())),
                usb_stack::Direction::Out => Reaction::Buffer(vec![0; setup.value().into()]),
            });
            for length in [65_534, 65_535] {
                for available in [64, 65_528, 65_535] {
                    check_in(&mut rig, length, available);
                    check_out(&mut rig, length.into(), available);
                }
            }
        }
    }
}

#[test]
fn a_buffer_longer_than_wlength_can_say_is_cut() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, |_| Reaction::Buffer(pattern(70_000)));
        for length in [1, 64, 4464, 65_535] {
            let packet = setup(0xc0, 1, 0, 0, length);
            assert_eq!(rig.control_in(packet).as_deref(), Ok(&pattern(length.into())[..]));
        }
    }
}

#[test]
fn yes_without_a_buffer() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, |_| Reaction::Continue);
        assert_eq!(rig.control_in(setup(0xc0, 1, 0, 0, 64)), Ok(vec![]), "IN: an empty data stage");
        assert_eq!(rig.control_in(setup(0xc0, 1, 0, 0, 0)), Ok(vec![]), "IN without a data stage");
        assert_eq!(rig.control_out(setup(0x40, 1, 0, 0, 0), &[]), Ok(()), "OUT without a data stage");
        let refused = rig.control_out(setup(0x40, 1, 0, 0, 0), &[1, 2, 3]);
        assert!(matches!(refused, Err((_, Broken::Stall))), "OUT: nowhere to put the data: {refused:?}");
        still_answers(&mut rig);
    }
}

#[test]
fn no_at_setup_stalls_and_the_next_request_is_fine() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, |_| Reaction::Stall);
        for packet in [setup(0xc0, 1, 0, 0, 8), setup(0xc0, 1, 0, 0, 0), setup(0x40, 1, 0, 0, 0)] {
            for _ in 0..2 {
                let refused = rig.control_in(packet);
                assert!(matches!(refused, Err((_, Broken::Stall))), "{refused:?}");
                assert_eq!(stages(&mut rig, packet), "S");
            }
            still_answers(&mut rig);
        }
        let refused = rig.control_out(setup(0x40, 1, 0, 0, 0), &[1; 100]);
        assert!(matches!(refused, Err((_, Broken::Stall))), "{refused:?}");
        still_answers(&mut rig);
    }
}

#[test]
fn no_at_data_stalls_the_status() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, |setup| Reaction::Buffer(vec![1; setup.length().into()]));
        rig.app.at_data = false;
        let packet = setup(0xc0, 1, 0, 0, 10);
        assert_eq!(rig.control_in(packet), Err((Stage::Status, Broken::Stall)));
        assert_eq!(stages(&mut rig, packet), "SD");
        let packet = setup(0x40, 1, 0, 0, 10);
        assert_eq!(rig.control_out(packet, &[2; 10]), Err((Stage::Status, Broken::Stall)));
        assert_eq!(stages(&mut rig, packet), "SD");
        still_answers(&mut rig);
    }
}

#[test]
fn vendor_requests_reach_the_program_whoever_they_are_for() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, |_| Reaction::Buffer(vec![1, 2, 3]));
        for recipient in [0xc0, 0xc1, 0xc2, 0xc3] {
            for index in [0, 1, 0x81, 0x0fff, 0xffff] {
                let (for_whom, low) = (recipient & 0x1f, index & 0xff);
                let exists = match for_whom {
                    1 => low == 0,
                    2 => matches!(low, 0 | 1 | 0x80 | 0x81),
                    _ => true,
                };
                let result = rig.control_in(setup(recipient, 9, 0, index, 3));
                if exists {
                    assert_eq!(result, Ok(vec![1, 2, 3]), "bmRequestType {recipient:#x}, wIndex {index:#x}");
                }
            }
        }
    }
}
