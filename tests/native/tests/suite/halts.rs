//! Halts and toggles: by the host, by the program, with and without a transfer in flight.

use native_tests::{Broken, Complete, Reaction, Rig, SHAPES, descriptors, done, pattern, setup};
use usb_stack::{EndpointAddress, Event, Outcome, Submit};

fn halted(rig: &Rig, endpoint: u8) -> bool {
    rig.device.is_halted(EndpointAddress::from_byte(endpoint))
}

/// Moves one packet both ways through bulk endpoint 1 and checks what arrives.
fn moves(rig: &mut Rig) {
    rig.heard.clear();
    assert_eq!((rig.submit_in(1, &[1, 2]), rig.submit_out(1, 2)), (Submit::Queued, Submit::Queued));
    assert_eq!(rig.read(1, 64, 64), Ok(vec![1, 2]));
    assert_eq!(rig.write(1, 64, &[3, 4]), Ok(()));
    assert_eq!(rig.filled(1), [3, 4]);
    assert_eq!(rig.take_complete(), [done(0x81, 2), done(0x01, 2)]);
}

#[test]
fn the_host_halts_and_clears() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for endpoint in [0x01, 0x81] {
            moves(&mut rig);
            assert_eq!(rig.status(0x82, endpoint), Ok(vec![0, 0]));
            assert_eq!(rig.halt(endpoint.try_into().unwrap()), Ok(()));
            assert_eq!(rig.status(0x82, endpoint), Ok(vec![1, 0]));
            let endpoint = endpoint as u8;
            assert!(halted(&rig, endpoint));
            for _ in 0..2 {
                let broken = match endpoint {
                    0x01 => rig.send_packet(1, &[1]).unwrap_err(),
                    _ => rig.fetch_packet(1, 64).unwrap_err(),
                };
                assert_eq!(broken, Broken::Stall);
            }
            assert_eq!(rig.clear_halt(endpoint), Ok(()));
            assert!(!halted(&rig, endpoint));
            assert_eq!(rig.status(0x82, endpoint.into()), Ok(vec![0, 0]));
            moves(&mut rig);
        }
    }
}

#[test]
fn the_program_hears_of_the_hosts_halts_and_cannot_refuse() {
    for shape in SHAPES {
        for answer in [Reaction::Stall, Reaction::Continue, Reaction::Buffer(vec![])] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.app.on_setup = Box::new(move |_| answer.clone());
            assert_eq!(rig.halt(0x81), Ok(()));
            let told = |event: &Event| matches!(event, Event::Setup(setup) if setup.bytes() == &HALT_81);
            assert!(told(&rig.take_heard()[0]));
            assert_eq!(rig.clear_halt(0x81), Ok(()));
            assert!(matches!(rig.take_heard()[0], Event::Setup(setup) if setup.request() == 1));
        }
    }
}

/// SET_FEATURE(ENDPOINT_HALT) of endpoint 0x81.
const HALT_81: [u8; 8] = [0x02, 3, 0, 0, 0x81, 0, 0, 0];

#[test]
fn a_halt_takes_effect_before_the_program_hears_of_it() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.hold_task = true;
        rig.send_setup(HALT_81).unwrap();
        assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Stall));
        assert_eq!(rig.status_in(), Err(Broken::Nak), "the status waits for the program");
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.status_in(), Ok(()));
    }
}

#[test]
fn the_hosts_halt_kills_no_in_transfer() {
    for shape in SHAPES {
        for fetched in 0..4 {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            let data = pattern(300);
            rig.submit_in(1, &data);
            let mut got = Vec::new();
            for _ in 0..fetched {
                got.extend(rig.fetch_packet(1, 64).unwrap());
            }
            rig.halt(0x81).unwrap();
            assert_eq!(rig.fetch_packet(1, 64), Err(Broken::Stall));
            rig.clear_halt(0x81).unwrap();
            assert!(rig.take_complete().is_empty());
            got.extend(rig.read(1, 64, 300 - got.len()).unwrap());
            assert_eq!(got, data, "{shape:?}: halted after {fetched} packets");
            assert_eq!(rig.take_complete(), [done(0x81, 300)]);
        }
    }
}

