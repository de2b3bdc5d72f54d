//! The control pipe: every length, every stage, every answer.

use std::string::ToString;
use std::vec;
use std::vec::Vec;

use crate::device::{Answer, Event};
use crate::setup::SetupPacket;
use crate::testing::{Bench, Failure, FakeString, Reply};

const LENGTHS: [usize; 19] = [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 1023, 4096, 65535];

fn vendor(direction: u8, length: usize) -> [u8; 8] {
    let length = (length as u16).to_le_bytes();
    [0x40 | direction, 0x5c, 0, 0, 0, 0, length[0], length[1]]
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

/// A device whose endpoint 0 has packets of `size` bytes.
fn bench(size: u8) -> Bench {
    let mut bench = Bench::new();
    bench.app.device[7] = size;
    bench.addressed();
    bench
}

#[test]
fn in_transfers_of_every_length_end_with_the_right_packet() {
    for size in [8, 16, 32, 64] {
        let mut bench = bench(size);
        let size = usize::from(size);
        for wanted in LENGTHS {
            for available in LENGTHS {
                let setup = vendor(0x80, wanted);
                bench.app.buffers.insert(0x80, pattern(available));
                bench.setup(setup);
                assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))]);
                assert_eq!(bench.token_in(0), Reply::Nak);
                assert!(bench.answer(Answer::Data { len: available }));
                if wanted == 0 {
                    assert_eq!(bench.status_in(), Ok(()));
                    assert_eq!(bench.events(), [Event::AckStage(SetupPacket::new(setup))]);
                    continue;
                }
                let packets = bench.data_stage_in(wanted).unwrap();
                let sent = wanted.min(available);
                assert_eq!(packets.concat(), pattern(available)[..sent], "{wanted} {available}");
                let ends_short = sent < wanted || sent % size != 0;
                assert_eq!(packets.last().unwrap().len() < size, ends_short, "{wanted} {available}");
                assert_eq!(bench.token_in(0), Reply::Nak, "{wanted} {available}");
                assert_eq!(bench.token_out(0, &[]), Reply::Nak, "the program has not agreed yet");
                assert_eq!(bench.events(), [Event::DataStage(SetupPacket::new(setup))]);
                assert!(bench.answer(Answer::Continue));
                assert_eq!(bench.status_out(), Ok(()));
                assert_eq!(bench.events(), [Event::AckStage(SetupPacket::new(setup))]);
            }
        }
    }
}

#[test]
fn out_transfers_of_every_length_fill_the_buffer_and_never_more() {
    for size in [8, 64] {
        let mut bench = bench(size);
        for wanted in LENGTHS {
            for room in LENGTHS {
                let setup = vendor(0, wanted);
                bench.app.buffers.insert(0x00, vec![0xee; room + 2]);
                bench.setup(setup);
                assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))]);
                assert!(bench.answer(Answer::Data { len: room }));
                assert_eq!(bench.data_stage_out(&pattern(wanted)), Ok(()));
                let taken = wanted.min(room);
                assert_eq!(bench.app.buffers[&0][..taken], pattern(wanted)[..taken]);
                assert!(bench.app.buffers[&0][taken..].iter().all(|byte| *byte == 0xee));
                if wanted > room {
                    assert_eq!(bench.status_in(), Err(Failure::Stall));
                    assert_eq!(bench.events(), []);
                    continue;
                }
                if wanted != 0 {
                    assert_eq!(bench.token_out(0, &[]), Reply::Nak, "nothing is armed beyond wLength");
                    assert_eq!(bench.status_in(), Err(Failure::Nak));
                    assert_eq!(bench.events(), [Event::DataStage(SetupPacket::new(setup))]);
                    assert!(bench.answer(Answer::Continue));
                }
                assert_eq!(bench.status_in(), Ok(()));
                assert_eq!(bench.events(), [Event::AckStage(SetupPacket::new(setup))]);
            }
        }
    }
}

#[test]
fn a_host_that_sends_more_than_it_said_writes_nothing_past_it() {
    let mut bench = bench(64);
    bench.app.buffers.insert(0x00, vec![0xee; 64]);
    bench.setup(vendor(0, 10));
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Data { len: 64 }));
    assert_eq!(bench.token_out(0, &[1; 64]), Reply::Ack);
    assert_eq!(bench.app.buffers[&0][..10], [1; 10]);
    assert!(bench.app.buffers[&0][10..].iter().all(|byte| *byte == 0xee));
}

