//! What `submit` says, by what the program has been told.

use native_tests::{Rig, SHAPES, descriptors, done};
use usb_stack::{EndpointAddress, Event, Submit};

#[test]
fn refused_before_the_host_has_configured_the_device() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused);
        rig.bus_reset();
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused);
        rig.set_address(3).unwrap();
        assert_eq!(rig.submit_out(1, 1), Submit::Refused);
        rig.set_configuration(1).unwrap();
        assert_eq!(rig.submit_out(1, 1), Submit::Queued);
    }
}

#[test]
fn refused_when_busy_unopened_or_endpoint_0() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        assert_eq!(rig.submit_in(1, &[1]), Submit::Queued);
        assert_eq!(rig.submit_in(1, &[2]), Submit::Refused);
        assert_eq!(rig.read(1, 64, 64), Ok(vec![1]), "the first one is not touched");
        for endpoint in [0, 4, 7] {
            assert_eq!(rig.submit_in(endpoint, &[1]), Submit::Refused);
            assert_eq!(rig.submit_out(endpoint, 1), Submit::Refused);
        }
    }
}

#[test]
fn refused_until_the_end_of_the_last_has_been_told() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.submit_in(1, &[1]);
        rig.hold_task = true;
        rig.fetch_packet(1, 64).unwrap();
        assert_eq!(rig.submit_in(1, &[2]), Submit::Refused, "busy as far as the program knows");
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_complete(), [done(0x81, 1)]);
        assert_eq!(rig.submit_in(1, &[2]), Submit::Queued);
    }
}

#[test]
fn discarded_from_a_reset_until_the_program_hears_of_it() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.hold_task = true;
        rig.bus_reset();
        assert_eq!(rig.submit_in(1, &[1]), Submit::Discarded);
        rig.enumerate();
        assert_eq!(rig.submit_out(1, 1), Submit::Discarded, "the new configuration has not been told either");
        assert_eq!(rig.device.next_event(), Some(Event::Reset));
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused, "told of the reset, not of the configuration");
        assert_eq!(rig.device.next_event(), Some(Event::Configured));
        assert_eq!(rig.submit_in(1, &[1]), Submit::Queued);
        assert_eq!(rig.device.next_event(), None);
        rig.hold_task = false;
        assert_eq!(rig.read(1, 64, 64), Ok(vec![1]));
        assert_eq!(rig.take_complete(), [done(0x81, 1)], "only the last one completes");
    }
}

#[test]
fn legal_while_the_configuration_is_being_told() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.hold_task = true;
        rig.enumerate();
        assert_eq!(rig.device.next_event(), Some(Event::Reset));
        assert_eq!(rig.device.next_event(), Some(Event::Configured));
        assert_eq!(rig.submit_in(1, &[4]), Submit::Queued);
        assert_eq!(rig.read(1, 64, 64), Ok(vec![4]));
    }
}

#[test]
fn queued_while_suspended() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.suspend();
        assert_eq!(rig.submit_in(1, &[1]), Submit::Queued);
        rig.resume();
        assert_eq!(rig.read(1, 64, 64), Ok(vec![1]));
    }
}

#[test]
fn refused_on_a_built_in_drivers_endpoint() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::serial_and_vendor());
        rig.app.builtin = 2;
        rig.enumerate();
        for endpoint in [1, 2] {
            assert_eq!(rig.submit_in(endpoint, &[1]), Submit::Refused);
            assert_eq!(rig.submit_out(endpoint, 1), Submit::Refused);
        }
        rig.set_halt(0x82, true);
        assert!(!rig.device.is_halted(EndpointAddress::from_byte(0x82)));
        assert_eq!(rig.submit_in(3, &[1]), Submit::Queued);
    }
}

#[test]
fn refused_after_disconnect() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.submit_in(1, &[1]);
        rig.device.disconnect();
        assert_eq!(rig.submit_in(1, &[1]), Submit::Refused);
        assert_eq!(rig.device.next_event(), None);
        rig.set_halt(0x81, true);
    }
}
