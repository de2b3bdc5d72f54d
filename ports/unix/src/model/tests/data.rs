//! Bulk, interrupt and isochronous endpoints.

use super::*;

const KINDS: [TransferType; 2] = [TransferType::Bulk, TransferType::Interrupt];

#[test]
fn nothing_armed_is_nak() {
    for shape in SHAPES {
        for kind in KINDS {
            assert_eq!(Bench::with(shape, 0x01, kind, 64).out(1, D0, &[1]), Reply::Nak);
            assert_eq!(Bench::with(shape, 0x81, kind, 64).input(1), Reply::Nak);
        }
    }
}

#[test]
fn toggles_alternate_and_a_lost_ack_repeats_the_packet() {
    for shape in SHAPES {
        for kind in KINDS {
            let mut bench = Bench::with(shape, 0x81, kind, 8);
            for (byte, toggle) in [(1, D0), (2, D1), (3, D0)] {
                assert_eq!(bench.model.send(1, &[byte; 8]), Some(8));
                for fault in [Some(Fault::LoseHandshake), Some(Fault::CorruptData), None] {
                    assert_eq!(bench.events(), []);
                    assert_eq!(bench.go(Token::In, 1, D0, &[], fault), data(toggle, &[byte; 8]));
                }
                assert_eq!(bench.events(), [Event::Sent { number: 1 }]);
            }
        }
    }
}

#[test]
fn babble_is_not_acknowledged() {
    let mut bench = Bench::with(Shape::RP2040, 0x81, TransferType::Bulk, 64);
    bench.model.send(1, &[5; 64]);
    let reply = bench.model.transaction(&Transaction {
        start: BusTime::ZERO,
        token_end: BusTime::ZERO,
        data_end: BusTime::ZERO,
        token: Token::In,
        address: 0,
        endpoint: 1,
        toggle: D0,
        data: &[],
        room: 63,
        isochronous: false,
        fault: None,
    });
    assert_eq!((reply, bench.events()), (data(D0, &[5; 64]), vec![]));
}

#[test]
fn a_repeated_out_packet_is_acknowledged_and_dropped() {
    for shape in SHAPES {
        for kind in KINDS {
            let mut bench = Bench::with(shape, 0x01, kind, 8);
            bench.model.arm(1, &[0; 4]);
            assert_eq!(bench.go(Token::Out, 1, D0, &[1; 8], Some(Fault::CorruptData)), Reply::Silent);
            assert_eq!(bench.go(Token::Out, 1, D0, &[1; 8], Some(Fault::LoseHandshake)), Reply::Ack);
            let unarmed = bench.out(1, D0, &[1; 8]);
            assert_eq!(unarmed, if shape.acknowledges_retries_unarmed { Reply::Ack } else { Reply::Nak });
            assert_eq!(bench.take(1), (vec![1; 8], false));
            bench.model.arm(1, &[0; 4]);
            assert_eq!(bench.out(1, D0, &[1; 8]), Reply::Ack);
            assert_eq!(bench.out(1, D1, &[2; 3]), Reply::Ack);
            assert_eq!(bench.events(), [Event::Received { number: 1 }; 2]);
            assert_eq!(bench.take(1), (vec![2; 3], true));
            assert_eq!(bench.model.received(1), None);
        }
    }
}

#[test]
fn bulk_is_double_buffered_as_the_shape_says() {
    for shape in SHAPES {
        let buffers = usize::from(shape.bulk_buffers);
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 64);
        let mut runs = 0;
        while bench.model.send(1, &[3; 10]).is_some() {
            runs += 1;
        }
        assert_eq!(runs, buffers);
        assert!(matches!(bench.input(1), Reply::Data { .. }));
        assert_eq!(bench.model.send(1, &[3; 10]), Some(10));

        let mut bench = Bench::with(shape, 0x01, TransferType::Bulk, 64);
        bench.model.arm(1, &[0; 256]);
        bench.model.arm(1, &[0; 256]);
        let short = [D0, D1, D0].into_iter().take_while(|&toggle| bench.out(1, toggle, &[4; 5]) == Reply::Ack).count();
        assert_eq!(short, buffers, "a short packet ends its run; what else is armed takes the next one");
        bench.events();
    }
}

