//! Enumeration as computers do it, and again and again.

use native_tests::{App, Plugged, Rig, SHAPES, descriptors};
use usb_simulator::host::Host;
use usb_simulator::time::BusTime;
use usb_stack::Event;

#[test]
fn a_computer_enumerates_every_packet_size_of_endpoint_0() {
    for shape in SHAPES {
        for size in [8, 16, 32, 64] {
            let mut app = App::new(descriptors::serial_and_vendor());
            app.builtin = 2;
            app.device = descriptors::device(size);
            let device = app.device.clone();
            let configuration = app.configuration.clone();
            let mut host = Host::new(Plugged::new(Rig::with(shape, app)));
            let found = host.enumerate(BusTime::from_millis(1000)).unwrap();
            assert_eq!((found.device.bytes, found.configuration.bytes), (device, configuration));
        }
    }
}

#[test]
fn a_hundred_and_fifty_resets_and_enumerations() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        for _ in 0..150 {
            rig.enumerate();
            assert_eq!(rig.take_heard(), [Event::Reset, Event::Configured]);
            assert_eq!(rig.submit_in(1, &[1, 2, 3]), usb_stack::Submit::Queued);
            assert_eq!(rig.read(1, 64, 64), Ok(vec![1, 2, 3]));
            rig.heard.clear();
        }
    }
}

#[test]
fn a_hundred_and_fifty_times_unplugged() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        for _ in 0..150 {
            rig.enumerate();
            rig.submit_out(1, 100);
            rig.device.disconnect();
            assert!(!rig.device.is_configured() && !rig.device.is_connected() && !rig.device.is_attached());
            assert!(rig.descriptor(1, 0, 8).is_err(), "nobody is there");
            rig.device.connect();
        }
    }
}

#[test]
fn connecting_twice_and_disconnecting_twice_is_harmless() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.device.connect();
        rig.enumerate();
        rig.device.connect();
        assert!(rig.device.is_configured());
        rig.device.disconnect();
        rig.device.disconnect();
        rig.device.connect();
        rig.enumerate();
    }
}

#[test]
fn the_whole_enumeration_needs_no_program() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::serial_and_vendor());
        rig.app.builtin = 2;
        rig.hold_task = true;
        rig.enumerate();
        assert_eq!(rig.heard, []);
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.heard, [Event::Reset, Event::Configured]);
    }
}
