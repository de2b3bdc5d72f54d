//! Transfers on the program's endpoints.

use std::vec;
use std::vec::Vec;

use crate::device::{Answer, Event, Outcome, Submit};
use crate::testing::{Bench, FakeController, Reply, configuration, endpoint, interface};
use crate::{EndpointAddress, SetupPacket};

const IN: EndpointAddress = EndpointAddress::from_byte(0x81);
const OUT: EndpointAddress = EndpointAddress::from_byte(0x01);
const ISO_OUT: EndpointAddress = EndpointAddress::from_byte(0x03);

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

fn complete(endpoint: EndpointAddress, result: Outcome, len: usize) -> Event {
    Event::Complete { endpoint, result, len }
}

fn submit(bench: &mut Bench, endpoint: EndpointAddress, data: &[u8]) -> Submit {
    bench.app.buffers.insert(endpoint.byte(), data.to_vec());
    bench.device.submit(&mut bench.app, endpoint, data.len())
}

fn set_halt(bench: &mut Bench, endpoint: EndpointAddress, halted: bool) {
    bench.device.set_halt(&mut bench.app, endpoint, halted);
}

/// SET_FEATURE or CLEAR_FEATURE(ENDPOINT_HALT), heard by the program.
fn host_halt(bench: &mut Bench, endpoint: EndpointAddress, halted: bool) {
    let setup = [0x02, if halted { 3 } else { 1 }, 0, 0, endpoint.byte(), 0, 0, 0];
    bench.setup(setup);
    while let Some(event) = bench.device.next_event() {
        if event == Event::Setup(SetupPacket::new(setup)) {
            assert!(bench.answer(Answer::Stall));
        }
    }
    assert_eq!(bench.status_in(), Ok(()));
}

/// One interface with these bulk endpoints of 64 bytes, on a controller of so many buffers and packets in a run.
fn bulk(buffers: usize, run_packets: usize) -> Bench {
    let mut controller = FakeController::new();
    controller.buffers = buffers;
    controller.run_packets = run_packets;
    let parts = [interface(0, 0, 2), endpoint(0x01, 2, 64), endpoint(0x81, 2, 64)];
    Bench::with(controller, configuration(&parts)).configured()
}

#[test]
fn in_transfers_of_every_length_and_controller_keep_every_byte() {
    for (buffers, run_packets) in [(1, 1), (2, 1), (1, 4), (2, 100)] {
        let mut bench = bulk(buffers, run_packets);
        for length in [1, 63, 64, 65, 128, 129, 1000, 4096, 65536, 70000] {
            assert_eq!(submit(&mut bench, IN, &pattern(length)), Submit::Queued);
            let mut received = Vec::new();
            let mut packets = 0;
            while let Reply::Data(packet) = bench.token_in(1) {
                assert!(packet.len() == 64 || received.len() + packet.len() == length);
                received.extend(packet);
                packets += 1;
            }
            assert_eq!(received, pattern(length));
            assert_eq!(packets, length.div_ceil(64), "no packet is added");
            assert_eq!(bench.events(), [complete(IN, Outcome::Success, length)]);
        }
    }
}

#[test]
fn out_transfers_of_every_length_and_controller_keep_every_byte() {
    for buffers in [1, 2] {
        let mut bench = bulk(buffers, 1);
        for length in [1, 63, 64, 65, 128, 129, 1000, 4096, 65536, 70000] {
            assert_eq!(submit(&mut bench, OUT, &vec![0; length]), Submit::Queued);
            for packet in pattern(length).chunks(64) {
                assert_eq!(bench.token_out(1, packet), Reply::Ack);
            }
            assert_eq!(bench.app.buffers[&1], pattern(length));
            assert_eq!(bench.events(), [complete(OUT, Outcome::Success, length)]);
            assert_eq!(bench.token_out(1, &[0]), Reply::Nak, "{buffers} buffers, {length} bytes");
        }
    }
}

#[test]
fn a_short_packet_ends_an_out_transfer() {
    let mut bench = bulk(1, 1);
    for short in [0, 1, 63] {
        assert_eq!(submit(&mut bench, OUT, &[0; 200]), Submit::Queued);
        assert_eq!(bench.token_out(1, &[1; 64]), Reply::Ack);
        assert_eq!(bench.events(), []);
        assert_eq!(bench.token_out(1, &vec![2; short]), Reply::Ack);
        assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 64 + short)]);
    }
}

