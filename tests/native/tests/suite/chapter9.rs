//! Standard requests in the Default, Address and Configured states (USB 2.0 section 9.4).

use native_tests::{App, Broken, Reaction, Rig, SHAPES, Stage, descriptors, setup};
use usb_stack::Event;

/// The device states of USB 2.0 section 9.1 in which requests are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Default,
    Address,
    Configured,
}

const STATES: [State; 3] = [State::Default, State::Address, State::Configured];

fn rig(shape: native_tests::Kind, state: State) -> Rig {
    let mut app = App::new(descriptors::vendor());
    app.on_setup = Box::new(|_| Reaction::Stall);
    let mut rig = Rig::with(shape, app);
    rig.bus_reset();
    if state != State::Default {
        rig.set_address(9).unwrap();
    }
    if state == State::Configured {
        rig.set_configuration(1).unwrap();
    }
    rig.heard.clear();
    rig
}

fn everywhere(test: impl Fn(&mut Rig, State)) {
    for shape in SHAPES {
        for state in STATES {
            test(&mut rig(shape, state), state);
        }
    }
}

fn stalls<T>(result: Result<T, (Stage, Broken)>) -> bool {
    matches!(result, Err((_, Broken::Stall)))
}

#[test]
fn get_descriptor_in_every_state() {
    everywhere(|rig, state| {
        let (device, configuration) = (rig.app.device.clone(), rig.app.configuration.clone());
        for length in [1, 7, 8, 9, 17, 18, 19, 64, 255, 65_535] {
            let (kind, whole) = (1, &device);
            let expected = &whole[..whole.len().min(length.into())];
            assert_eq!(rig.descriptor(kind, 0, length).as_deref(), Ok(expected), "{state:?}, {length}");
            let expected = &configuration[..configuration.len().min(length.into())];
            assert_eq!(rig.descriptor(2, 0, length).as_deref(), Ok(expected), "{state:?}, {length}");
        }
    });
}

#[test]
fn descriptors_that_do_not_exist_stall() {
    everywhere(|rig, state| {
        // String 9, INTERFACE, ENDPOINT, DEVICE_QUALIFIER, OTHER_SPEED, INTERFACE_POWER, BOS, and no type at all.
        for (kind, index) in [(3, 9), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (15, 0), (0, 0), (255, 255)] {
            assert!(stalls(rig.descriptor(kind, index, 64)), "type {kind} in {state:?}");
            assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        }
    });
}

#[test]
fn a_bos_descriptor_is_served_when_there_is_one() {
    everywhere(|rig, _| {
        let bos = vec![5, 15, 12, 0, 1, 7, 16, 2, 0, 0, 0, 0];
        rig.app.bos = Some(bos.clone());
        assert_eq!(rig.descriptor(15, 0, 5).as_deref(), Ok(&bos[..5]));
        assert_eq!(rig.descriptor(15, 0, 255), Ok(bos));
    });
}

#[test]
fn a_zero_length_get_descriptor_has_only_a_status() {
    everywhere(|rig, _| assert_eq!(rig.descriptor(1, 0, 0), Ok(vec![])));
}

#[test]
fn set_address_takes_effect_after_its_status_stage() {
    for shape in SHAPES {
        for state in [State::Default, State::Address] {
            let mut rig = rig(shape, state);
            let old = rig.wire.address;
            rig.send_setup(setup(0, 5, 44, 0, 0)).unwrap();
            rig.wire.address = 44;
            assert_eq!(rig.status_in(), Err(Broken::Silent), "not yet");
            rig.wire.address = old;
            assert_eq!(rig.status_in(), Ok(()));
            assert_eq!(rig.descriptor(1, 0, 8), Err((Stage::Setup, Broken::Silent)), "the old one is gone");
            rig.wire.address = 44;
            assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        }
    }
}

#[test]
fn set_address_that_never_ends_changes_nothing() {
    for shape in SHAPES {
        let mut rig = rig(shape, State::Default);
        rig.send_setup(setup(0, 5, 44, 0, 0)).unwrap();
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        assert_eq!(rig.set_address(3), Ok(()));
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
    }
}

#[test]
fn set_address_0_returns_to_default() {
    for shape in SHAPES {
        let mut rig = rig(shape, State::Address);
        assert_eq!(rig.set_address(0), Ok(()));
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        assert!(stalls(rig.set_configuration(1)));
    }
}

#[test]
fn an_address_of_more_than_7_bits_is_refused() {
    for shape in SHAPES {
        for value in [128, 255, 256, 0xffff] {
            let mut rig = rig(shape, State::Default);
            assert!(stalls(rig.control_out(setup(0, 5, value, 0, 0), &[])));
            assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        }
    }
}

