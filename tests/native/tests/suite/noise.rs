//! Lost and damaged packets: nothing is lost, nothing comes twice.

use std::iter;

use native_tests::{Reaction, Rig, SHAPES, descriptors, done, pattern, setup};
use port_unix::Shape;
use usb_simulator::port::Fault;

const FAULTS: [Fault; 3] = [Fault::LoseToken, Fault::CorruptData, Fault::LoseHandshake];

/// Hits every `every`th transaction with `fault`, for a long time.
fn noise(rig: &mut Rig, fault: Fault, every: usize) {
    rig.wire.noise = (0..20_000).map(|index| (index % every == 0).then_some(fault)).collect();
}

fn everywhere(test: impl Fn(&mut Rig, Fault, usize)) {
    for shape in SHAPES {
        for fault in FAULTS {
            for every in [2, 3, 5, 7] {
                let mut rig = Rig::configured(shape, descriptors::vendor());
                test(&mut rig, fault, every);
            }
        }
    }
}

#[test]
fn bulk_and_interrupt_in() {
    everywhere(|rig, fault, every| {
        for (number, size) in [(1, 64), (2, 8)] {
            let data = pattern(2000);
            noise(rig, fault, every);
            rig.submit_in(number, &data);
            let got = rig.read(number, size, 2000);
            assert!(got.as_ref() == Ok(&data), "{fault:?} every {every}");
            // The acknowledgement of the last packet may be lost; the next token tells.
            rig.wire.noise.clear();
            let _ = rig.fetch_packet(number, size);
            assert_eq!(rig.take_complete(), [done(number | 0x80, 2000)]);
        }
    });
}

#[test]
fn bulk_and_interrupt_out() {
    everywhere(|rig, fault, every| {
        for number in [1, 2] {
            let data = pattern(2000);
            noise(rig, fault, every);
            let (mut got, mut sent) = (Vec::<u8>::new(), 0);
            while got.len() < 2000 {
                rig.submit_out(number, 128);
                for _ in 0..2 {
                    let end = 2000.min(sent + 64);
                    if sent < end {
                        // When its acknowledgement is lost and no buffer is armed, a packet waits for the next transfer.
                        if rig.send_packet(number, &data[sent..end]).is_err() {
                            break;
                        }
                        sent = end;
                    }
                }
                for complete in rig.take_complete() {
                    got.extend(&rig.filled(number)[..complete.len]);
                }
            }
            assert!(got == data, "{fault:?} every {every}");
        }
    });
}

#[test]
fn control_transfers() {
    everywhere(|rig, fault, every| {
        rig.app.on_setup = Box::new(|setup| Reaction::Buffer(pattern(setup.length().into())));
        // Two acknowledgements that are lost end a request on some devices, until the host gives it up: that of a status
        // OUT, if the hardware looks for a buffer before it looks at the toggle; and that of the last packet of a data
        // stage, if the program wants to be asked before the status (USB 2.0 section 8.5.3.3 would have the status count as
        // the acknowledgement, and so it is for requests that the stack answers).
        let lost = fault == Fault::LoseHandshake;
        let retries_naked = lost && !rig.kind.acknowledges_retries_unarmed;
        for length in [0, 1, 64, 65, 200] {
            noise(rig, fault, every);
            let read = rig.control_in(setup(0xc0, 1, 0, 0, length));
            if !lost {
                assert!(read == Ok(pattern(length.into())), "{fault:?} every {every}, {length} bytes: {read:?}");
            }
            let descriptor = rig.descriptor(1, 0, 18);
            let write = rig.control_out(setup(0x40, 1, 0, 0, 0), &pattern(length.into()));
            if !retries_naked {
                assert_eq!(descriptor.map(|bytes| bytes.len()), Ok(18), "{fault:?} every {every}");
                assert_eq!(write, Ok(()), "{fault:?} every {every}, {length} bytes");
                assert_eq!(rig.filled(0)[..length.into()], pattern(length.into()));
            }
            rig.wire.noise.clear();
            assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
        }
    });
}

#[test]
fn a_status_stage_whose_acknowledgement_is_lost_ends_once() {
    let mut rig = Rig::configured(Shape::MINIMAL, descriptors::vendor());
    rig.app.on_setup = Box::new(|setup| Reaction::Buffer(pattern(setup.length().into())));
    rig.heard.clear();
    rig.send_setup(setup(0xc0, 1, 0, 0, 10)).unwrap();
    rig.control_data_in(10).unwrap();
    rig.wire.noise = iter::once(Some(Fault::LoseHandshake)).collect();
    assert_eq!(rig.status_out(), Ok(()));
    let acks = rig.heard.iter().filter(|event| matches!(event, usb_stack::Event::AckStage(_))).count();
    assert_eq!(acks, 1);
}

#[test]
fn a_repeated_setup_is_one_request() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.wire.noise = iter::repeat_n(Some(Fault::LoseHandshake), 3).collect();
        assert_eq!(rig.control_in(setup(0xc0, 1, 0, 0, 3)), Ok(vec![0; 3]));
        rig.hold_task = true;
        rig.wire.noise = iter::repeat_n(Some(Fault::LoseHandshake), 3).collect();
        rig.send_setup(setup(0xc0, 1, 0, 0, 3)).unwrap();
        rig.heard.clear();
        rig.hold_task = false;
        rig.turn();
        let setups = rig.heard.iter().filter(|event| matches!(event, usb_stack::Event::Setup(_))).count();
        assert_eq!(setups, 1);
    }
}

#[test]
fn set_address_with_a_lost_acknowledgement_keeps_the_old_one_until_it_arrives() {
    for shape in SHAPES {
        let mut rig = Rig::new(shape, descriptors::vendor());
        rig.bus_reset();
        rig.send_setup(setup(0, 5, 20, 0, 0)).unwrap();
        rig.wire.noise = iter::once(Some(Fault::LoseHandshake)).collect();
        rig.status_in().unwrap();
        assert_eq!(rig.bus.address(), Some(0));
        rig.status_in().unwrap();
        assert_eq!(rig.bus.address(), Some(20));
    }
}

#[test]
fn enumeration() {
    for shape in SHAPES {
        for fault in [Fault::LoseToken, Fault::CorruptData] {
            for every in [2, 3, 4] {
                let mut rig = Rig::new(shape, descriptors::vendor());
                noise(&mut rig, fault, every);
                rig.enumerate();
            }
        }
    }
}