#[test]
fn a_short_packet_ends_the_data_stage() {
    let mut bench = bench(64);
    bench.app.buffers.insert(0x00, vec![0; 200]);
    bench.setup(vendor(0, 200));
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Data { len: 200 }));
    assert_eq!(bench.token_out(0, &[1; 64]), Reply::Ack);
    assert_eq!(bench.token_out(0, &[1; 3]), Reply::Ack);
    assert!(matches!(bench.events()[..], [Event::DataStage(_)]));
}

#[test]
fn true_at_setup_with_a_data_stage_sends_an_empty_one_and_takes_none() {
    let mut bench = bench(64);
    bench.setup(vendor(0x80, 64));
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Continue));
    assert_eq!(bench.data_stage_in(64), Ok(vec![vec![]]));
    assert!(matches!(bench.events()[..], [Event::DataStage(_)]));
    assert!(bench.answer(Answer::Data { len: 3 }));
    assert_eq!(bench.status_out(), Ok(()));
    assert!(matches!(bench.events()[..], [Event::AckStage(_)]));
    bench.setup(vendor(0, 64));
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Continue));
    assert_eq!(bench.token_out(0, &[0; 64]), Reply::Stall);
    assert_eq!(bench.token_in(0), Reply::Stall);
}

#[test]
fn a_rejected_request_stalls_until_the_next_setup() {
    let mut bench = bench(64);
    for direction in [0, 0x80] {
        for length in [0, 64] {
            bench.setup(vendor(direction, length));
            assert_eq!(bench.events().len(), 1);
            assert!(bench.answer(Answer::Stall));
            assert_eq!((bench.token_in(0), bench.token_out(0, &[])), (Reply::Stall, Reply::Stall));
            assert_eq!(bench.events(), []);
            assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![0]));
        }
    }
}

#[test]
fn a_program_may_reject_after_the_data_stage() {
    let mut bench = bench(64);
    for (direction, rejection) in [(0, Answer::Stall), (0x80, Answer::Stall), (0, Answer::Data { len: 0 })] {
        bench.app.buffers.insert(direction, pattern(8));
        bench.setup(vendor(direction, 8));
        assert_eq!(bench.events().len(), 1);
        assert!(bench.answer(Answer::Data { len: 8 }));
        if direction == 0 {
            assert_eq!(bench.data_stage_out(&pattern(8)), Ok(()));
        } else {
            assert!(bench.data_stage_in(8).is_ok());
        }
        assert!(matches!(bench.events()[..], [Event::DataStage(_)]));
        assert!(bench.answer(rejection));
        assert_eq!((bench.token_in(0), bench.token_out(0, &[])), (Reply::Stall, Reply::Stall));
        assert_eq!(bench.events(), []);
    }
}

/// Brings a transfer to a stage; returns whether the program has a question open.
fn bring_to(bench: &mut Bench, stage: usize) -> bool {
    bench.app.buffers.insert(0x80, pattern(200));
    bench.app.buffers.insert(0x00, vec![0; 200]);
    let direction = if stage < 6 { 0x80 } else { 0 };
    bench.setup(vendor(direction, 200));
    if stage == 0 {
        return false;
    }
    assert_eq!(bench.events().len(), 1);
    if stage == 1 {
        return true;
    }
    assert!(bench.answer(Answer::Data { len: 200 }));
    match stage {
        2 | 6 => return false,
        3 => drop(bench.token_in(0)),
        4 | 5 => drop(bench.data_stage_in(200)),
        7 => drop(bench.token_out(0, &[0; 64])),
        _ => drop(bench.data_stage_out(&[0; 200])),
    }
    match stage {
        3 | 7 => return false,
        4 | 8 => {
            assert!(matches!(bench.events()[..], [Event::DataStage(_)]));
            return true;
        }
        _ => {}
    }
    assert!(matches!(bench.events()[..], [Event::DataStage(_)]));
    assert!(bench.answer(Answer::Continue));
    false
}

#[test]
fn a_setup_at_any_stage_starts_afresh_and_answers_to_the_old_one_are_ignored() {
    for stage in 0..10 {
        let mut bench = bench(64);
        let question = bring_to(&mut bench, stage);
        // One that the stack answers by itself.
        assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![0]), "stage {stage}");
        assert!(!bench.answer(Answer::Data { len: 200 }), "stage {stage}");
        assert_eq!(bench.events(), [], "stage {stage}: aborted silently");
        // One that asks the program again: the late answer must not be taken for the answer to it.
        assert_eq!(bring_to(&mut bench, stage), question);
        let setup = vendor(0x80, 3);
        bench.setup(setup);
        assert!(!bench.answer(Answer::Stall), "stage {stage}");
        assert_eq!(bench.token_in(0), Reply::Nak, "stage {stage}");
        assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))], "stage {stage}");
        assert!(bench.answer(Answer::Data { len: 200 }));
        assert_eq!(bench.data_stage_in(3), Ok(vec![pattern(3)]));
    }
}