#[test]
fn room_for_less_than_two_packets_arms_one() {
    for room in [0, 1, 64, 127] {
        let mut bench = Bench::with(Shape::RP2040, 0x01, TransferType::Bulk, 64);
        bench.model.arm(1, &vec![0; room]);
        assert_eq!((bench.out(1, D0, &[1; 64]), bench.out(1, D1, &[2; 64])), (Reply::Ack, Reply::Nak));
        bench.events();
    }
}

#[test]
fn arming_ahead_takes_every_buffer() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x01, TransferType::Bulk, 64);
        bench.model.arm_ahead(1);
        bench.model.arm_ahead(1);
        let taken = [D0, D1, D0].into_iter().take_while(|&toggle| bench.out(1, toggle, &[6; 64]) == Reply::Ack).count();
        assert_eq!(taken, usize::from(shape.bulk_buffers));
        assert_eq!(bench.take(1), (vec![6; 64], false));
        bench.events();
    }
}

#[test]
fn runs_of_many_packets_end_short_or_full() {
    let mut bench = Bench::with(Shape::SAMD, 0x01, TransferType::Bulk, 8);
    let mut room = [0; 27];
    bench.model.arm(1, &room);
    for (index, toggle) in [D0, D1, D0].into_iter().enumerate() {
        assert_eq!(bench.model.received(1), None);
        assert_eq!(bench.out(1, toggle, &[index as u8; 8]), Reply::Ack);
    }
    assert_eq!(bench.out(1, D1, &[9; 8]), Reply::Nak);
    assert_eq!(bench.events(), [Event::Received { number: 1 }]);
    assert_eq!(bench.model.received(1).map(|run| (run.len, run.short)), Some((24, false)));
    bench.model.read(1, 0, &mut room);
    assert_eq!((room[0], room[8], room[23], room[24]), (0, 1, 2, 0));
    bench.model.release(1);

    bench.model.arm(1, &room);
    assert_eq!((bench.out(1, D1, &[7; 8]), bench.out(1, D0, &[])), (Reply::Ack, Reply::Ack));
    assert_eq!(bench.model.received(1).map(|run| (run.len, run.short)), Some((8, true)));
    bench.events();
    bench.model.read(1, 4, &mut room[4..]);

    let mut bench = Bench::with(Shape::SAMD, 0x81, TransferType::Bulk, 8);
    assert_eq!(bench.model.send(1, &[1; 20]), Some(20));
    assert_eq!(bench.model.send(1, &[1; 20]), None);
    assert_eq!(bench.input(1), data(D0, &[1; 8]));
    assert_eq!(bench.go(Token::In, 1, D0, &[], Some(Fault::LoseHandshake)), data(D1, &[1; 8]));
    assert_eq!(bench.model.acknowledged(1), 8);
    assert_eq!(bench.input(1), data(D1, &[1; 8]));
    assert_eq!(bench.model.acknowledged(1), 16);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.input(1), data(D0, &[1; 4]));
    assert_eq!(bench.events(), [Event::Sent { number: 1 }]);
}

#[test]
fn a_run_takes_whole_packets_or_everything() {
    for (shape, given, taken) in [
        (Shape::RP2040, 65, 64),
        (Shape::RP2040, 64, 64),
        (Shape::RP2040, 0, 0),
        (Shape::SAMD, 65, 65),
        (Shape::SAMD, 20_000, 255 * 64),
    ] {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 64);
        assert_eq!(bench.model.send(1, &vec![0; given]), Some(taken));
    }
}