#[test]
fn configurations() {
    for shape in SHAPES {
        let mut default = rig(shape, State::Default);
        assert!(stalls(default.set_configuration(1)), "not in the Default state");
        assert!(!default.device.is_configured());

        let mut rig = rig(shape, State::Address);
        assert_eq!(rig.control_in(setup(0x80, 8, 0, 0, 1)), Ok(vec![0]));
        for value in [2, 255] {
            assert!(stalls(rig.set_configuration(value)));
        }
        assert!(stalls(rig.control_out(setup(0, 9, 0x0101, 0, 0), &[])), "the upper byte must be 0");
        assert_eq!(rig.set_configuration(0), Ok(()));
        assert_eq!(rig.take_heard(), [], "0 to 0 is no change");
        assert_eq!(rig.set_configuration(1), Ok(()));
        assert_eq!(rig.control_in(setup(0x80, 8, 0, 0, 1)), Ok(vec![1]));
        assert!(rig.device.is_configured());
        assert_eq!(rig.take_heard(), [Event::Configured]);
        assert_eq!(rig.set_configuration(1), Ok(()));
        assert_eq!(rig.take_heard(), [Event::Reset, Event::Configured], "the present value is a change too");
        assert!(stalls(rig.set_configuration(3)));
        assert_eq!(rig.control_in(setup(0x80, 8, 0, 0, 1)), Ok(vec![1]), "a refused one changes nothing");
        assert_eq!(rig.set_configuration(0), Ok(()));
        assert_eq!(rig.control_in(setup(0x80, 8, 0, 0, 1)), Ok(vec![0]));
        assert!(!rig.device.is_configured());
        assert_eq!(rig.take_heard(), [Event::Reset]);
        assert_eq!(rig.set_configuration(1), Ok(()));
        assert_eq!(rig.take_heard(), [Event::Configured]);
    }
}

#[test]
fn get_status() {
    everywhere(|rig, state| {
        // USB 2.0 leaves GET_STATUS in the Default state open.
        if state != State::Default {
            assert_eq!(rig.status(0x80, 0), Ok(vec![1, 0]), "self-powered, {state:?}");
        }
        if state == State::Configured {
            assert_eq!(rig.status(0x81, 0), Ok(vec![0, 0]));
            for endpoint in [0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x03, 0x83] {
                assert_eq!(rig.status(0x82, endpoint), Ok(vec![0, 0]), "endpoint {endpoint:#x}");
            }
            for endpoint in [0x04, 0x84, 0x0f, 0x8f] {
                assert!(stalls(rig.status(0x82, endpoint)), "endpoint {endpoint:#x}");
            }
            assert!(stalls(rig.status(0x81, 1)));
        } else {
            assert!(stalls(rig.status(0x81, 0)), "{state:?}");
            assert!(stalls(rig.status(0x82, 0x81)), "{state:?}");
        }
        if state == State::Address {
            assert_eq!(rig.status(0x82, 0), Ok(vec![0, 0]));
        }
    });
}

#[test]
fn get_status_of_any_length_is_two_bytes_at_most() {
    for shape in SHAPES {
        let mut rig = rig(shape, State::Configured);
        for (length, expected) in [(0, 0), (1, 1), (2, 2), (3, 2), (64, 2), (65_535, 2)] {
            assert_eq!(rig.control_in(setup(0x80, 0, 0, 0, length)).map(|bytes| bytes.len()), Ok(expected));
        }
    }
}

#[test]
fn remote_wakeup_is_a_feature_of_the_device() {
    everywhere(|rig, state| {
        if state == State::Default {
            return;
        }
        for (request, status) in [(3, 3), (3, 3), (1, 1), (1, 1), (3, 3)] {
            assert_eq!(rig.control_out(setup(0, request, 1, 0, 0), &[]), Ok(()));
            assert_eq!(rig.status(0x80, 0), Ok(vec![status, 0]), "{state:?}");
        }
        let (address, state_before) = (rig.wire.address, rig.device.is_configured());
        rig.bus_reset();
        assert!(address != 0 && !rig.device.is_configured() && state_before == (state == State::Configured));
        rig.set_address(address).unwrap();
        assert_eq!(rig.status(0x80, 0), Ok(vec![1, 0]), "a reset ends it");
    });
}

#[test]
fn features_that_do_not_exist_stall() {
    everywhere(|rig, state| {
        // TEST_MODE is for high speed; ENDPOINT_HALT is none of the device's.
        for (recipient, feature, index) in [(0, 2, 0x0100), (0, 0, 0), (0, 5, 0), (1, 0, 0), (2, 1, 0x81), (2, 7, 0x81)]
        {
            for request in [1, 3] {
                let result = rig.control_out(setup(recipient, request, feature, index, 0), &[]);
                assert!(stalls(result), "{state:?}: recipient {recipient}, feature {feature}: {result:?}");
            }
        }
        for endpoint in [0x05, 0x85] {
            assert!(stalls(rig.halt(endpoint)));
            assert!(stalls(rig.clear_halt(endpoint)));
        }
    });
}