#[test]
fn a_bus_reset_at_any_stage_leaves_nothing_to_answer() {
    for stage in 0..10 {
        let mut bench = bench(64);
        bring_to(&mut bench, stage);
        bench.reset();
        assert!(!bench.answer(Answer::Continue), "stage {stage}");
        assert_eq!(bench.events(), [Event::Reset], "stage {stage}");
        assert_eq!((bench.token_in(0), bench.token_out(0, &[])), (Reply::Nak, Reply::Nak), "stage {stage}");
    }
}

#[test]
fn the_status_of_what_the_stack_sends_may_come_early() {
    let mut bench = bench(8);
    bench.setup([0x80, 6, 0, 1, 0, 0, 64, 0]);
    assert_eq!(bench.token_in(0), Reply::Data(vec![18, 1, 0, 2, 0, 0, 0, 8]));
    assert_eq!(bench.status_out(), Ok(()));
    assert_eq!(bench.token_in(0), Reply::Nak);
    assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![0]));
}

#[test]
fn a_buffer_that_moves_during_the_transfer_stalls_it() {
    for direction in [0x80, 0] {
        let mut bench = bench(64);
        bench.app.buffers.insert(direction, vec![7; 200]);
        bench.setup(vendor(direction, 200));
        assert_eq!(bench.events().len(), 1);
        assert!(bench.answer(Answer::Data { len: 200 }));
        bench.app.moved.insert(direction);
        let outcome =
            if direction == 0 { bench.data_stage_out(&[1; 200]).err() } else { bench.data_stage_in(200).err() };
        assert_eq!(outcome, Some(Failure::Stall));
        assert_eq!(bench.events(), []);
    }
}

#[test]
fn a_buffer_shorter_than_it_was_said_to_be_is_not_read_past_its_end() {
    let mut bench = bench(64);
    bench.app.buffers.insert(0x80, vec![7; 100]);
    bench.setup(vendor(0x80, 200));
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Data { len: 200 }));
    assert_eq!(bench.token_in(0), Reply::Data(vec![7; 64]));
    assert_eq!(bench.token_in(0), Reply::Stall);
}

#[test]
fn answers_that_nobody_asked_for_are_ignored() {
    let mut bench = bench(64);
    assert!(!bench.answer(Answer::Continue));
    bench.setup(vendor(0x80, 8));
    assert!(!bench.answer(Answer::Stall), "latched but not heard yet");
    assert_eq!(bench.token_in(0), Reply::Nak);
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Stall));
    assert!(!bench.answer(Answer::Stall));
}

#[test]
fn a_string_that_only_the_task_knows_is_asked_for() {
    let mut bench = bench(64);
    bench.app.strings.insert(7, FakeString::Ask);
    bench.setup([0x80, 6, 7, 3, 9, 4, 255, 0]);
    assert_eq!(bench.events(), [Event::String(7)]);
    bench.app.answered = Some("Grüße".to_string());
    assert!(bench.answer(Answer::Text));
    let descriptor = bench.data_stage_in(255).unwrap().concat();
    assert_eq!(descriptor, [12, 3, b'G', 0, b'r', 0, 0xfc, 0, 0xdf, 0, b'e', 0]);
    assert_eq!(bench.status_out(), Ok(()));
    assert_eq!(bench.events(), []);
    for (text, answer) in [(None, Answer::Text), (Some("x"), Answer::NoText), (Some("x"), Answer::Continue)] {
        bench.setup([0x80, 6, 7, 3, 9, 4, 255, 0]);
        assert_eq!(bench.events(), [Event::String(7)]);
        bench.app.answered = text.map(ToString::to_string);
        assert!(bench.answer(answer));
        assert_eq!(bench.token_in(0), Reply::Stall);
    }
}

#[test]
fn stalling_endpoint_0_lasts_until_the_next_setup() {
    let mut bench = bench(64);
    let control = crate::EndpointAddress::CONTROL_OUT;
    bench.device.set_halt(&mut bench.app, control, true);
    assert!(bench.device.is_halted(control));
    assert_eq!(bench.token_in(0), Reply::Stall);
    assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![0]));
    assert!(!bench.device.is_halted(control));
}

#[test]
fn a_setup_that_waits_in_the_controller_makes_an_answer_stale() {
    let mut bench = bench(64);
    bench.setup(vendor(0x80, 8));
    assert_eq!(bench.events().len(), 1);
    bench.device.controller().host_setup(vendor(0x80, 9));
    assert!(!bench.answer(Answer::Continue));
    assert_eq!(bench.token_in(0), Reply::Nak);
    assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(vendor(0x80, 9)))]);
}
