//! Alternate settings, functions of several interfaces.

use native_tests::{Broken, Reaction, Rig, SHAPES, descriptors, done, setup};
use usb_stack::{Event, Submit};

fn get_interface(rig: &mut Rig, interface: u16) -> Vec<u8> {
    rig.control_in(setup(0x81, 10, 0, interface, 1)).unwrap()
}

fn rig(shape: native_tests::Kind) -> Rig {
    let mut rig = Rig::configured(shape, descriptors::alternates());
    rig.app.on_setup = Box::new(|_| Reaction::Stall);
    rig
}

/// SET_INTERFACE, and what a host does to its toggles.
fn set(rig: &mut Rig, interface: u8, alternate: u8) {
    rig.set_interface(interface, alternate).unwrap();
    for endpoint in [interface + 1, (interface + 1) | 0x80] {
        rig.wire.reset_toggle(endpoint);
    }
}

#[test]
fn each_setting_has_its_endpoints() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        assert_eq!(get_interface(&mut rig, 0), [0]);
        assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Silent), "setting 0 has none");
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused);
        for (alternate, size) in [(1, 64), (2, 16), (1, 64), (2, 16)] {
            set(&mut rig, 0, alternate);
            assert_eq!(get_interface(&mut rig, 0), [alternate]);
            rig.heard.clear();
            assert_eq!(rig.submit_in(1, &[alternate; 100]), Submit::Queued);
            assert_eq!(rig.submit_out(1, 100), Submit::Queued);
            assert_eq!(rig.read(1, size, 100), Ok(vec![alternate; 100]));
            assert_eq!(rig.write(1, size, &[9; 100]), Ok(()));
            assert_eq!(rig.take_complete(), [done(0x81, 100), done(0x01, 100)]);
        }
        set(&mut rig, 0, 0);
        assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Silent));
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused);
    }
}

#[test]
fn a_setting_resets_toggles_even_when_it_is_the_present_one() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        for _ in 0..3 {
            set(&mut rig, 1, 0);
            rig.submit_in(2, &[1; 10]);
            rig.submit_out(2, 10);
            assert_eq!(rig.read(2, 32, 10), Ok(vec![1; 10]));
            assert_eq!(rig.write(2, 32, &[2; 10]), Ok(()));
            assert_eq!(rig.filled(2), [2; 10]);
        }
    }
}

#[test]
fn transfers_of_the_old_setting_are_dropped_and_others_are_not() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        set(&mut rig, 0, 1);
        rig.submit_in(1, &[1; 300]);
        rig.submit_out(1, 300);
        rig.submit_in(2, &[2; 100]);
        rig.fetch_packet(1, 64).unwrap();
        rig.fetch_packet(2, 32).unwrap();
        set(&mut rig, 0, 2);
        rig.heard.clear();
        assert_eq!(rig.fetch_packet(1, 16), Err(Broken::Nak));
        assert_eq!(rig.read(2, 32, 68), Ok(vec![2; 68]));
        assert_eq!(rig.take_complete(), [done(0x82, 100)]);
        assert_eq!(rig.submit_in(1, &[3]), Submit::Queued);
        assert_eq!(rig.read(1, 16, 16), Ok(vec![3]));
    }
}

#[test]
fn settings_that_do_not_exist_stall_and_change_nothing() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        set(&mut rig, 0, 1);
        for (interface, alternate) in [(0, 3), (1, 1), (2, 0), (255, 0), (0, 255)] {
            let refused = rig.set_interface(interface, alternate);
            assert!(matches!(refused, Err((_, Broken::Stall))), "{interface}, {alternate}: {refused:?}");
        }
        let refused = rig.control_out(setup(1, 11, 0x0101, 0, 0), &[]);
        assert!(matches!(refused, Err((_, Broken::Stall))), "{refused:?}");
        assert_eq!(get_interface(&mut rig, 0), [1]);
        assert_eq!(rig.submit_in(1, &[3]), Submit::Queued);
        assert_eq!(rig.read(1, 64, 64), Ok(vec![3]));
    }
}