#[test]
fn a_zero_length_transfer_is_one_empty_packet() {
    let mut bench = bulk(2, 1);
    assert_eq!(submit(&mut bench, IN, &[]), Submit::Queued);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.token_in(1), Reply::Data(vec![]));
    assert_eq!(bench.token_in(1), Reply::Nak);
    assert_eq!(bench.events(), [complete(IN, Outcome::Success, 0)]);
    assert_eq!(submit(&mut bench, OUT, &[]), Submit::Queued);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.token_out(1, &[]), Reply::Ack);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 0)]);
}

#[test]
fn what_does_not_fit_starts_the_next_transfer_which_ends_where_the_packet_was_short() {
    let mut bench = bulk(1, 1);
    assert_eq!(submit(&mut bench, OUT, &[0; 16]), Submit::Queued);
    assert_eq!(bench.token_out(1, &pattern(40)), Reply::Ack);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 16)]);
    assert_eq!(bench.app.buffers[&1], pattern(40)[..16]);
    assert_eq!(bench.token_out(1, &[9]), Reply::Nak, "the packet is still there");
    assert_eq!(submit(&mut bench, OUT, &[0; 16]), Submit::Queued);
    assert_eq!(bench.app.buffers[&1], pattern(40)[16..32]);
    assert_eq!(submit(&mut bench, OUT, &[0; 16]), Submit::Refused, "complete, but the program has not heard of it");
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 16)]);
    assert_eq!(submit(&mut bench, OUT, &[0; 16]), Submit::Queued);
    assert_eq!(bench.app.buffers[&1][..8], pattern(40)[32..]);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 8)]);
}

#[test]
fn the_rest_of_a_full_packet_does_not_end_the_next_transfer() {
    let mut bench = bulk(2, 1);
    assert_eq!(submit(&mut bench, OUT, &[0; 48]), Submit::Queued);
    assert_eq!(bench.token_out(1, &pattern(64)), Reply::Ack);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 48)]);
    assert_eq!(submit(&mut bench, OUT, &[0; 48]), Submit::Queued);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.token_out(1, &[7; 10]), Reply::Ack);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 26)]);
    assert_eq!(bench.app.buffers[&1][..16], pattern(64)[48..]);
    assert_eq!(bench.app.buffers[&1][16..26], [7; 10]);
}

#[test]
fn a_packet_in_the_second_buffer_waits_for_the_next_transfer() {
    let mut bench = bulk(2, 1);
    assert_eq!(submit(&mut bench, OUT, &[0; 128]), Submit::Queued);
    assert_eq!(bench.token_out(1, &[1; 5]), Reply::Ack);
    assert_eq!(bench.token_out(1, &[2; 6]), Reply::Ack);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 5)]);
    assert_eq!(submit(&mut bench, OUT, &[0; 128]), Submit::Queued);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 6)]);
    assert_eq!(bench.app.buffers[&1][..6], [2; 6]);
}

#[test]
fn isochronous_data_that_do_not_fit_or_come_late_are_dropped() {
    let mut bench = Bench::new().configured();
    assert_eq!(submit(&mut bench, ISO_OUT, &[0; 10]), Submit::Queued);
    assert_eq!(bench.token_out(3, &[1; 100]), Reply::Ack);
    assert_eq!(bench.events(), [complete(ISO_OUT, Outcome::Success, 10)]);
    assert_eq!(submit(&mut bench, ISO_OUT, &[0; 10]), Submit::Queued);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.token_out(3, &[2; 4]), Reply::Ack);
    assert_eq!(bench.events(), [complete(ISO_OUT, Outcome::Success, 4)]);
}

#[test]
fn a_busy_halted_or_closed_endpoint_refuses() {
    let mut bench = Bench::new().configured();
    assert_eq!(submit(&mut bench, IN, &[1]), Submit::Queued);
    assert_eq!(submit(&mut bench, IN, &[1]), Submit::Refused);
    set_halt(&mut bench, OUT, true);
    assert_eq!(submit(&mut bench, OUT, &[1]), Submit::Refused);
    for address in [0x00, 0x80, 0x02, 0x8f] {
        assert_eq!(submit(&mut bench, EndpointAddress::from_byte(address), &[1]), Submit::Refused, "{address:x}");
    }
}

#[test]
fn a_built_in_endpoint_is_not_the_programs() {
    let mut bench = Bench::with_serial().configured();
    for address in [0x81, 0x02, 0x82] {
        let endpoint = EndpointAddress::from_byte(address);
        assert_eq!(submit(&mut bench, endpoint, &[1]), Submit::Refused);
        set_halt(&mut bench, endpoint, true);
        assert!(!bench.device.is_halted(endpoint));
    }
    assert_eq!(submit(&mut bench, EndpointAddress::from_byte(0x83), &[1]), Submit::Queued);
}

