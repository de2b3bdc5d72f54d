//! What may come in between: a SETUP at every stage, an early status, answers that come too late.

use native_tests::{App, Broken, Reaction, Rig, SHAPES, Stage, descriptors, pattern, setup};
use usb_simulator::port::{Reply, Toggle, Token};
use usb_stack::{Answer, Event, SetupPacket};

const READ: [u8; 8] = setup_const(0xc0, 300);
const WRITE: [u8; 8] = setup_const(0x40, 300);

const fn setup_const(request_type: u8, length: u16) -> [u8; 8] {
    let [low, high] = length.to_le_bytes();
    [request_type, 7, 0, 0, 0, 0, low, high]
}

fn rig(shape: native_tests::Kind) -> Rig {
    let mut app = App::new(descriptors::vendor());
    app.on_setup = Box::new(|setup| Reaction::Buffer(pattern(setup.length().into())));
    let mut rig = Rig::with(shape, app);
    rig.enumerate();
    rig.heard.clear();
    rig
}

/// Every kind of request works.
fn is_well(rig: &mut Rig) {
    assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
    assert_eq!(rig.control_in(READ), Ok(pattern(300)));
    assert_eq!(rig.control_out(WRITE, &[7; 300]), Ok(()));
    assert_eq!(rig.filled(0), [7; 300]);
}

#[test]
fn a_setup_cuts_an_in_transfer_at_any_packet() {
    for shape in SHAPES {
        for cut in 0..=5 {
            let mut rig = rig(shape);
            rig.send_setup(READ).unwrap();
            assert_eq!(rig.control_data_in(cut * 64).map(|bytes| bytes.len()), Ok((cut * 64).min(300)));
            is_well(&mut rig);
            let told = rig.take_heard();
            let acks = told.iter().filter(|event| matches!(event, Event::AckStage(_))).count();
            assert_eq!(acks, 2, "the cut transfer has no status stage: {told:?}");
        }
    }
}

#[test]
fn a_setup_cuts_an_out_transfer_at_any_packet() {
    for shape in SHAPES {
        for cut in 0..=5 {
            let mut rig = rig(shape);
            rig.send_setup(WRITE).unwrap();
            rig.control_data_out(&vec![1; (cut * 64).min(300)]).unwrap();
            is_well(&mut rig);
            let told = rig.take_heard();
            let acks = told.iter().filter(|event| matches!(event, Event::AckStage(_))).count();
            assert_eq!(acks, 2, "the cut transfer has no status stage: {told:?}");
        }
    }
}

#[test]
fn a_setup_cuts_what_the_stack_answers_itself() {
    for shape in SHAPES {
        for packets in 0..3 {
            let mut app = App::new(descriptors::vendor());
            app.device = descriptors::device(8);
            let mut rig = Rig::with(shape, app);
            rig.enumerate();
            rig.send_setup(setup(0x80, 6, 0x0100, 0, 18)).unwrap();
            assert_eq!(rig.control_data_in(packets * 8).map(|bytes| bytes.len()), Ok(packets * 8));
            rig.send_setup(setup(0, 9, 1, 0, 0)).unwrap();
            rig.send_setup(setup(0, 3, 1, 0, 0)).unwrap();
            assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        }
    }
}

#[test]
fn the_host_may_end_an_in_data_stage_early() {
    for shape in SHAPES {
        for packets in 1..3 {
            let mut app = App::new(descriptors::vendor());
            app.device = descriptors::device(8);
            let mut rig = Rig::with(shape, app);
            rig.enumerate();
            for _ in 0..2 {
                rig.send_setup(setup(0x80, 6, 0x0100, 0, 18)).unwrap();
                assert_eq!(rig.control_data_in(packets * 8).map(|bytes| bytes.len()), Ok(packets * 8));
                assert_eq!(rig.status_out(), Ok(()), "after {packets} packets");
                let reply = rig.transaction(Token::In, 0, Toggle::Data0, &[], None);
                assert_eq!(reply, Reply::Nak, "the rest is not for anybody any more");
            }
            assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        }
    }
}

#[test]
fn a_status_out_of_one_transfer_is_not_taken_for_the_next() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.descriptor(1, 0, 18).unwrap();
        rig.send_setup(WRITE).unwrap();
        rig.control_data_out(&[3; 300]).unwrap();
        assert_eq!(rig.status_in(), Ok(()));
        assert_eq!(rig.filled(0), [3; 300]);
    }
}

#[test]
fn more_in_tokens_than_data_are_answered_with_nak_or_stall() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.send_setup(setup(0xc0, 7, 0, 0, 10)).unwrap();
        assert_eq!(rig.control_data_in(10).map(|bytes| bytes.len()), Ok(10));
        let reply = rig.transaction(Token::In, 0, Toggle::Data0, &[], None);
        assert!(matches!(reply, Reply::Nak | Reply::Stall), "{reply:?}");
        is_well(&mut rig);
    }
}

#[test]
fn more_out_data_than_wlength_is_not_taken() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.send_setup(setup(0x40, 7, 0, 0, 10)).unwrap();
        let _ = rig.control_data_out(&[9; 64]);
        rig.bus_reset();
        rig.enumerate();
        is_well(&mut rig);
    }
}