#[test]
fn interfaces_have_a_setting_only_when_configured() {
    everywhere(|rig, state| {
        let get = setup(0x81, 10, 0, 0, 1);
        if state == State::Configured {
            assert_eq!(rig.control_in(get), Ok(vec![0]));
            assert_eq!(rig.set_interface(0, 0), Ok(()), "although the program says no");
            assert!(stalls(rig.set_interface(0, 1)));
            assert!(stalls(rig.set_interface(1, 0)));
            assert!(stalls(rig.control_in(setup(0x81, 10, 0, 1, 1))));
        } else {
            assert!(stalls(rig.control_in(get)), "{state:?}");
            assert!(stalls(rig.set_interface(0, 0)), "{state:?}");
        }
    });
}

#[test]
fn requests_that_do_not_exist_stall() {
    everywhere(|rig, state| {
        // SET_DESCRIPTOR, SYNCH_FRAME, 2, 4, 13 and up; the reserved type; the wrong direction.
        for (request_type, request) in
            [(0x00, 7), (0x82, 12), (0x00, 2), (0x00, 4), (0x80, 13), (0x80, 255), (0x60, 0), (0xe0, 0), (0x83, 0)]
        {
            for length in [0, 8] {
                let packet = setup(request_type, request, 1, 0, length);
                let result = match request_type & 0x80 {
                    0 => rig.control_out(packet, &vec![0; length.into()]),
                    _ => rig.control_in(packet).map(|_| ()),
                };
                assert!(stalls(result), "{state:?}: {request_type:#x} {request} {length}: {result:?}");
            }
        }
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
    });
}

#[test]
fn the_direction_bit_does_not_count_without_a_data_stage() {
    for shape in SHAPES {
        let mut rig = rig(shape, State::Default);
        // USB 2.0 section 9.3.1.
        assert_eq!(rig.control_in(setup(0x80, 5, 9, 0, 0)), Ok(vec![]));
        rig.wire.address = 9;
        assert_eq!(rig.control_in(setup(0x80, 9, 1, 0, 0)), Ok(vec![]));
        assert!(rig.device.is_configured());
        assert_eq!(rig.control_out(setup(0x00, 0, 0, 0, 0), &[]), Ok(()));
        // With a data stage they mean nothing; whatever becomes of them, the next request is fine.
        for request in [3, 9] {
            let _ = rig.control_in(setup(0x80, request, 1, 0, 8));
            assert_eq!(rig.control_in(setup(0x80, 8, 0, 0, 1)), Ok(vec![1]));
        }
    }
}

#[test]
fn standard_requests_to_the_device_never_reach_the_program() {
    everywhere(|rig, _| {
        rig.descriptor(1, 0, 18).unwrap();
        let _ = rig.control_in(setup(0x80, 13, 0, 0, 8));
        let _ = rig.control_out(setup(0x00, 7, 0, 0, 0), &[1; 8]);
        assert!(!rig.take_heard().iter().any(|event| matches!(event, Event::Setup(_))));
    });
}

#[test]
fn requests_to_a_programs_interface_reach_it() {
    for shape in SHAPES {
        let mut rig = rig(shape, State::Configured);
        rig.app.on_setup = Box::new(|setup| match (setup.request_type(), setup.request()) {
            (0x81, 6) if setup.value() == 0x2200 => Reaction::Buffer(vec![0x22; 50]),
            (0xa1, 1) => Reaction::Buffer(vec![0xa1; 8]),
            (0x21, 10) => Reaction::Continue,
            (0x81, 0) => Reaction::Buffer(vec![5, 0]),
            _ => Reaction::Stall,
        });
        assert_eq!(rig.control_in(setup(0x81, 6, 0x2200, 0, 200)), Ok(vec![0x22; 50]), "report descriptor");
        assert_eq!(rig.control_in(setup(0xa1, 1, 0x0100, 0, 8)), Ok(vec![0xa1; 8]), "GET_REPORT");
        assert_eq!(rig.control_out(setup(0x21, 10, 0, 0, 0), &[]), Ok(()), "SET_IDLE");
        assert_eq!(rig.status(0x81, 0), Ok(vec![5, 0]), "the program may answer GET_STATUS");
        assert!(stalls(rig.control_in(setup(0x81, 6, 0x2300, 0, 200))));
        assert!(stalls(rig.control_in(setup(0xa1, 1, 0x0100, 7, 8))), "no such interface");
    }
}