#[test]
fn a_buffer_that_moves_fails_the_transfer() {
    let mut bench = bulk(1, 1);
    assert_eq!(submit(&mut bench, IN, &[1; 128]), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(vec![1; 64]));
    bench.app.moved.insert(0x81);
    assert_eq!(bench.token_in(1), Reply::Data(vec![1; 64]), "this one was in the controller");
    assert_eq!(bench.events(), [complete(IN, Outcome::Success, 128)]);
    bench.app.moved.clear();
    for endpoint in [IN, OUT] {
        assert_eq!(submit(&mut bench, endpoint, &[1; 300]), Submit::Queued);
        bench.app.moved.insert(endpoint.byte());
        if endpoint == IN {
            assert_eq!(bench.token_in(1), Reply::Data(vec![1; 64]));
            assert_eq!(bench.events(), [complete(IN, Outcome::Failed, 64)]);
        } else {
            assert_eq!(bench.token_out(1, &[2; 64]), Reply::Ack);
            assert_eq!(bench.events(), [complete(OUT, Outcome::Failed, 0)]);
        }
        bench.app.moved.clear();
        assert_eq!(submit(&mut bench, endpoint, &[1; 10]), Submit::Queued, "and the endpoint works on");
    }
    assert_eq!(bench.token_in(1), Reply::Data(vec![1; 10]));
    assert_eq!(bench.token_out(1, &[2; 10]), Reply::Ack);
    assert_eq!(bench.events().len(), 2);
}

#[test]
fn a_halt_by_the_host_keeps_the_transfer_and_every_byte() {
    for buffers in [1, 2] {
        let mut bench = bulk(buffers, 1);
        assert_eq!(submit(&mut bench, IN, &pattern(200)), Submit::Queued);
        assert_eq!(bench.token_in(1), Reply::Data(pattern(64)));
        host_halt(&mut bench, IN, true);
        assert_eq!(bench.token_in(1), Reply::Stall);
        assert_eq!(submit(&mut bench, IN, &pattern(200)), Submit::Refused);
        host_halt(&mut bench, IN, false);
        assert!(!bench.device.controller().is_data1(0x81));
        let mut rest = Vec::new();
        while let Reply::Data(packet) = bench.token_in(1) {
            rest.extend(packet);
        }
        assert_eq!(rest, pattern(200)[64..]);
        assert_eq!(bench.events(), [complete(IN, Outcome::Success, 200)]);
        assert_eq!(submit(&mut bench, OUT, &[0; 100]), Submit::Queued);
        assert_eq!(bench.token_out(1, &pattern(100)[..64]), Reply::Ack);
        host_halt(&mut bench, OUT, true);
        assert_eq!(bench.token_out(1, &[0]), Reply::Stall);
        host_halt(&mut bench, OUT, false);
        assert_eq!(bench.token_out(1, &pattern(100)[64..]), Reply::Ack);
        assert_eq!(bench.app.buffers[&1], pattern(100));
        assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 100)]);
    }
}

#[test]
fn a_run_that_the_host_took_just_before_the_halt_is_not_sent_twice() {
    let mut bench = bulk(2, 1);
    assert_eq!(submit(&mut bench, IN, &pattern(200)), Submit::Queued);
    // No interrupt in between: the first packet's event and the SETUP wait together.
    assert_eq!(bench.device.controller().host_in(1), Reply::Data(pattern(64)));
    host_halt(&mut bench, IN, true);
    host_halt(&mut bench, IN, false);
    assert_eq!(bench.token_in(1), Reply::Data(pattern(200)[64..128].to_vec()));
}

#[test]
fn clearing_the_halt_of_an_endpoint_that_has_none_resets_its_toggle_and_keeps_the_transfer() {
    let mut bench = bulk(1, 1);
    assert_eq!(submit(&mut bench, IN, &pattern(200)), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(pattern(64)));
    assert!(bench.device.controller().is_data1(0x81));
    host_halt(&mut bench, IN, false);
    assert!(!bench.device.controller().is_data1(0x81));
    assert_eq!(bench.token_in(1), Reply::Data(pattern(200)[64..128].to_vec()));
}

#[test]
fn a_halt_by_the_program_ends_the_transfer_as_stalled() {
    let mut bench = bulk(2, 1);
    assert_eq!(submit(&mut bench, IN, &pattern(200)), Submit::Queued);
    assert_eq!(bench.device.controller().host_in(1), Reply::Data(pattern(64)));
    set_halt(&mut bench, IN, true);
    assert!(bench.device.is_halted(IN));
    assert_eq!(bench.token_in(1), Reply::Stall);
    assert_eq!(bench.events(), [complete(IN, Outcome::Stalled, 64)]);
    set_halt(&mut bench, IN, false);
    assert_eq!(bench.token_in(1), Reply::Nak);
    assert_eq!(submit(&mut bench, IN, &[5]), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(vec![5]));
    assert_eq!(bench.events(), [complete(IN, Outcome::Success, 1)]);
}

