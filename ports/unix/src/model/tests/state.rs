//! Pull-up, address, reset, suspend, packet memory, change counter.

use super::*;

#[test]
fn nothing_is_answered_before_the_first_reset_or_without_pull_up() {
    for shape in SHAPES {
        let mut bench = Bench::new(shape);
        assert_eq!(bench.setup(), Reply::Silent);
        bench.model.bus_reset();
        assert_eq!((bench.setup(), bench.events()), (Reply::Silent, vec![]));
        bench.model.connect();
        assert!(bench.model.pull_up());
        assert_eq!(bench.setup(), Reply::Silent);
        bench.model.bus_reset();
        assert_eq!(bench.setup(), Reply::Ack);
        bench.model.disconnect();
        assert!(!bench.model.pull_up());
        assert_eq!((bench.setup(), bench.events(), bench.model.address()), (Reply::Silent, vec![], None));
    }
}

#[test]
fn only_the_own_address_is_answered() {
    for shape in SHAPES {
        let mut bench = Bench::ready(shape);
        bench.address = 5;
        assert_eq!(
            (bench.setup(), bench.input(0), bench.out(0, D0, &[])),
            (Reply::Silent, Reply::Silent, Reply::Silent)
        );
        bench.model.set_address(5);
        assert_eq!(bench.setup(), Reply::Ack);
        bench.address = 0;
        assert_eq!(bench.setup(), Reply::Silent);
        bench.model.bus_reset();
        assert_eq!(bench.setup(), Reply::Ack);
        bench.events();
    }
}

#[test]
fn a_closed_endpoint_is_silent() {
    for shape in SHAPES {
        for (byte, number) in [(0x01, 1), (0x81, 1), (0x07, 7), (0x87, 7)] {
            let mut bench = Bench::with(shape, byte, TransferType::Bulk, 64);
            bench.model.close(ep(byte));
            assert_eq!((bench.input(number), bench.out(number, D0, &[])), (Reply::Silent, Reply::Silent));
            bench.model.close(ep(byte));
        }
    }
}

#[test]
fn opening_again_empties() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 64);
        bench.model.send(1, &[1]);
        bench.input(1);
        bench.model.set_halt(ep(0x81), true);
        bench.model.open(&config(0x81, TransferType::Bulk, 32)).unwrap();
        assert_eq!((bench.input(1), bench.events()), (Reply::Nak, vec![]));
        bench.model.send(1, &[2; 32]);
        assert_eq!(bench.input(1), data(D0, &[2; 32]));
        bench.events();
    }
}

#[test]
fn a_reset_closes_all_but_endpoint_0() {
    for shape in SHAPES {
        let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 64);
        bench.model.send(1, &[1]);
        bench.model.send(0, &[1]);
        bench.model.set_halt(ep(0), true);
        bench.model.enable_sof(true);
        bench.model.bus_reset();
        assert_eq!((bench.input(1), bench.input(0)), (Reply::Silent, Reply::Nak));
        assert_eq!(bench.events(), [Event::Reset]);
        assert!(!bench.model.is_open(1, Direction::In) && bench.model.is_open(0, Direction::In));
        bench.model.bus_start_of_frame();
        assert_eq!(bench.events(), []);
    }
}

#[test]
fn suspend_resume_and_wakeup() {
    let mut bench = Bench::ready(Shape::RP2040);
    bench.model.bus_suspend();
    bench.model.bus_suspend();
    bench.model.bus_resume();
    bench.model.bus_resume();
    assert_eq!(bench.events(), [Event::Suspend, Event::Resume]);
    bench.model.bus_suspend();
    let changes = bench.model.changes();
    bench.model.remote_wakeup();
    assert!(bench.model.resume_requested());
    assert_ne!(bench.model.changes(), changes);
    bench.model.bus_resume();
    assert!(!bench.model.resume_requested());
    bench.model.bus_suspend();
    bench.model.remote_wakeup();
    bench.model.bus_reset();
    assert!(!bench.model.resume_requested());
    bench.model.bus_start_of_frame();
    let expected = [Event::Suspend, Event::Resume, Event::Suspend, Event::Resume, Event::Suspend, Event::Reset];
    assert_eq!(bench.events()[..], expected[2..]);
}

#[test]
fn traffic_wakes_as_a_resume_does() {
    let mut bench = Bench::ready(Shape::RP2040);
    bench.model.bus_suspend();
    bench.input(0);
    bench.model.bus_suspend();
    bench.model.bus_start_of_frame();
    assert_eq!(bench.events(), [Event::Suspend, Event::Resume, Event::Suspend, Event::Resume]);
}

#[test]
fn start_of_frame_is_one_flag_between_on_and_off() {
    let mut bench = Bench::ready(Shape::RP2040);
    bench.model.bus_start_of_frame();
    assert!(!bench.model.interrupt_pending());
    bench.model.enable_sof(true);
    bench.model.bus_start_of_frame();
    bench.model.bus_start_of_frame();
    assert!(bench.model.interrupt_pending());
    assert_eq!(bench.events(), [Event::StartOfFrame]);
    bench.model.bus_start_of_frame();
    bench.model.enable_sof(false);
    bench.model.bus_start_of_frame();
    assert_eq!(bench.events(), []);
}