#[test]
fn the_hosts_halt_kills_no_out_transfer() {
    for shape in SHAPES {
        for sent in 0..4 {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            let data = pattern(300);
            rig.submit_out(1, 300);
            rig.write(1, 64, &data[..sent * 64]).map_or_else(|_| assert_eq!(sent, 0), |()| ());
            if sent == 0 {
                // An empty write is an empty packet, which ended the transfer: begin again.
                rig.heard.clear();
                rig.submit_out(1, 300);
            }
            rig.halt(0x01).unwrap();
            assert_eq!(rig.send_packet(1, &[1]), Err(Broken::Stall));
            rig.clear_halt(0x01).unwrap();
            assert!(rig.take_complete().is_empty());
            assert_eq!(rig.write(1, 64, &data[sent * 64..]), Ok(()));
            assert_eq!(rig.take_complete(), [done(0x01, 300)], "{shape:?}: halted after {sent} packets");
            assert_eq!(rig.filled(1), data, "{shape:?}: halted after {sent} packets");
        }
    }
}

#[test]
fn clear_feature_on_an_endpoint_that_is_not_halted_resets_the_toggle_and_keeps_the_transfer() {
    for shape in SHAPES {
        for before in [0, 1, 2, 3] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            let data = pattern(640);
            rig.submit_in(1, &data);
            rig.submit_out(1, 640);
            let mut got = Vec::new();
            for packet in 0..before {
                got.extend(rig.fetch_packet(1, 64).unwrap());
                rig.send_packet(1, &data[packet * 64..packet * 64 + 64]).unwrap();
            }
            rig.clear_halt(0x81).unwrap();
            rig.clear_halt(0x01).unwrap();
            got.extend(rig.read(1, 64, 640 - got.len()).unwrap());
            assert_eq!(rig.write(1, 64, &data[before * 64..]), Ok(()));
            assert_eq!((got, rig.filled(1)), (data.clone(), data));
            assert_eq!(rig.take_complete(), [done(0x81, 640), done(0x01, 640)]);
        }
    }
}

#[test]
fn clear_toggle_between_transfers_loses_nothing() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        // Linux's usbtest case 29: two packets and an empty one, then the toggle is cleared.
        for round in 0..10 {
            let data = vec![round; 128];
            rig.submit_out(1, 1000);
            rig.write(1, 64, &data).unwrap();
            rig.send_packet(1, &[]).unwrap();
            assert_eq!(rig.take_complete(), [done(0x01, 128)]);
            assert_eq!(rig.filled(1)[..128], data);
            rig.clear_halt(0x01).unwrap();
            rig.heard.clear();
        }
    }
}

#[test]
fn the_programs_halt_ends_the_transfer_in_flight() {
    for shape in SHAPES {
        for endpoint in [0x01, 0x81] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.submit_in(1, &[1; 200]);
            rig.submit_out(1, 200);
            rig.hold_task = true;
            rig.set_halt(endpoint, true);
            assert_eq!(rig.heard, [], "told by the task only");
            rig.hold_task = false;
            rig.turn();
            assert_eq!(rig.take_complete(), [Complete { endpoint, result: Outcome::Stalled, len: 0 }]);
            assert!(halted(&rig, endpoint));
            assert_eq!(rig.status(0x82, endpoint.into()), Ok(vec![1, 0]));
            let again = if endpoint == 1 { rig.submit_out(1, 5) } else { rig.submit_in(1, &[5]) };
            assert_eq!(again, Submit::Refused, "halted");
            rig.set_halt(endpoint, true);
            assert_eq!(rig.take_complete(), [], "halted already");
            rig.set_halt(endpoint, false);
            rig.wire.reset_toggle(endpoint);
            let again = if endpoint == 1 { rig.submit_out(1, 5) } else { rig.submit_in(1, &[5]) };
            assert_eq!(again, Submit::Queued);
            if endpoint == 1 {
                assert_eq!(rig.write(1, 64, &[7; 5]), Ok(()));
                assert_eq!(rig.filled(1), [7; 5]);
            } else {
                assert_eq!(rig.read(1, 64, 64), Ok(vec![5]), "nothing of the old transfer");
            }
        }
    }
}

