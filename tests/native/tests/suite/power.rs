//! Suspend, resume, remote wakeup.

use native_tests::{Rig, SHAPES, descriptors, done, setup};
use usb_simulator::port::Port;
use usb_stack::Event;

#[test]
fn told_only_while_configured() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.suspend();
        rig.resume();
        assert_eq!(rig.take_heard(), [], "before the first reset it means nothing");
        rig.bus_reset();
        rig.set_address(4).unwrap();
        rig.suspend();
        rig.resume();
        assert_eq!(rig.take_heard(), [Event::Reset]);
        rig.set_configuration(1).unwrap();
        rig.suspend();
        assert!(rig.device.is_suspended());
        rig.resume();
        assert!(!rig.device.is_suspended());
        assert_eq!(rig.take_heard(), [Event::Configured, Event::Suspend(true), Event::Suspend(false)]);
    }
}

#[test]
fn a_suspend_and_a_resume_that_the_program_slept_through_are_not_told() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.hold_task = true;
        for _ in 0..3 {
            rig.suspend();
            rig.resume();
        }
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_heard(), []);
    }
}

#[test]
fn a_reset_while_suspended_ends_the_suspend_first() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.suspend();
        rig.bus_reset();
        assert_eq!(rig.take_heard(), [Event::Suspend(true), Event::Suspend(false), Event::Reset]);
        assert!(!rig.device.is_suspended());
    }
}

#[test]
fn transfers_survive_a_suspend() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.submit_in(1, &[3; 100]);
        rig.submit_out(1, 100);
        rig.fetch_packet(1, 64).unwrap();
        rig.send_packet(1, &[4; 64]).unwrap();
        rig.suspend();
        rig.resume();
        assert_eq!(rig.read(1, 64, 36), Ok(vec![3; 36]));
        assert_eq!(rig.write(1, 64, &[4; 36]), Ok(()));
        rig.heard.retain(|event| matches!(event, Event::Complete { .. }));
        assert_eq!(rig.take_complete(), [done(0x81, 100), done(0x01, 100)]);
    }
}

#[test]
fn remote_wakeup_only_when_the_host_allows_it() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        assert!(!rig.device.remote_wakeup(), "not suspended");
        rig.suspend();
        assert!(!rig.device.remote_wakeup(), "not allowed");
        assert!(!rig.bus.resume_requested());
        rig.resume();
        rig.control_out(setup(0, 3, 1, 0, 0), &[]).unwrap();
        assert!(!rig.device.remote_wakeup(), "not suspended");
        rig.suspend();
        assert!(rig.device.remote_wakeup());
        assert!(rig.bus.resume_requested());
        rig.resume();
        assert!(!rig.bus.resume_requested());
        rig.control_out(setup(0, 1, 1, 0, 0), &[]).unwrap();
        rig.suspend();
        assert!(!rig.device.remote_wakeup(), "not allowed any more");
        rig.resume();
    }
}

#[test]
fn remote_wakeup_must_be_promised_by_the_configuration() {
    for shape in SHAPES {
        let mut configuration = descriptors::vendor();
        configuration[7] = 0x80;
        let mut rig = Rig::configured(shape, configuration);
        assert!(rig.control_out(setup(0, 3, 1, 0, 0), &[]).is_err());
        assert_eq!(rig.status(0x80, 0), Ok(vec![0, 0]));
    }
}

#[test]
fn a_hundred_suspends() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for _ in 0..100 {
            rig.suspend();
            rig.resume();
            assert_eq!(rig.take_heard(), [Event::Suspend(true), Event::Suspend(false)]);
            assert_eq!(rig.status(0x80, 0), Ok(vec![1, 0]));
        }
    }
}
