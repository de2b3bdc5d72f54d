//! Endpoint 0.

use super::*;

const SETUP: Event = Event::Setup(SetupPacket::new(REQUEST));

#[test]
fn setup_is_accepted_whatever_endpoint_0_holds() {
    for shape in SHAPES {
        for halted in [false, true] {
            for busy in [false, true] {
                let mut bench = Bench::ready(shape);
                if busy {
                    bench.model.arm(0, &[0; 64]);
                    assert_eq!(bench.model.send(0, &[1, 2, 3]), Some(3));
                }
                if halted {
                    bench.model.set_halt(ep(0), true);
                    bench.model.set_halt(ep(0x80), true);
                    assert_eq!((bench.input(0), bench.out(0, D1, &[])), (Reply::Stall, Reply::Stall));
                }
                assert_eq!(bench.setup(), Reply::Ack);
                assert_eq!((bench.input(0), bench.out(0, D1, &[])), (Reply::Nak, Reply::Nak));
                assert_eq!(bench.events(), [SETUP]);
            }
        }
    }
}

#[test]
fn setup_makes_data1_the_next_packet_both_ways() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        for _ in 0..2 {
            bench.setup();
            bench.events();
            assert_eq!(bench.model.send(0, &[7; 64]), Some(64));
            assert_eq!(bench.input(0), data(D1, &[7; 64]));
            assert_eq!(bench.events(), [Event::Sent { number: 0 }]);
            assert_eq!(bench.model.send(0, &[8; 10]), Some(10));
            assert_eq!(bench.input(0), data(D0, &[8; 10]));
            bench.model.arm(0, &[]);
            assert_eq!(bench.out(0, D1, &[]), Reply::Ack);
            assert_eq!(bench.events(), [Event::Sent { number: 0 }, Event::Received { number: 0 }]);
            assert_eq!(bench.take(0), (vec![], true));
        }
    }
}

#[test]
fn setup_drops_what_it_cuts_but_not_the_end_of_a_status_stage() {
    for shape in SHAPES {
        for (sent, received) in [(0, 0), (0, 1), (1, 0), (1, 1), (64, 64)] {
            let mut bench = Bench::ready(shape);
            bench.setup();
            bench.events();
            bench.model.send(0, &vec![1; sent]);
            bench.model.arm(0, &[]);
            bench.input(0);
            bench.out(0, D1, &vec![1; received]);
            bench.setup();
            let mut expected = vec![];
            if sent == 0 {
                expected.push(Event::Sent { number: 0 });
            }
            if received == 0 {
                expected.push(Event::Received { number: 0 });
            }
            expected.push(SETUP);
            assert_eq!((bench.input(0), bench.out(0, D1, &[])), (Reply::Nak, Reply::Nak));
            assert_eq!(bench.events(), expected);
            assert_eq!(bench.model.received(0).map(|run| run.len), (received == 0).then_some(0));
            if received == 0 {
                bench.model.release(0);
            }
            bench.model.send(0, &[2; 3]);
            bench.model.arm(0, &[]);
            assert_eq!((bench.input(0), bench.out(0, D1, &[])), (data(D1, &[2; 3]), Reply::Ack));
            bench.events();
        }
    }
}

#[test]
fn a_repeated_setup_is_one_event() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        assert_eq!(bench.go(Token::Setup, 0, D0, &REQUEST, Some(Fault::LoseHandshake)), Reply::Ack);
        assert_eq!(bench.setup(), Reply::Ack);
        assert_eq!(bench.events(), [SETUP]);
    }
}

#[test]
fn a_damaged_setup_is_not_answered() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.model.send(0, &[9]);
        assert_eq!(bench.go(Token::Setup, 0, D0, &REQUEST, Some(Fault::CorruptData)), Reply::Silent);
        assert_eq!(bench.go(Token::Setup, 0, D0, &REQUEST, Some(Fault::LoseToken)), Reply::Silent);
        assert_eq!(bench.go(Token::Setup, 0, D0, &REQUEST[..7], None), Reply::Silent);
        assert_eq!(bench.go(Token::Setup, 1, D0, &REQUEST, None), Reply::Silent);
        assert_eq!(bench.events(), []);
        assert!(matches!(bench.input(0), Reply::Data { .. }));
        bench.events();
    }
}

#[test]
fn data_stages_of_every_packet_size() {
    for shape in SHAPES {
        for size in [8, 16, 32, 64] {
            let mut bench = Bench::ready(shape);
            bench.model.open(&config(0x80, TransferType::Control, size)).unwrap();
            bench.setup();
            bench.events();
            let bytes: Vec<u8> = (0..100).collect();
            let (mut at, mut toggle, mut got) = (0, D1, Vec::new());
            while at < bytes.len() {
                at += bench.model.send(0, &bytes[at..100.min(at + usize::from(size))]).unwrap();
                while let Reply::Data { toggle: actual, bytes } = bench.input(0) {
                    assert_eq!(actual, toggle);
                    assert!(bytes.len() <= usize::from(size));
                    toggle = toggle.flipped();
                    got.extend(bytes);
                }
                assert_eq!(bench.events(), [Event::Sent { number: 0 }]);
            }
            assert_eq!(got, bytes);
        }
    }
}

#[test]
fn a_protocol_stall_ends_with_the_next_setup() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.setup();
        bench.events();
        bench.model.set_halt(ep(0x80), true);
        bench.model.set_halt(ep(0), true);
        for _ in 0..3 {
            assert_eq!((bench.input(0), bench.out(0, D1, &[1])), (Reply::Stall, Reply::Stall));
        }
        bench.setup();
        assert!(BOTH.iter().all(|&direction| !bench.model.is_halted(0, direction)));
    }
}

#[test]
fn endpoint_0_has_nothing_to_say_before_it_is_opened() {
    for shape in SHAPES {
        let mut bench = Bench::new(shape);
        bench.model.connect();
        bench.model.bus_reset();
        assert_eq!(bench.setup(), Reply::Ack);
        assert_eq!((bench.input(0), bench.out(0, D1, &[])), (Reply::Nak, Reply::Nak));
        assert_eq!(bench.model.next_event(), Some(Event::Reset));
        bench.model.open(&config(0, TransferType::Control, 8)).unwrap();
        assert_eq!(bench.events(), [SETUP]);
        bench.model.send(0, &[1, 2]);
        assert_eq!(bench.input(0), data(D1, &[1, 2]));
        bench.events();
    }
}
