//! Descriptors that lie: never served, never followed past the end.

use native_tests::{App, Broken, Rig, SHAPES, descriptors};
use usb_stack::descriptor::{Rule, Table};

/// A configuration that has one fault.
fn broken(fault: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = descriptors::vendor();
    fault(&mut bytes);
    bytes
}

fn lies() -> Vec<(&'static str, Vec<u8>, Rule)> {
    vec![
        ("bLength 0", broken(|bytes| bytes[9] = 0), Rule::Length),
        ("bLength past the end", broken(|bytes| *bytes.iter_mut().nth_back(6).unwrap() = 8), Rule::PastEnd),
        ("wTotalLength beyond the buffer", broken(|bytes| bytes[2] += 1), Rule::TotalLength),
        ("wTotalLength 65535", broken(|bytes| bytes[2..4].fill(0xff)), Rule::TotalLength),
        ("wTotalLength 0", broken(|bytes| bytes[2] = 0), Rule::TotalLength),
        ("an address twice", broken(|bytes| bytes[27] = 0x01), Rule::EndpointTwice),
        ("endpoint 0", broken(|bytes| bytes[20] = 0x80), Rule::EndpointNumber),
        ("a control endpoint", broken(|bytes| bytes[21] = 0), Rule::EndpointType),
        ("bulk packets of 65 bytes", broken(|bytes| bytes[22] = 65), Rule::PacketSize),
        ("a buffer of 8 bytes", broken(|bytes| bytes.truncate(8)), Rule::TooShort),
        ("no buffer", vec![], Rule::TooShort),
    ]
}

#[test]
fn each_lie_is_named() {
    for shape in SHAPES {
        let rig = Rig::new(shape, descriptors::vendor());
        for (name, bytes, rule) in lies() {
            let lie = rig.device.check_configuration(&bytes).unwrap_err();
            assert!(lie.is(Table::Configuration, rule), "{name}: {lie:?}");
            assert!(usize::from(lie.offset()) <= bytes.len(), "{name}");
        }
        assert_eq!(rig.device.check_configuration(&descriptors::vendor()), Ok(()));
    }
}

#[test]
fn a_configuration_that_lies_later_is_stalled() {
    for shape in SHAPES {
        for (name, bytes, rule) in lies() {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.app.configuration = bytes;
            for length in [9, 255, 65_535] {
                let refused = rig.descriptor(2, 0, length);
                assert!(matches!(refused, Err((_, Broken::Stall))), "{name}: {refused:?}");
            }
            assert!(
                rig.app.lies.iter().all(|lie| lie.is(Table::Configuration, rule)) && !rig.app.lies.is_empty(),
                "{name}"
            );
            rig.bus_reset();
            rig.set_address(5).unwrap();
            assert!(matches!(rig.set_configuration(1), Err((_, Broken::Stall))), "{name}");
            assert!(!rig.device.is_configured());
            rig.app.configuration = descriptors::vendor();
            rig.enumerate();
        }
    }
}

#[test]
fn a_device_descriptor_that_lies_later_is_stalled() {
    for shape in SHAPES {
        for bytes in [vec![], vec![18], descriptors::device(64)[..17].to_vec(), descriptors::device(63)] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            rig.app.device = bytes.clone();
            let refused = rig.descriptor(1, 0, 18);
            assert!(matches!(refused, Err((_, Broken::Stall))), "{bytes:?}: {refused:?}");
            rig.bus_reset();
            assert!(matches!(rig.descriptor(1, 0, 64), Err((_, Broken::Stall))));
            rig.app.device = descriptors::device(64);
            rig.enumerate();
        }
    }
}

#[test]
fn a_bos_that_lies_is_stalled() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let lpm = vec![5, 15, 12, 0, 1, 7, 16, 2, 2, 0, 0, 0];
        for bytes in [vec![], vec![5, 15], vec![5, 15, 99, 0, 0], vec![5, 15, 12, 0, 1, 0, 16, 2, 0, 0, 0, 0], lpm] {
            rig.app.bos = Some(bytes.clone());
            let refused = rig.descriptor(15, 0, 255);
            assert!(matches!(refused, Err((_, Broken::Stall))), "{bytes:?}: {refused:?}");
        }
    }
}

#[test]
fn a_descriptor_that_shrinks_while_it_is_being_sent() {
    for shape in SHAPES {
        for length in [0, 8, 9, 16, 17] {
            let mut app = App::new(descriptors::vendor());
            app.device = descriptors::device(8);
            let mut rig = Rig::with(shape, app);
            rig.enumerate();
            rig.send_setup(native_tests::setup(0x80, 6, 0x0200, 0, 255)).unwrap();
            assert_eq!(rig.control_data_in(8).map(|bytes| bytes.len()), Ok(8));
            rig.app.configuration.truncate(length);
            let rest = rig.control_data_in(200);
            assert!(rest.is_err() || rest.is_ok_and(|bytes| bytes.len() <= 16));
            rig.app.configuration = descriptors::vendor();
            rig.enumerate();
        }
    }
}

#[test]
fn more_endpoints_than_the_controller_has_room_for() {
    for shape in SHAPES {
        let mut configuration = descriptors::Configuration::new().interface(0, 0, 14, 0xff);
        for number in 1..8 {
            configuration = configuration.endpoint(number, descriptors::ISOCHRONOUS, 1023).endpoint(
                number | 0x80,
                descriptors::ISOCHRONOUS,
                1023,
            );
        }
        let bytes = configuration.build();
        let rig = Rig::new(shape, descriptors::vendor());
        let lie = rig.device.check_configuration(&bytes).unwrap_err();
        assert!(lie.is(Table::Configuration, Rule::NoRoom), "{lie:?}");
    }
    let far = descriptors::Configuration::new().interface(0, 0, 1, 0xff).endpoint(0x88, descriptors::BULK, 64).build();
    let rig = Rig::new(port_unix::Shape::SAMD, descriptors::vendor());
    assert!(rig.device.check_configuration(&far).unwrap_err().is(Table::Configuration, Rule::EndpointNumber));
    let rig = Rig::new(port_unix::Shape::RP2040, descriptors::vendor());
    assert_eq!(rig.device.check_configuration(&far), Ok(()));
}
