//! An interrupt handler that comes late: what the stack does meanwhile must not spoil what has happened on the bus.

use super::*;

#[test]
fn an_answer_to_an_overtaken_setup_is_dropped() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.setup();
        bench.events();
        bench.setup();
        // The stack has not heard of the second SETUP yet.
        assert_eq!(bench.model.send(0, &[1, 2, 3]), Some(3));
        bench.model.arm(0, &[]);
        bench.model.set_halt(ep(0), true);
        bench.model.set_halt(ep(0x80), true);
        assert_eq!((bench.input(0), bench.out(0, D1, &[])), (Reply::Nak, Reply::Nak));
        bench.events();
        bench.model.send(0, &[4]);
        assert_eq!(bench.input(0), data(D1, &[4]));
        bench.events();
    }
}

#[test]
fn what_was_completed_before_a_reset_is_delivered_before_it() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x01, TransferType::Bulk, 64);
        bench.model.open(&config(0x82, TransferType::Bulk, 64)).unwrap();
        bench.model.arm(1, &[0; 10]);
        bench.model.send(2, &[1]);
        bench.input(2);
        bench.out(1, D0, &[1, 2]);
        bench.setup();
        bench.model.bus_reset();
        bench.setup();
        bench.model.bus_reset();
        assert_eq!(bench.model.next_event(), Some(Event::Sent { number: 2 }));
        assert_eq!(bench.model.next_event(), Some(Event::Received { number: 1 }));
        assert_eq!(bench.take(1), (vec![1, 2], true));
        bench.model.arm(1, &[0; 10]);
        assert_eq!(bench.out(1, D1, &[3]), Reply::Silent, "for the bus the endpoint is closed");
        assert_eq!(bench.events(), [Event::Reset]);
        assert!(!bench.model.is_open(1, Direction::Out));
    }
}

#[test]
fn an_address_that_a_reset_has_overtaken_is_not_taken() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.model.bus_reset();
        bench.model.set_address(7);
        assert_eq!(bench.model.address(), Some(0));
        bench.events();
    }
}

#[test]
fn an_address_is_taken_although_the_next_setup_is_there() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.setup();
        bench.model.set_address(7);
        assert_eq!(bench.model.address(), Some(7));
        bench.events();
    }
}

#[test]
fn a_setup_after_a_reset_survives_the_opening_of_endpoint_0() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.model.bus_reset();
        bench.setup();
        assert_eq!(bench.model.next_event(), Some(Event::Reset));
        bench.model.open(&config(0, TransferType::Control, 16)).unwrap();
        assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(REQUEST))]);
        bench.model.send(0, &[1]);
        assert_eq!(bench.input(0), data(D1, &[1]));
        bench.events();
    }
}