#[test]
fn packet_memory_runs_out_where_the_rp2040_does() {
    let mut bench = Bench::ready(Shape::RP2040);
    // 58 pieces of 64 bytes: 14 pairs of double-buffered bulk endpoints take 56.
    for number in 1..=14 {
        bench.model.open(&config(number, TransferType::Bulk, 64)).unwrap();
        bench.model.open(&config(number | 0x80, TransferType::Bulk, 64)).unwrap();
    }
    bench.model.open(&config(0x0f, TransferType::Interrupt, 8)).unwrap();
    let iso = config(0x8f, TransferType::Isochronous, 65);
    let refused = Err(usb_stack::controller::OpenError::NoMemory);
    assert_eq!(bench.model.open(&iso), refused);
    assert!(!bench.model.is_open(15, Direction::In));
    bench.model.open(&config(0x8f, TransferType::Interrupt, 1)).unwrap();
    assert_eq!(bench.model.open(&iso), refused, "the old one's memory does not come back");
    bench.model.close_all();
    bench.model.open(&iso).unwrap();
    assert!(bench.model.is_open(0, Direction::Out));
}

#[test]
fn an_endpoint_keeps_its_memory_until_all_are_closed() {
    let mut bench = Bench::ready(Shape::MINIMAL);
    for size in [1000, 1, 1000, 999] {
        bench.model.open(&config(1, TransferType::Isochronous, size)).unwrap();
        bench.model.close(ep(1));
    }
    bench.model.open(&config(2, TransferType::Isochronous, 1023)).unwrap();
    bench.model.open(&config(3, TransferType::Isochronous, 1023)).unwrap();
    assert!(bench.model.open(&config(4, TransferType::Isochronous, 1023)).is_err());
    bench.model.open(&config(1, TransferType::Isochronous, 1000)).unwrap();
}

#[test]
fn what_an_endpoint_is_first_given_is_the_most_that_was_announced() {
    let mut bench = Bench::ready(Shape::MINIMAL);
    for size in [8, 1023, 64] {
        bench.model.reserve(config(1, TransferType::Isochronous, size));
    }
    bench.model.open(&config(1, TransferType::Interrupt, 8)).unwrap();
    bench.model.open(&config(2, TransferType::Isochronous, 1023)).unwrap();
    bench.model.open(&config(3, TransferType::Isochronous, 1023)).unwrap();
    assert!(bench.model.open(&config(4, TransferType::Isochronous, 1023)).is_err());
    bench.model.open(&config(1, TransferType::Isochronous, 1023)).unwrap();
    bench.model.close_all();
    for number in 2..=4 {
        bench.model.open(&config(number, TransferType::Isochronous, 1023)).unwrap();
    }
}

#[test]
fn what_no_controller_has_is_refused() {
    let unsupported = Err(usb_stack::controller::OpenError::Unsupported);
    for (byte, kind, size) in [
        (0x00, TransferType::Control, 24),
        (0x00, TransferType::Bulk, 64),
        (0x01, TransferType::Control, 64),
        (0x01, TransferType::Bulk, 65),
        (0x81, TransferType::Interrupt, 65),
        (0x81, TransferType::Isochronous, 1024),
    ] {
        for shape in SHAPES {
            assert_eq!(shape.footprint(&config(byte, kind, size)), unsupported);
        }
    }
    assert_eq!(Shape::SAMD.footprint(&config(8, TransferType::Bulk, 64)), unsupported);
    assert_eq!(Shape::RP2040.footprint(&config(8, TransferType::Bulk, 64)), Ok(128));
    assert_eq!(Shape::RP2040.footprint(&config(8, TransferType::Interrupt, 8)), Ok(64));
    assert_eq!(Shape::RP2040.footprint(&config(8, TransferType::Isochronous, 1023)), Ok(1024));
    assert_eq!(Shape::RP2040.footprint(&config(8, TransferType::Isochronous, 0)), Ok(0));
}

#[test]
fn whatever_could_change_an_answer_is_counted() {
    type Step = fn(&mut Model);
    let steps: [Step; 10] = [
        |model| assert!(model.send(1, &[1]).is_some()),
        |model| model.arm(2, &[0; 64]),
        |model| model.set_halt(ep(0x81), true),
        |model| model.set_halt(ep(0x81), false),
        |model| model.reset_toggle(ep(2)),
        |model| model.cancel(ep(2)),
        |model| model.set_address(9),
        |model| model.open(&config(0x83, TransferType::Interrupt, 8)).unwrap(),
        |model| model.close(ep(0x83)),
        Model::disconnect,
    ];
    let mut bench = Bench::with(Shape::RP2040, 0x81, TransferType::Bulk, 64);
    bench.model.open(&config(2, TransferType::Bulk, 64)).unwrap();
    for (index, step) in steps.into_iter().enumerate() {
        let before = bench.model.changes();
        step(&mut bench.model);
        assert_ne!(bench.model.changes(), before, "step {index}");
    }
    let before = bench.model.changes();
    bench.model.connect();
    assert_ne!(bench.model.changes(), before);
}
