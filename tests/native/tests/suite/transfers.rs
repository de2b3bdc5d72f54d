//! Transfers of every length on every kind of endpoint.

use native_tests::{Broken, Rig, SHAPES, descriptors, done, pattern};
use usb_simulator::port::Reply;
use usb_stack::{Outcome, Submit};

const LENGTHS: [usize; 20] =
    [0, 1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 191, 192, 193, 512, 1000, 4096, 16_384, 66_000];

/// Endpoint number and packet sizes OUT and IN of `descriptors::vendor()`.
const PIPES: [(u8, usize, usize); 2] = [(1, 64, 64), (2, 64, 8)];

#[test]
fn in_transfers_of_every_length() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for (number, _, size) in PIPES {
            for length in LENGTHS {
                let data = pattern(length);
                assert_eq!(rig.submit_in(number, &data), Submit::Queued);
                assert_eq!(rig.take_complete(), [], "nothing has been asked for yet");
                let got = rig.read(number, size, length.max(1));
                assert_eq!(got, Ok(data), "endpoint {number}, {length} bytes");
                assert_eq!(rig.take_complete(), [done(number | 0x80, length)]);
                assert_eq!(rig.fetch_packet(number, size), Err(Broken::Nak), "no packet is added");
            }
        }
    }
}

#[test]
fn out_transfers_of_every_length() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for (number, size, _) in PIPES {
            for length in LENGTHS {
                let data = pattern(length);
                assert_eq!(rig.submit_out(number, length), Submit::Queued);
                assert_eq!(rig.write(number, size, &data), Ok(()), "endpoint {number}, {length} bytes");
                assert_eq!(rig.take_complete(), [done(number, length)], "endpoint {number}, {length} bytes");
                assert_eq!(rig.filled(number), data);
            }
        }
    }
}

#[test]
fn a_short_packet_ends_an_out_transfer() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for length in [0, 1, 63, 64, 65, 100, 128, 255] {
            assert_eq!(rig.submit_out(1, 1000), Submit::Queued);
            let data = pattern(length);
            assert_eq!(rig.write(1, 64, &data), Ok(()));
            if length % 64 == 0 && length > 0 {
                assert_eq!(rig.take_complete(), []);
                assert_eq!(rig.send_packet(1, &[]), Ok(()));
            }
            assert_eq!(rig.take_complete(), [done(1, length)]);
            assert_eq!(rig.filled(1)[..length], data);
            assert!(rig.filled(1)[length..].iter().all(|&byte| byte == 0));
        }
    }
}

#[test]
fn an_endpoint_without_a_transfer_says_nak() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for (number, size, _) in PIPES {
            assert_eq!(rig.send_packet(number, &[1]), Err(Broken::Nak));
            assert_eq!(rig.fetch_packet(number, size), Err(Broken::Nak));
        }
    }
}

#[test]
fn what_does_not_fit_is_kept_for_the_next_transfer() {
    for shape in SHAPES {
        for room in [0, 1, 10, 63] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            let data = pattern(64);
            rig.submit_out(1, room);
            assert_eq!(rig.send_packet(1, &data), Ok(()));
            assert_eq!(rig.take_complete(), [done(1, room)]);
            assert_eq!(rig.filled(1), data[..room]);
            // The rest of that packet: a whole packet, so the transfer goes on behind it.
            rig.submit_out(1, 100);
            assert_eq!(rig.take_complete(), [], "64 bytes were a whole packet");
            assert_eq!(rig.send_packet(1, &[9; 5]), Ok(()));
            assert_eq!(rig.take_complete(), [done(1, 64 - room + 5)]);
            assert_eq!(rig.filled(1)[..64 - room], data[room..]);
            assert_eq!(rig.filled(1)[64 - room..][..5], [9; 5]);
        }
    }
}