#[test]
fn an_empty_run_is_one_empty_packet() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 64);
        bench.model.send(1, &[]);
        assert_eq!((bench.input(1), bench.input(1)), (data(D0, &[]), Reply::Nak));
        assert_eq!(bench.events(), [Event::Sent { number: 1 }]);
    }
}

#[test]
fn a_packet_that_is_too_long_is_not_taken() {
    let mut bench = Bench::with(Shape::MINIMAL, 0x01, TransferType::Bulk, 8);
    bench.model.arm(1, &[0; 64]);
    assert_eq!(bench.out(1, D0, &[1; 9]), Reply::Silent);
    assert_eq!((bench.out(1, D0, &[1; 8]), bench.events()), (Reply::Ack, vec![Event::Received { number: 1 }]));
}

#[test]
fn isochronous_has_no_handshake_no_toggle_and_no_retry() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x03, TransferType::Isochronous, 200);
        assert_eq!(bench.out(3, D0, &[1; 200]), Reply::Silent, "nothing armed: gone");
        bench.model.arm(3, &[0; 1000]);
        assert_eq!(bench.go(Token::Out, 3, D0, &[2; 200], Some(Fault::CorruptData)), Reply::Silent);
        assert_eq!((bench.events(), bench.out(3, D1, &[3; 100])), (vec![], Reply::Silent));
        assert_eq!(bench.events(), [Event::Received { number: 3 }]);
        assert_eq!(bench.take(3), (vec![3; 100], true));

        let mut bench = Bench::with(shape, 0x83, TransferType::Isochronous, 200);
        assert_eq!(bench.input(3), Reply::Silent);
        for _ in 0..2 {
            assert_eq!(bench.model.send(3, &[4; 1000]), Some(200));
            assert_eq!(bench.go(Token::In, 3, D0, &[], Some(Fault::CorruptData)), data(D0, &[4; 200]));
            assert_eq!(bench.events(), [Event::Sent { number: 3 }]);
        }
    }
}

#[test]
fn an_endpoint_with_packets_of_no_bytes_is_harmless() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x83, TransferType::Isochronous, 0);
        bench.model.open(&config(3, TransferType::Isochronous, 0)).unwrap();
        assert_eq!(bench.model.send(3, &[1, 2]), Some(0));
        assert_eq!(bench.input(3), data(D0, &[]));
        bench.model.arm(3, &[0; 10]);
        assert_eq!((bench.out(3, D0, &[1]), bench.out(3, D0, &[])), (Reply::Silent, Reply::Silent));
        assert_eq!(bench.events(), [Event::Sent { number: 3 }, Event::Received { number: 3 }]);
    }
}

#[test]
fn a_halt_stalls_disarms_and_keeps_what_waits() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x01, TransferType::Bulk, 8);
        bench.model.arm(1, &[0; 7]);
        assert_eq!(bench.out(1, D0, &[1; 8]), Reply::Ack);
        bench.model.set_halt(ep(1), true);
        assert_eq!((bench.out(1, D1, &[2; 8]), bench.out(1, D0, &[2; 8])), (Reply::Stall, Reply::Stall));
        assert_eq!((bench.events(), bench.take(1)), (vec![Event::Received { number: 1 }], (vec![1; 8], false)));
        bench.model.set_halt(ep(1), false);
        assert_eq!(bench.out(1, D0, &[3]), Reply::Nak, "disarmed");
        bench.model.arm(1, &[0; 7]);
        assert_eq!((bench.out(1, D0, &[3]), bench.take(1)), (Reply::Ack, (vec![3], true)));
        bench.events();

        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 8);
        bench.model.send(1, &[1; 8]);
        bench.input(1);
        bench.events();
        bench.model.send(1, &[2; 8]);
        bench.model.set_halt(ep(0x81), true);
        assert_eq!(bench.input(1), Reply::Stall);
        bench.model.set_halt(ep(0x81), false);
        assert_eq!(bench.input(1), Reply::Nak, "taken back");
        bench.model.send(1, &[3; 8]);
        assert_eq!(bench.input(1), data(D0, &[3; 8]));
        bench.events();
    }
}