#[test]
fn the_programs_halt_tells_how_much_was_moved() {
    for shape in SHAPES {
        for packets in 0..4 {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.submit_in(1, &pattern(300));
            rig.submit_out(1, 300);
            for _ in 0..packets {
                rig.fetch_packet(1, 64).unwrap();
                rig.send_packet(1, &[1; 64]).unwrap();
            }
            rig.set_halt(0x81, true);
            assert_eq!(
                rig.take_complete(),
                [Complete { endpoint: 0x81, result: Outcome::Stalled, len: packets * 64 }],
                "{shape:?}"
            );
            rig.set_halt(0x01, true);
            // A run that the halt cuts has not been told yet: its bytes may be missing.
            let complete = rig.take_complete()[0];
            assert!(complete.len <= packets * 64 && complete.len.is_multiple_of(64));
            if shape.run_packets == 1 {
                assert_eq!(complete.len, packets * 64);
            }
        }
    }
}

#[test]
fn the_host_may_clear_the_programs_halt() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        moves(&mut rig);
        rig.set_halt(0x81, true);
        rig.set_halt(0x01, true);
        assert_eq!((rig.fetch_packet(1, 64), rig.send_packet(1, &[1])), (Err(Broken::Stall), Err(Broken::Stall)));
        rig.clear_halt(0x81).unwrap();
        rig.clear_halt(0x01).unwrap();
        moves(&mut rig);
    }
}

#[test]
fn a_halt_of_one_direction_leaves_the_other() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.halt(0x81).unwrap();
        rig.submit_out(1, 2);
        assert_eq!(rig.write(1, 64, &[1, 2]), Ok(()));
        rig.clear_halt(0x81).unwrap();
        rig.halt(0x01).unwrap();
        rig.submit_in(1, &[3, 4]);
        assert_eq!(rig.read(1, 64, 64), Ok(vec![3, 4]));
    }
}

#[test]
fn set_configuration_resets_toggles_and_halts() {
    for shape in SHAPES {
        for through_0 in [false, true] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            moves(&mut rig);
            rig.halt(0x81).unwrap();
            rig.halt(0x01).unwrap();
            if through_0 {
                rig.set_configuration(0).unwrap();
            }
            rig.set_configuration(1).unwrap();
            assert!(!halted(&rig, 0x81) && !halted(&rig, 0x01));
            moves(&mut rig);
        }
    }
}

#[test]
fn a_halt_drops_the_rest_of_a_packet_that_was_kept() {
    for shape in SHAPES {
        for by_host in [true, false] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.submit_out(1, 10);
            rig.send_packet(1, &pattern(64)).unwrap();
            rig.heard.clear();
            if by_host {
                rig.halt(0x01).unwrap();
            } else {
                rig.set_halt(0x01, true);
            }
            rig.clear_halt(0x01).unwrap();
            rig.heard.clear();
            rig.submit_out(1, 100);
            assert_eq!(rig.take_complete(), []);
            assert_eq!(rig.write(1, 64, &[8; 3]), Ok(()));
            assert_eq!(rig.take_complete(), [done(0x01, 3)]);
            assert_eq!(rig.filled(1)[..3], [8; 3]);
        }
    }
}

#[test]
fn halt_of_endpoint_0_is_harmless() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for request in [3, 1] {
            for endpoint in [0x00, 0x80] {
                let _ = rig.control_out(setup(2, request, 0, endpoint, 0), &[]);
                assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
            }
        }
        rig.set_halt(0x00, true);
        rig.set_halt(0x80, false);
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
    }
}