#[test]
fn a_kept_short_packet_is_eaten_bit_by_bit() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let data = pattern(50);
        rig.submit_out(1, 8);
        assert_eq!(rig.send_packet(1, &data), Ok(()));
        let mut got = rig.filled(1);
        assert_eq!(rig.take_complete(), [done(1, 8)]);
        while got.len() < 50 {
            assert_eq!(rig.submit_out(1, 9), Submit::Queued);
            let complete = rig.take_complete();
            let len = complete[0].len;
            assert_eq!(complete, [done(1, len)], "latched at once, told by the task");
            got.extend(&rig.filled(1)[..len]);
        }
        assert_eq!(got, data);
        rig.submit_out(1, 64);
        assert_eq!(rig.take_complete(), [], "nothing is left of it");
    }
}

#[test]
fn any_mix_of_room_and_packets_loses_nothing() {
    for shape in SHAPES {
        for room in [1, 5, 63, 64, 65, 100, 128, 130, 1000] {
            for packet in [64, 37, 1] {
                let mut rig = Rig::configured(shape, descriptors::vendor());
                let data = pattern(2000);
                let (mut sent, mut got) = (0, Vec::<u8>::new());
                let mut idle = 0;
                while got.len() < data.len() && idle < 3 {
                    let before = (sent, got.len());
                    rig.submit_out(1, room);
                    while sent < data.len() && rig.send_packet(1, &data[sent..data.len().min(sent + packet)]).is_ok() {
                        sent = data.len().min(sent + packet);
                    }
                    for complete in rig.take_complete() {
                        assert_eq!((complete.endpoint, complete.result), (1, Outcome::Success));
                        got.extend(&rig.filled(1)[..complete.len]);
                    }
                    if sent == data.len() && got.len() < data.len() {
                        let _ = rig.send_packet(1, &[]);
                    }
                    idle = if before == (sent, got.len()) { idle + 1 } else { 0 };
                }
                assert!(got == data, "room {room}, packets of {packet}: {} of {} bytes", got.len(), data.len());
            }
        }
    }
}

#[test]
fn the_program_resubmits_from_its_callback() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let data = pattern(4096);
        let rest = data.clone();
        let mut at = 512;
        rig.on_complete = Some(Box::new(move |device, app, complete| {
            if complete.endpoint == 0x81 && at < rest.len() {
                let address = usb_stack::EndpointAddress::from_byte(0x81);
                *app.buffer(address) = native_tests::Buffer::new(&rest[at..at + 512]);
                assert_eq!(device.submit(app, address, 512), Submit::Queued);
                at += 512;
            }
        }));
        rig.submit_in(1, &data[..512]);
        assert_eq!(rig.read(1, 64, 4096), Ok(data));
        assert_eq!(rig.take_complete(), [done(0x81, 512); 8]);
    }
}

#[test]
fn bulk_data_move_while_the_program_is_busy() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let data = pattern(4096);
        rig.submit_in(1, &data);
        rig.submit_out(1, 4096);
        rig.hold_task = true;
        assert_eq!(rig.read(1, 64, 4096).as_ref(), Ok(&data));
        assert_eq!(rig.write(1, 64, &data), Ok(()));
        assert_eq!(rig.heard, []);
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.take_complete(), [done(0x81, 4096), done(0x01, 4096)]);
        assert_eq!(rig.filled(1), data);
    }
}