#[test]
fn a_halt_in_the_middle_of_a_run_keeps_what_was_acknowledged() {
    let mut bench = Bench::with(Shape::SAMD, 0x01, TransferType::Bulk, 8);
    let mut room = [0; 32];
    bench.model.arm(1, &room);
    assert_eq!((bench.out(1, D0, &[1; 8]), bench.out(1, D1, &[2; 8])), (Reply::Ack, Reply::Ack));
    bench.model.set_halt(ep(1), true);
    assert_eq!(bench.events(), [Event::Received { number: 1 }]);
    assert_eq!(bench.model.received(1).map(|run| (run.len, run.short)), Some((16, false)));
    bench.model.read(1, 0, &mut room);
    assert_eq!((room[7], room[15]), (1, 2));
}

#[test]
fn what_the_host_took_before_a_halt_is_still_told() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 8);
        bench.model.send(1, &[1; 8]);
        bench.input(1);
        bench.model.set_halt(ep(0x81), true);
        assert_eq!(bench.events(), [Event::Sent { number: 1 }]);
    }
}

#[test]
fn reset_toggle_keeps_what_is_queued() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 8);
        bench.model.send(1, &[1; 8]);
        bench.input(1);
        bench.events();
        bench.model.send(1, &[2; 8]);
        bench.model.reset_toggle(ep(0x81));
        assert_eq!(bench.input(1), data(D0, &[2; 8]));
        bench.events();

        let mut bench = Bench::with(shape, 0x01, TransferType::Bulk, 8);
        let mut room = [0; 16];
        bench.model.arm(1, &room);
        bench.out(1, D0, &[1; 8]);
        bench.model.reset_toggle(ep(1));
        if bench.model.received(1).is_some() {
            bench.model.read(1, 0, &mut room);
            bench.model.release(1);
            bench.model.arm(1, &room);
        }
        assert_eq!(bench.out(1, D0, &[2; 7]), Reply::Ack);
        assert!(bench.model.received(1).is_some_and(|run| run.short));
        bench.events();
    }
}

#[test]
fn cancel_takes_everything_back_and_keeps_the_toggle() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 8);
        bench.model.send(1, &[1; 8]);
        bench.input(1);
        bench.model.send(1, &[2; 8]);
        bench.model.cancel(ep(0x81));
        assert_eq!((bench.input(1), bench.events()), (Reply::Nak, vec![]));
        bench.model.send(1, &[3; 8]);
        assert_eq!(bench.input(1), data(D1, &[3; 8]));
        bench.events();

        let mut bench = Bench::with(shape, 0x01, TransferType::Bulk, 8);
        bench.model.arm(1, &[0; 8]);
        bench.out(1, D0, &[1; 8]);
        bench.model.cancel(ep(1));
        assert_eq!((bench.model.received(1), bench.events(), bench.out(1, D1, &[1])), (None, vec![], Reply::Nak));
        bench.model.arm(1, &[0; 8]);
        assert_eq!(bench.out(1, D1, &[1]), Reply::Ack);
        bench.events();
    }
}

#[test]
fn events_come_in_bus_order_across_endpoints() {
    let mut bench = Bench::with(Shape::RP2040, 0x01, TransferType::Bulk, 64);
    bench.model.open(&config(0x82, TransferType::Interrupt, 8)).unwrap();
    bench.model.arm(1, &[0; 64]);
    bench.model.send(2, &[1]);
    bench.input(2);
    bench.out(1, D0, &[1]);
    bench.setup();
    let expected = [Event::Sent { number: 2 }, Event::Received { number: 1 }, Event::Setup(SetupPacket::new(REQUEST))];
    assert_eq!(bench.events(), expected);
}
