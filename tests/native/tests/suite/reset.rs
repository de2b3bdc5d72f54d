//! Bus resets and reconfiguration in the middle of things.

use native_tests::{Broken, Reaction, Rig, SHAPES, descriptors, done, pattern, setup};
use usb_stack::{Event, Submit};

#[test]
fn transfers_in_flight_never_complete() {
    for shape in SHAPES {
        for packets in 0..3 {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.submit_in(1, &pattern(300));
            rig.submit_out(1, 300);
            for _ in 0..packets {
                rig.fetch_packet(1, 64).unwrap();
                rig.send_packet(1, &[1; 64]).unwrap();
            }
            rig.enumerate();
            assert_eq!(rig.take_heard(), [Event::Reset, Event::Configured]);
            assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Nak), "nothing of the old transfer");
            rig.submit_in(1, &[7; 10]);
            rig.submit_out(1, 10);
            assert_eq!(rig.read(1, 64, 64), Ok(vec![7; 10]));
            assert_eq!(rig.write(1, 64, &[8; 10]), Ok(()));
            assert_eq!(rig.filled(1), [8; 10]);
            assert_eq!(rig.take_complete(), [done(0x81, 10), done(0x01, 10)]);
        }
    }
}

#[test]
fn endpoints_are_closed_until_the_next_configuration() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.bus_reset();
        for number in [1, 2] {
            assert_eq!(rig.send_packet(number, &[1]), Err(Broken::Silent));
            assert_eq!(rig.fetch_packet(number, 64), Err(Broken::Silent));
        }
        rig.set_address(5).unwrap();
        assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Silent));
    }
}

#[test]
fn leaving_the_configuration_closes_and_drops() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.submit_in(1, &[1; 300]);
        rig.submit_out(1, 300);
        rig.set_configuration(0).unwrap();
        assert_eq!(rig.take_heard(), [Event::Reset]);
        assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Silent));
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused);
        rig.set_configuration(1).unwrap();
        assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Nak));
        assert_eq!(rig.submit_in(1, &[1]), Submit::Queued);
        assert_eq!(rig.read(1, 64, 64), Ok(vec![1]));
    }
}

#[test]
fn kept_bytes_are_dropped() {
    for shape in SHAPES {
        for by_reset in [true, false] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.submit_out(1, 10);
            rig.send_packet(1, &pattern(64)).unwrap();
            if by_reset {
                rig.enumerate();
            } else {
                rig.set_configuration(1).unwrap();
            }
            rig.heard.clear();
            rig.submit_out(1, 100);
            assert_eq!(rig.take_complete(), []);
            rig.send_packet(1, &[5; 5]).unwrap();
            assert_eq!(rig.take_complete(), [done(0x01, 5)]);
        }
    }
}

#[test]
fn a_reset_at_any_stage_of_a_request() {
    for shape in SHAPES {
        for stage in 0..6 {
            for (packet, data) in [(setup(0xc0, 1, 0, 0, 100), 0), (setup(0x40, 1, 0, 0, 100), 100)] {
                let mut rig = Rig::configured(shape, descriptors::vendor());
                rig.app.on_setup = Box::new(|setup| Reaction::Buffer(pattern(setup.length().into())));
                rig.hold_task = stage == 1;
                rig.send_setup(packet).unwrap();
                if stage >= 2 {
                    let length = if stage == 2 { 64 } else { 100 };
                    if data == 0 {
                        rig.control_data_in(length).unwrap();
                    } else {
                        rig.hold_task = stage == 4;
                        rig.control_data_out(&vec![1; length]).unwrap();
                    }
                }
                rig.bus_reset();
                rig.hold_task = false;
                rig.turn();
                rig.enumerate();
                assert_eq!(rig.control_in(setup(0xc0, 1, 0, 0, 100)), Ok(pattern(100)));
            }
        }
    }
}

#[test]
fn the_answer_to_a_request_before_a_reset_is_ignored() {
    for shape in SHAPES {
        for late in [false, true] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.hold_task = true;
            rig.send_setup(setup(0x40, 1, 0, 0, 0)).unwrap();
            assert!(matches!(rig.device.next_event(), Some(Event::Setup(_))));
            rig.hold_interrupt = late;
            rig.bus_reset();
            rig.device.answer(&mut rig.app, usb_stack::Answer::Continue);
            rig.hold_interrupt = false;
            rig.turn();
            assert_eq!(rig.status_in(), Err(Broken::Nak));
            rig.hold_task = false;
            rig.enumerate();
        }
    }
}

#[test]
fn an_address_is_gone_after_a_reset() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.bus_reset();
        rig.send_setup(setup(0, 5, 9, 0, 0)).unwrap();
        rig.hold_interrupt = true;
        rig.status_in().unwrap();
        rig.bus_reset();
        rig.hold_interrupt = false;
        rig.turn();
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18), "at address 0");
    }
}