#[test]
fn a_buffer_that_moves_fails_its_transfer() {
    for shape in SHAPES {
        for endpoint in [0x01, 0x81] {
            let mut rig = Rig::configured(shape, descriptors::vendor());
            let address = usb_stack::EndpointAddress::from_byte(endpoint);
            let length = 64 * 300;
            match endpoint {
                1 => rig.submit_out(1, length),
                _ => rig.submit_in(1, &pattern(length)),
            };
            rig.app.buffer(address).moved = true;
            let _ = match endpoint {
                1 => rig.write(1, 64, &pattern(length)).is_ok(),
                _ => rig.read(1, 64, length).is_ok(),
            };
            let complete = rig.take_complete();
            assert_eq!((complete.len(), complete[0].endpoint, complete[0].result), (1, endpoint, Outcome::Failed));
            assert!(complete[0].len <= length);
            // What was on the way cannot be called back from the host's toggle; the endpoint works on.
            rig.wire.reset_toggle(endpoint);
            rig.clear_halt(endpoint).unwrap();
            rig.heard.clear();
            rig.app.buffer(address).moved = false;
            rig.submit_in(1, &[1, 2, 3]);
            rig.submit_out(1, 3);
            if endpoint == 1 {
                assert_eq!(rig.write(1, 64, &[4, 5, 6]), Ok(()));
                assert_eq!(rig.filled(1), [4, 5, 6]);
            } else {
                assert_eq!(rig.read(1, 64, 64), Ok(vec![1, 2, 3]));
            }
        }
    }
}

#[test]
fn isochronous_data_flow_without_handshake() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        for length in [1, 100, 191, 192] {
            let data = pattern(length);
            assert_eq!(rig.submit_in(3, &data), Submit::Queued);
            assert_eq!(rig.fetch_isochronous(3), Some(data.clone()));
            assert_eq!(rig.take_complete(), [done(0x83, length)]);
            assert_eq!(rig.fetch_isochronous(3), None);

            assert_eq!(rig.submit_out(3, 192), Submit::Queued);
            assert_eq!(rig.send_isochronous(3, &data), Reply::Silent);
            assert_eq!(rig.take_complete(), [done(0x03, length)]);
            assert_eq!(rig.filled(3)[..length], data);
        }
    }
}

#[test]
fn an_isochronous_transfer_may_have_many_packets() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let data = pattern(1000);
        rig.submit_in(3, &data);
        let mut got = Vec::new();
        while let Some(packet) = rig.fetch_isochronous(3) {
            got.extend(packet);
        }
        assert_eq!(got, data);
        assert_eq!(rig.take_complete(), [done(0x83, 1000)]);
        rig.submit_out(3, 1000);
        for packet in data.chunks(192) {
            rig.send_isochronous(3, packet);
        }
        assert_eq!(rig.take_complete(), [done(0x03, 1000)]);
        assert_eq!(rig.filled(3), data);
    }
}

#[test]
fn isochronous_data_that_nobody_waits_for_are_dropped() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        rig.send_isochronous(3, &[1; 192]);
        rig.submit_out(3, 100);
        rig.send_isochronous(3, &[2; 192]);
        assert_eq!(rig.take_complete(), [done(0x03, 100)]);
        assert_eq!(rig.filled(3), [2; 100]);
        rig.submit_out(3, 192);
        assert_eq!(rig.take_complete(), [], "the rest of an isochronous packet is not kept");
        rig.send_isochronous(3, &[3; 10]);
        assert_eq!(rig.take_complete(), [done(0x03, 10)]);
    }
}

#[test]
fn all_endpoints_at_once() {
    for shape in SHAPES {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let data = pattern(640);
        for number in [1, 2, 3] {
            rig.submit_in(number, &data);
            rig.submit_out(number, 640);
        }
        let mut got = [vec![], vec![], vec![]];
        for step in 0..100 {
            let at = step * 64;
            if at < 640 {
                rig.send_packet(1, &data[at..at + 64]).unwrap();
                rig.send_packet(2, &data[at..at + 64]).unwrap();
            }
            if step * 192 < 640 {
                rig.send_isochronous(3, &data[step * 192..640.min(step * 192 + 192)]);
            }
            got[0].extend(rig.fetch_packet(1, 64).unwrap_or_default());
            got[1].extend(rig.fetch_packet(2, 8).unwrap_or_default());
            got[2].extend(rig.fetch_isochronous(3).unwrap_or_default());
            if step == 5 {
                assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18));
            }
        }
        for (number, got) in [1, 2, 3].into_iter().zip(got) {
            assert_eq!(got, data);
            assert_eq!(rig.filled(number), data);
        }
        assert_eq!(rig.take_complete().len(), 6);
    }
}