#[test]
fn a_halt_by_the_program_also_ends_a_transfer_that_the_host_has_halted() {
    let mut bench = bulk(1, 1);
    assert_eq!(submit(&mut bench, OUT, &[0; 64]), Submit::Queued);
    host_halt(&mut bench, OUT, true);
    set_halt(&mut bench, OUT, true);
    assert_eq!(bench.events(), [complete(OUT, Outcome::Stalled, 0)]);
    host_halt(&mut bench, OUT, false);
    assert_eq!(bench.token_out(1, &[1]), Reply::Nak);
}

#[test]
fn ending_a_halt_that_is_not_there_does_nothing() {
    let mut bench = bulk(1, 1);
    assert_eq!(submit(&mut bench, IN, &pattern(100)), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(pattern(64)));
    set_halt(&mut bench, IN, false);
    assert!(bench.device.controller().is_data1(0x81), "the host was not told");
    assert_eq!(bench.token_in(1), Reply::Data(pattern(100)[64..].to_vec()));
}

#[test]
fn a_halt_drops_the_rest_of_a_packet_of_which_a_part_was_delivered() {
    for by_host in [true, false] {
        let mut bench = bulk(1, 1);
        assert_eq!(submit(&mut bench, OUT, &[0; 4]), Submit::Queued);
        assert_eq!(bench.token_out(1, &[1; 20]), Reply::Ack);
        assert_eq!(bench.events().len(), 1);
        for halted in [true, false] {
            if by_host {
                host_halt(&mut bench, OUT, halted);
            } else {
                set_halt(&mut bench, OUT, halted);
            }
        }
        assert_eq!(submit(&mut bench, OUT, &[0; 4]), Submit::Queued);
        assert_eq!(bench.events(), []);
        assert_eq!(bench.token_out(1, &[2; 3]), Reply::Ack);
        assert_eq!(bench.events(), [complete(OUT, Outcome::Success, 3)]);
        assert_eq!(bench.app.buffers[&1], [2, 2, 2, 0]);
    }
}

#[test]
fn a_run_that_the_host_took_after_the_request_to_halt_is_not_sent_twice_either() {
    let mut bench = bulk(2, 1);
    assert_eq!(submit(&mut bench, IN, &pattern(200)), Submit::Queued);
    let setup = [0x02, 3, 0, 0, 0x81, 0, 0, 0];
    bench.device.controller().host_setup(setup);
    assert_eq!(bench.device.controller().host_in(1), Reply::Data(pattern(64)));
    bench.interrupt();
    assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))]);
    assert!(bench.answer(Answer::Continue));
    assert_eq!(bench.status_in(), Ok(()));
    assert_eq!(bench.events(), [], "the stages after SETUP are the stack's");
    host_halt(&mut bench, IN, false);
    assert_eq!(bench.token_in(1), Reply::Data(pattern(200)[64..128].to_vec()));
}

#[test]
fn an_isochronous_packet_without_a_transfer_is_dropped() {
    let mut controller = FakeController::new();
    controller.buffers = 2;
    let parts = [interface(0, 0, 1), endpoint(0x03, 1, 100)];
    let mut bench = Bench::with(controller, configuration(&parts)).configured();
    assert_eq!(submit(&mut bench, ISO_OUT, &[0; 200]), Submit::Queued);
    assert_eq!(bench.token_out(3, &[1; 4]), Reply::Ack);
    assert_eq!(bench.token_out(3, &[2; 4]), Reply::Ack);
    assert_eq!(bench.events(), [complete(ISO_OUT, Outcome::Success, 4)]);
    assert_eq!(submit(&mut bench, ISO_OUT, &[0; 4]), Submit::Queued);
    assert_eq!(bench.token_out(3, &[3; 4]), Reply::Ack);
    assert_eq!(bench.app.buffers[&3], [3; 4]);
}

#[test]
fn an_endpoint_of_packet_size_0_moves_nothing_but_empty_packets() {
    let parts = [interface(0, 0, 1), endpoint(0x81, 2, 0)];
    let mut bench = Bench::with(FakeController::new(), configuration(&parts)).configured();
    assert_eq!(submit(&mut bench, IN, &[1]), Submit::Refused);
    assert_eq!(submit(&mut bench, IN, &[]), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(vec![]));
    assert_eq!(bench.device.next_event(), Some(complete(IN, Outcome::Success, 0)));
}
