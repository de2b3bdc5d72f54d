//! What the task hears, in which order, when it was busy.

use native_tests::{Rig, SHAPES, descriptors, done, setup};
use usb_stack::{Event, SetupPacket};

fn complete(event: &Event) -> Option<(u8, usize)> {
    match event {
        Event::Complete { endpoint, len, .. } => Some((endpoint.byte(), *len)),
        _ => None,
    }
}

#[test]
fn completions_are_told_in_bus_order() {
    let orders: [[u8; 4]; 6] = [
        [0x01, 0x81, 0x02, 0x82],
        [0x82, 0x02, 0x81, 0x01],
        [0x81, 0x82, 0x01, 0x02],
        [0x02, 0x01, 0x82, 0x81],
        [0x01, 0x02, 0x81, 0x82],
        [0x82, 0x01, 0x81, 0x02],
    ];
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for order in orders {
            for late in [false, true] {
                for number in [1, 2] {
                    rig.submit_in(number, &[1; 5]);
                    rig.submit_out(number, 5);
                }
                rig.hold_task = true;
                rig.hold_interrupt = late;
                for endpoint in order {
                    if endpoint & 0x80 != 0 {
                        rig.fetch_packet(endpoint, 64).unwrap();
                    } else {
                        rig.send_packet(endpoint, &[2; 5]).unwrap();
                    }
                }
                rig.hold_interrupt = false;
                rig.hold_task = false;
                rig.turn();
                let (mut told, mut expected) = (rig.take_complete(), order.map(|endpoint| done(endpoint, 5)));
                if late && !shape.remembers_order() {
                    told.sort_by_key(|complete| complete.endpoint);
                    expected.sort_by_key(|complete| complete.endpoint);
                }
                assert_eq!(told, expected, "{shape:?}, late {late}");
            }
        }
    }
}

#[test]
fn control_requests_are_told_in_bus_order_with_completions() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.submit_in(1, &[1; 5]);
        rig.submit_out(1, 5);
        rig.hold_task = true;
        rig.fetch_packet(1, 64).unwrap();
        let packet = setup(0x40, 1, 0, 0, 0);
        rig.send_setup(packet).unwrap();
        rig.send_packet(1, &[2; 5]).unwrap();
        rig.hold_task = false;
        rig.turn();
        let heard = rig.take_heard();
        assert_eq!(complete(&heard[0]), Some((0x81, 5)));
        assert_eq!(heard[1], Event::Setup(SetupPacket::new(packet)));
        assert_eq!(complete(&heard[2]), Some((0x01, 5)));
        assert_eq!(rig.status_in(), Ok(()));
        assert_eq!(rig.take_heard(), [Event::AckStage(SetupPacket::new(packet))]);
    }
}

#[test]
fn the_end_of_one_request_is_told_before_the_next() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let (first, second) = (setup(0x40, 1, 1, 0, 0), setup(0x40, 1, 2, 0, 0));
        rig.send_setup(first).unwrap();
        rig.heard.clear();
        rig.hold_task = true;
        rig.status_in().unwrap();
        rig.send_setup(second).unwrap();
        rig.hold_task = false;
        rig.turn();
        let expected = [Event::AckStage(SetupPacket::new(first)), Event::Setup(SetupPacket::new(second))];
        assert_eq!(rig.take_heard(), expected);
        assert_eq!(rig.status_in(), Ok(()));
    }
}

#[test]
fn the_end_of_a_request_is_told_although_the_interrupt_comes_after_the_next_setup() {
    for shape in SHAPES {
        for first in [setup(0x40, 1, 1, 0, 0), setup(0xc0, 1, 1, 0, 10)] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            let second = setup(0x40, 1, 2, 0, 0);
            rig.send_setup(first).unwrap();
            if first[6] != 0 {
                rig.control_data_in(10).unwrap();
            }
            rig.heard.clear();
            rig.hold_interrupt = true;
            if first[6] == 0 {
                rig.status_in().unwrap();
            } else {
                rig.status_out().unwrap();
            }
            rig.send_setup(second).unwrap();
            rig.hold_interrupt = false;
            rig.turn();
            let expected = [Event::AckStage(SetupPacket::new(first)), Event::Setup(SetupPacket::new(second))];
            assert_eq!(rig.take_heard(), expected, "{shape:?}");
            assert_eq!(rig.status_in(), Ok(()));
        }
    }
}

#[test]
fn a_transfer_that_ended_before_a_reset_is_told_before_it() {
    for shape in SHAPES {
        for late in [false, true] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.submit_in(1, &[1; 5]);
            rig.submit_out(1, 5);
            rig.submit_in(2, &[1; 5]);
            rig.hold_task = true;
            rig.hold_interrupt = late;
            rig.send_packet(1, &[2; 5]).unwrap();
            rig.fetch_packet(1, 64).unwrap();
            rig.bus_reset();
            rig.hold_interrupt = false;
            rig.hold_task = false;
            rig.turn();
            let heard = rig.take_heard();
            assert_eq!(heard.len(), 3, "{shape:?}, late {late}: {heard:?}");
            let (mut told, expected) = ([complete(&heard[0]), complete(&heard[1])], [Some((0x01, 5)), Some((0x81, 5))]);
            if late && !shape.remembers_order() {
                told.sort_unstable();
            }
            assert_eq!(told, expected, "{shape:?}, late {late}");
            assert_eq!(heard[2], Event::Reset);
            assert_eq!(rig.filled(1), [2; 5]);
        }
    }
}

#[test]
fn what_a_reset_makes_untrue_is_not_told() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.hold_task = true;
        rig.enumerate();
        rig.send_setup(setup(0x40, 1, 0, 0, 0)).unwrap();
        rig.bus_reset();
        rig.bus_reset();
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_heard(), [Event::Reset], "no configuration, no request, one reset");
        rig.enumerate();
        assert_eq!(rig.take_heard(), [Event::Reset, Event::Configured]);
    }
}

#[test]
fn an_end_of_request_that_was_latched_stays_through_a_reset() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let packet = setup(0x40, 1, 0, 0, 0);
        rig.send_setup(packet).unwrap();
        rig.heard.clear();
        rig.hold_task = true;
        rig.status_in().unwrap();
        rig.bus_reset();
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_heard(), [Event::AckStage(SetupPacket::new(packet)), Event::Reset]);
    }
}

#[test]
fn a_program_that_was_busy_through_many_enumerations_hears_the_last() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.hold_task = true;
        for _ in 0..5 {
            rig.enumerate();
        }
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_heard(), [Event::Reset, Event::Configured]);
    }
}