#[test]
fn the_host_waits_while_the_program_is_busy() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.hold_task = true;
        rig.send_setup(READ).unwrap();
        assert_eq!(rig.control_data_in(300), Err(Broken::Nak));
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.control_data_in(300), Ok(pattern(300)));
        assert_eq!(rig.status_out(), Ok(()));
        rig.hold_task = true;
        rig.send_setup(WRITE).unwrap();
        assert_eq!(rig.control_data_out(&[1; 300]), Err(Broken::Nak));
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.control_data_out(&[1; 300]), Ok(()));
        assert_eq!(rig.status_in(), Ok(()));
    }
}

#[test]
fn requests_that_need_no_program_are_answered_while_it_is_busy() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.hold_task = true;
        rig.enumerate();
        assert_eq!(rig.descriptor(3, 2, 255).map(|bytes| bytes.len()), Ok(12));
        assert_eq!(rig.heard, []);
        rig.send_setup(READ).unwrap();
        assert_eq!(rig.control_data_in(300), Err(Broken::Nak));
        assert_eq!(rig.status(0x80, 0).map(|bytes| bytes.len()), Ok(2));
        rig.hold_task = false;
        rig.turn();
        let requests = rig.take_heard().into_iter().filter(|event| matches!(event, Event::Setup(_))).count();
        assert_eq!(requests, 0, "a request that the host has given up is not told");
    }
}

/// The task takes the event, the next SETUP arrives, the task answers the first.
fn answer_late(rig: &mut Rig, answer: Answer, interrupt: bool) {
    rig.hold_task = true;
    rig.hold_interrupt = false;
    rig.send_setup(READ).unwrap();
    assert_eq!(rig.device.next_event(), Some(Event::Setup(SetupPacket::new(READ))));
    rig.hold_interrupt = !interrupt;
    let other = setup(0x40, 9, 0, 0, 0);
    rig.send_setup(other).unwrap();
    rig.device.answer(&mut rig.app, answer);
    rig.hold_interrupt = false;
    rig.turn();
    // Nothing of the first answer may be on the wire now.
    assert_eq!(rig.transaction(Token::In, 0, Toggle::Data1, &[], None), Reply::Nak);
    assert_eq!(rig.device.next_event(), Some(Event::Setup(SetupPacket::new(other))));
    rig.device.answer(&mut rig.app, Answer::Continue);
    assert_eq!(rig.status_in(), Ok(()));
    assert_eq!(rig.device.next_event(), Some(Event::AckStage(SetupPacket::new(other))));
    rig.hold_task = false;
    rig.turn();
}

#[test]
fn a_late_answer_is_not_given_to_the_next_request() {
    for shape in SHAPES {
        for answer in [Answer::Stall, Answer::Continue, Answer::Data { len: 300 }, Answer::Text, Answer::NoText] {
            for interrupt in [true, false] {
                let mut rig = rig(shape);
                *rig.app.buffer(usb_stack::EndpointAddress::CONTROL_IN) = native_tests::Buffer::new(&pattern(300));
                answer_late(&mut rig, answer, interrupt);
                is_well(&mut rig);
            }
        }
    }
}

#[test]
fn answers_without_a_question_do_nothing() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        for answer in [Answer::Stall, Answer::Continue, Answer::Data { len: 9 }, Answer::Text, Answer::NoText] {
            rig.device.answer(&mut rig.app, answer);
            rig.turn();
            is_well(&mut rig);
        }
    }
}

#[test]
fn a_control_buffer_that_moves_stalls() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.send_setup(READ).unwrap();
        assert_eq!(rig.control_data_in(64).map(|bytes| bytes.len()), Ok(64));
        rig.app.buffer(usb_stack::EndpointAddress::CONTROL_IN).moved = true;
        let rest = rig.control_data_in(236);
        if shape.run_packets == 1 {
            assert!(rest.is_err() || rest.is_ok_and(|bytes| bytes.len() <= 64), "at most what was queued already");
        }
        rig.app.buffer(usb_stack::EndpointAddress::CONTROL_IN).moved = false;
        is_well(&mut rig);
        rig.send_setup(WRITE).unwrap();
        rig.control_data_out(&[1; 64]).unwrap();
        rig.app.buffer(usb_stack::EndpointAddress::CONTROL_OUT).moved = true;
        let _ = rig.control_data_out(&[2; 64]);
        rig.app.buffer(usb_stack::EndpointAddress::CONTROL_OUT).moved = false;
        is_well(&mut rig);
    }
}

#[test]
fn a_protocol_stall_lasts_until_the_next_setup_in_both_directions() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.send_setup(setup(0x80, 6, 0x0600, 0, 10)).unwrap();
        for _ in 0..3 {
            assert_eq!(rig.control_data_in(10), Err(Broken::Stall));
            assert_eq!(rig.status_out(), Err(Broken::Stall));
        }
        assert_eq!(rig.control_in(setup(0x80, 6, 0x0600, 0, 10)), Err((Stage::Data, Broken::Stall)));
        is_well(&mut rig);
    }
}