#[test]
fn the_program_hears_of_a_setting_and_its_endpoints_are_open_by_then() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        rig.app.on_setup = Box::new(|_| Reaction::Continue);
        rig.hold_task = true;
        rig.send_setup(setup(1, 11, 1, 0, 0)).unwrap();
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused, "it does not know yet");
        let event = rig.device.next_event();
        assert!(matches!(event, Some(Event::Setup(setup)) if setup.request() == 11), "{event:?}");
        assert_eq!(rig.submit_in(1, &[1]), Submit::Queued);
        rig.device.answer(&mut rig.app, usb_stack::Answer::Continue);
        rig.hold_task = false;
        assert_eq!(rig.status_in(), Ok(()));
        rig.wire.reset_toggle(0x81);
        assert_eq!(rig.read(1, 64, 64), Ok(vec![1]));
    }
}

#[test]
fn a_submit_to_the_old_setting_before_the_program_hears_is_discarded() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        set(&mut rig, 0, 1);
        rig.heard.clear();
        rig.hold_task = true;
        rig.send_setup(setup(1, 11, 2, 0, 0)).unwrap();
        assert_eq!(rig.submit_in(1, &[1]), Submit::Discarded);
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.status_in(), Ok(()));
        rig.wire.reset_toggle(0x81);
        assert_eq!(rig.fetch_packet(1, 16), Err(Broken::Nak));
        assert_eq!(rig.take_complete(), []);
    }
}

#[test]
fn a_new_configuration_returns_to_setting_0() {
    for shape in SHAPES {
        let mut rig = rig(shape);
        set(&mut rig, 0, 2);
        rig.set_configuration(1).unwrap();
        assert_eq!(get_interface(&mut rig, 0), [0]);
        set(&mut rig, 0, 2);
        rig.enumerate();
        assert_eq!(get_interface(&mut rig, 0), [0]);
    }
}

#[test]
fn a_setting_whose_packets_have_no_bytes_uses_no_bandwidth() {
    for shape in SHAPES {
        // USB 2.0 section 5.6.3: the default setting of an isochronous interface.
        let configuration = descriptors::Configuration::new()
            .interface(0, 0, 2, 0xff)
            .endpoint(0x03, descriptors::ISOCHRONOUS, 0)
            .endpoint(0x83, descriptors::ISOCHRONOUS, 0)
            .interface(0, 1, 2, 0xff)
            .endpoint(0x03, descriptors::ISOCHRONOUS, 100)
            .endpoint(0x83, descriptors::ISOCHRONOUS, 100)
            .build();
        let mut rig = Rig::configured(shape, configuration);
        for length in [0, 10] {
            rig.submit_in(3, &vec![1; length]);
            rig.submit_out(3, length);
            assert!(rig.fetch_isochronous(3).is_none_or(|bytes| bytes.is_empty()));
            rig.send_isochronous(3, &[]);
        }
        rig.set_interface(0, 1).unwrap();
        rig.heard.clear();
        rig.submit_in(3, &[5; 100]);
        rig.submit_out(3, 100);
        assert_eq!(rig.fetch_isochronous(3), Some(vec![5; 100]));
        rig.send_isochronous(3, &[6; 100]);
        assert_eq!(rig.take_complete(), [done(0x83, 100), done(0x03, 100)]);
        assert_eq!(rig.filled(3), [6; 100]);
    }
}

#[test]
fn requests_to_every_interface_of_a_function_reach_the_program() {
    for shape in SHAPES {
        let configuration = descriptors::Configuration::new()
            .association(0, 2, 0xff)
            .interface(0, 0, 1, 0xff)
            .endpoint(0x81, descriptors::INTERRUPT, 8)
            .interface(1, 0, 0, 0xff)
            .association(2, 2, 0xff)
            .interface(2, 0, 0, 0xff)
            .interface(3, 0, 1, 0xff)
            .endpoint(0x82, descriptors::INTERRUPT, 8)
            .build();
        let mut rig = Rig::configured(shape, configuration);
        rig.app.on_setup = Box::new(|setup| Reaction::Buffer(vec![setup.index_low()]));
        for interface in 0..4 {
            assert_eq!(rig.control_in(setup(0xa1, 1, 0, interface, 1)), Ok(vec![interface as u8]));
            assert_eq!(rig.set_interface(interface as u8, 0), Ok(()));
        }
        rig.submit_in(2, &[5]);
        assert_eq!(rig.read(2, 8, 8), Ok(vec![5]));
    }
}
