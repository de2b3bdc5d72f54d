//! usb-redir from end to end: a guest made for the test, the server, and a device made of tables.

#[path = "remote/device.rs"]
mod device;
#[path = "remote/redir_client.rs"]
mod redir_client;
#[path = "remote/station.rs"]
mod station;

use std::time::Duration;

use device::{BULK_IN, BULK_OUT, CLASS, DEVICE, INTERRUPT_IN, INTERRUPT_OUT, ISO_IN, ISO_OUT, configuration, scripted};
use redir_client::{CANCELLED, Guest, INVALID, STALL, SUCCESS};
use station::{Running, Shared, redir};
use usb_simulator::time::BusTime;

fn running() -> (Shared, Running) {
    let device = Shared::new(scripted());
    let server = redir(&device, None);
    (device, server)
}

fn configured() -> (Shared, Running, Guest) {
    let (device, server) = running();
    let mut guest = Guest::plugged(&server.path);
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    (device, server, guest)
}

#[test]
fn the_device_is_announced_from_its_own_descriptors() {
    let (_device, server) = running();
    let mut guest = Guest::connect(&server.path);
    let connect = guest.wait_device();
    assert_eq!(connect.body, [1, 0, 0, 0, 0x8a, 0x2e, 5, 0, 0, 1]);
    assert_eq!(guest.interfaces[..6], [2, 0, 0, 0, 0, 1]);
    assert_eq!(guest.interfaces[4 + 32], CLASS[0]);
    assert_eq!((guest.interfaces[4 + 64], guest.interfaces[4 + 96]), (CLASS[1], CLASS[2]));
    // The isochronous endpoints are in an alternate setting: not there yet.
    let of_endpoints = |guest: &Guest, at: usize| {
        let size = u16::from_le_bytes([guest.endpoints[96 + 2 * at], guest.endpoints[97 + 2 * at]]);
        (guest.endpoints[at], guest.endpoints[32 + at], guest.endpoints[64 + at], size)
    };
    let expected = [
        (0, (0, 0, 0, 64)),
        (16, (0, 0, 0, 64)),
        (1, (2, 0, 0, 64)),
        (17, (2, 0, 0, 64)),
        (18, (3, 2, 0, 8)),
        (3, (255, 0, 0, 0)),
    ];
    for (at, what) in expected {
        assert_eq!(of_endpoints(&guest, at), what, "endpoint {at}");
    }
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    assert_eq!(guest.set_alternate(1, 1), SUCCESS);
    assert_eq!(of_endpoints(&guest, 3), (1, 1, 1, 32));
    assert_eq!(of_endpoints(&guest, 19), (1, 1, 1, 32));
}

#[test]
fn control_transfers_come_back_with_data_lengths_and_stalls() {
    let (device, server) = running();
    device.with(|one| one.refused.push((0x40, 9)));
    let mut guest = Guest::plugged(&server.path);
    assert_eq!(guest.descriptor(1, 0, 18).unwrap(), DEVICE);
    assert_eq!(guest.descriptor(1, 0, 64).unwrap(), DEVICE, "a short answer");
    assert_eq!(guest.descriptor(2, 0, 9).unwrap(), configuration()[..9]);
    assert_eq!(guest.descriptor(6, 0, 10), Err(STALL));
    assert_eq!(guest.control([0x40, 9, 0, 0, 0, 0, 0, 0], &[]), Err(STALL));
    assert_eq!(guest.control([0x40, 3, 1, 0, 2, 0, 4, 0], b"data").unwrap().len(), 4);
    assert!(device.with(|one| one.requests.contains(&([0x40, 3, 1, 0, 2, 0, 4, 0], b"data".to_vec()))));
    // Queued ones end in their order.
    let ids: Vec<u64> = (1..=10).map(|length| guest.submit_control([0x80, 6, 0, 1, 0, 0, length, 0], &[])).collect();
    for (length, id) in (1..=10).zip(ids) {
        let answer = guest.wait(|one| one.kind == 100);
        assert_eq!((answer.id, answer.body.len()), (id, 10 + length));
    }
}

#[test]
fn configurations_and_settings_are_set_and_read() {
    let (device, server) = running();
    device.with(|one| {
        one.answers.push((0x80, 8, 0, 0, vec![1]));
        one.answers.push((0x81, 10, 0, 1, vec![7]));
        one.refused.push((0x01, 11));
    });
    let mut guest = Guest::plugged(&server.path);
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    let id = guest.ask(7, &[]);
    assert_eq!(guest.wait(|one| one.id == id).body, [SUCCESS, 1]);
    let id = guest.ask(10, &[1]);
    assert_eq!(guest.wait(|one| one.id == id).body, [SUCCESS, 1, 7]);
    assert_eq!(guest.set_alternate(1, 1), STALL);
    assert_eq!(guest.configure(0), (SUCCESS, 0));
    assert_eq!(guest.read_bulk(BULK_IN, 64), Err(INVALID), "no endpoint without a configuration");
}

#[test]
fn many_bulk_transfers_in_flight_keep_their_order_and_their_lengths() {
    let (_device, _server, mut guest) = configured();
    let sizes = [1, 64, 63, 65, 128, 200, 0, 1000];
    let reads: Vec<u64> = sizes.iter().map(|_| guest.submit_bulk(BULK_IN, 1024, &[])).collect();
    let mut sent = Vec::new();
    for (index, size) in sizes.into_iter().enumerate() {
        let data = vec![index as u8; size];
        let id = guest.submit_bulk(BULK_OUT, size, &data);
        assert_eq!(guest.finish_bulk(id).unwrap().len(), size);
        sent.push(data);
        if size > 0 && size % 64 == 0 {
            // The guest's own empty packet ends the transfer for the device, and its echo the read.
            assert_eq!(guest.write(BULK_OUT, &[]), Ok(0));
        }
    }
    let echoed: Vec<Vec<u8>> = reads.iter().map(|id| guest.finish_bulk(*id).unwrap()).collect();
    assert_eq!(echoed, sent);
}

#[test]
fn a_long_transfer_needs_32_bits_of_length() {
    let (device, _server, mut guest) = configured();
    device.with(|one| one.echo = false);
    let data: Vec<u8> = (0..100_000u32).map(|number| (number % 251) as u8).collect();
    assert_eq!(guest.write(BULK_OUT, &data), Ok(data.len()));
    let received: Vec<u8> = device.with(|one| one.received.iter().flat_map(|(_, bytes)| bytes.clone()).collect());
    assert!(received == data);
}

#[test]
fn an_old_guest_is_served_with_short_ids_and_lengths() {
    let (_device, server) = running();
    let mut guest = Guest::connect_with(&server.path, 0);
    let connect = guest.wait_device();
    assert_eq!(connect.body.len(), 8, "no bcdDevice");
    assert_eq!(guest.endpoints.len(), 96, "no packet sizes");
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    assert_eq!(guest.write(BULK_OUT, b"old"), Ok(3));
    assert_eq!(guest.read_bulk(BULK_IN, 64).unwrap(), b"old");
}

#[test]
fn a_halted_endpoint_stalls_until_it_is_cleared_and_begins_with_data0() {
    let (device, _server, mut guest) = configured();
    // One packet each way, so that the toggles stand at DATA1.
    assert_eq!(guest.write(BULK_OUT, b"x"), Ok(1));
    assert_eq!(guest.read_bulk(BULK_IN, 64).unwrap(), b"x");
    for endpoint in [BULK_OUT, BULK_IN] {
        guest.control([2, 3, 0, 0, endpoint, 0, 0, 0], &[]).unwrap();
        assert_eq!(guest.control([0x82, 0, 0, 0, endpoint, 0, 2, 0], &[]).unwrap(), [1, 0]);
    }
    for _ in 0..2 {
        assert_eq!(guest.write(BULK_OUT, b"y"), Err(STALL));
        assert_eq!(guest.read_bulk(BULK_IN, 64), Err(STALL));
    }
    for endpoint in [BULK_OUT, BULK_IN] {
        guest.control([2, 1, 0, 0, endpoint, 0, 0, 0], &[]).unwrap();
    }
    assert_eq!(guest.write(BULK_OUT, b"z"), Ok(1));
    assert_eq!(guest.read_bulk(BULK_IN, 64).unwrap(), b"z");
    assert!(device.with(|one| one.halted.is_empty()));
}

#[test]
fn a_cancelled_transfer_is_answered_once_as_cancelled_and_a_finished_one_as_it_was() {
    let (_device, _server, mut guest) = configured();
    let waiting: Vec<u64> = (0..4).map(|_| guest.submit_bulk(BULK_IN, 64, &[])).collect();
    // The second of four goes; the others stay in order.
    guest.cancel(waiting[1]);
    assert_eq!(guest.finish_bulk(waiting[1]), Err(CANCELLED));
    for text in [&b"one"[..], b"two", b"three"] {
        assert_eq!(guest.write(BULK_OUT, text), Ok(text.len()));
    }
    for (id, text) in [waiting[0], waiting[2], waiting[3]].into_iter().zip([&b"one"[..], b"two", b"three"]) {
        assert_eq!(guest.finish_bulk(id).unwrap(), text);
    }
    guest.cancel(waiting[0]);
    guest.cancel(999_999);
    assert_eq!(guest.descriptor(1, 0, 18).unwrap(), DEVICE);
    assert!(guest.silent(101, Duration::from_millis(50)), "a transfer that had ended was answered again");
}

#[test]
fn a_control_transfer_that_the_device_does_not_answer_can_be_cancelled() {
    let (device, server) = running();
    let mut guest = Guest::plugged(&server.path);
    device.with(|one| one.thinking = BusTime::from_millis(100_000));
    let id = guest.submit_control([0x80, 6, 0, 1, 0, 0, 18, 0], &[]);
    assert!(guest.silent(100, Duration::from_millis(20)));
    guest.cancel(id);
    assert_eq!(guest.finish_control(id), Err(CANCELLED));
    device.with(|one| one.thinking = BusTime::ZERO);
    assert_eq!(guest.descriptor(1, 0, 18).unwrap(), DEVICE);
}

#[test]
fn interrupt_endpoints_are_received_from_start_to_stop() {
    let (device, _server, mut guest) = configured();
    let queue = |text: &[u8]| device.with(|one| one.timeline.push((BusTime::ZERO, INTERRUPT_IN, text.to_vec())));
    guest.ask(15, &[INTERRUPT_IN]);
    assert_eq!(guest.wait_kind(17).body, [SUCCESS, INTERRUPT_IN]);
    for (count, text) in [&b"first"[..], b"secondly", b""].into_iter().enumerate() {
        queue(text);
        let packet = guest.wait_kind(103);
        assert_eq!((packet.id, &packet.body[..2]), (count as u64, &[INTERRUPT_IN, SUCCESS][..]));
        assert_eq!(packet.body[4..], *text);
    }
    guest.ask(16, &[INTERRUPT_IN]);
    assert_eq!(guest.wait_kind(17).body, [SUCCESS, INTERRUPT_IN]);
    queue(b"late");
    assert!(guest.silent(103, Duration::from_millis(50)));
    // Started again, nothing is lost and ids begin again; a stall ends it by itself.
    guest.ask(15, &[INTERRUPT_IN]);
    let packet = guest.wait_kind(103);
    assert_eq!((packet.id, &packet.body[4..]), (0, &b"late"[..]));
    guest.wait_kind(17);
    guest.control([2, 3, 0, 0, INTERRUPT_IN, 0, 0, 0], &[]).unwrap();
    assert_eq!(guest.wait_kind(17).body, [STALL, INTERRUPT_IN]);
    guest.ask(15, &[BULK_IN]);
    assert_eq!(guest.wait_kind(17).body, [INVALID, BULK_IN]);
}

#[test]
fn interrupt_out_is_answered_when_it_has_gone() {
    let (device, _server, mut guest) = configured();
    let id = guest.ask(103, &[&[INTERRUPT_OUT, 0, 3, 0], &b"led"[..]].concat());
    let answer = guest.wait_kind(103);
    assert_eq!((answer.id, answer.body), (id, vec![INTERRUPT_OUT, SUCCESS, 3, 0]));
    assert!(device.with(|one| one.received.contains(&(INTERRUPT_OUT, b"led".to_vec()))));
}

#[test]
fn bulk_receiving_sends_what_comes() {
    let (_device, _server, mut guest) = configured();
    guest.ask(25, &[0, 0, 0, 0, 0, 2, 0, 0, BULK_IN, 3]);
    assert_eq!(guest.wait_kind(27).body, [0, 0, 0, 0, BULK_IN, SUCCESS]);
    for (count, text) in [&b"some"[..], b"more"].into_iter().enumerate() {
        guest.write(BULK_OUT, text).unwrap();
        let packet = guest.wait_kind(104);
        assert_eq!((packet.id, &packet.body[..10]), (count as u64, &[0, 0, 0, 0, 4, 0, 0, 0, BULK_IN, SUCCESS][..]));
        assert_eq!(packet.body[10..], *text);
    }
    guest.ask(26, &[0, 0, 0, 0, BULK_IN]);
    assert_eq!(guest.wait_kind(27).body, [0, 0, 0, 0, BULK_IN, SUCCESS]);
    let id = guest.submit_bulk(BULK_IN, 64, &[]);
    guest.write(BULK_OUT, b"plain").unwrap();
    assert_eq!(guest.finish_bulk(id).unwrap(), b"plain");
}

#[test]
fn isochronous_streams_flow_both_ways() {
    let (device, _server, mut guest) = configured();
    assert_eq!(guest.set_alternate(1, 1), SUCCESS);
    // OUT: the first packets are held back until half of the store (4 packets in 4 URBs) is there.
    guest.ask(12, &[ISO_OUT, 4, 4]);
    assert_eq!(guest.wait_kind(14).body, [SUCCESS, ISO_OUT]);
    let packet = |number: u8| [&[ISO_OUT, 0, 2, 0], &[number, 0xaa][..]].concat();
    let received = |device: &Shared| device.with(|one| one.received.iter().filter(|(at, _)| *at == ISO_OUT).count());
    (0..7).for_each(|number| guest.send(102, 0, &packet(number)));
    assert_eq!(guest.descriptor(1, 0, 18).unwrap(), DEVICE);
    assert_eq!(received(&device), 0);
    // IN: what the device sends back, and packets that failed where it had nothing to send.
    guest.ask(12, &[ISO_IN, 2, 3]);
    assert_eq!(guest.wait_kind(14).body, [SUCCESS, ISO_IN]);
    assert_eq!(guest.wait_kind(102).body, [ISO_IN, 3, 0, 0]);
    (7..20).for_each(|number| guest.send(102, 0, &packet(number)));
    for number in 0..20 {
        let packet = guest.wait(|one| one.kind == 102 && one.body[1] == SUCCESS);
        assert_eq!(packet.body, [ISO_IN, 0, 2, 0, number, 0xaa]);
    }
    assert_eq!(received(&device), 20);
    for endpoint in [ISO_IN, ISO_OUT] {
        guest.ask(13, &[endpoint]);
        assert_eq!(guest.wait_kind(14).body, [SUCCESS, endpoint]);
    }
}

#[test]
fn a_reset_gives_the_device_its_address_again_and_forgets_the_configuration() {
    let (device, _server, mut guest) = configured();
    let waiting = guest.submit_bulk(BULK_IN, 64, &[]);
    guest.send(3, 0, &[]);
    assert_eq!(guest.finish_bulk(waiting), Err(CANCELLED));
    assert_eq!(guest.descriptor(1, 0, 18).unwrap(), DEVICE);
    assert_eq!(guest.read_bulk(BULK_IN, 64), Err(INVALID));
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    assert_eq!(guest.write(BULK_OUT, b"again"), Ok(5));
    let resets = device.with(|one| one.line_log.iter().filter(|(_, what)| *what == "reset").count());
    assert_eq!(resets, 2, "one when the device came, one of the guest");
}

#[test]
fn a_device_that_leaves_and_comes_back_is_told_of() {
    let (device, _server, mut guest) = configured();
    let waiting = guest.submit_bulk(BULK_IN, 64, &[]);
    device.pull_up(false);
    assert_eq!(guest.finish_bulk(waiting), Err(CANCELLED));
    guest.wait_gone();
    assert_eq!(guest.descriptor(1, 0, 18), Err(3), "nobody is there");
    device.pull_up(true);
    guest.wait_device();
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    assert_eq!(guest.write(BULK_OUT, b"back"), Ok(4));
    assert_eq!(guest.read_bulk(BULK_IN, 64).unwrap(), b"back");
}

#[test]
fn guests_follow_one_another_and_each_finds_the_device_freshly_plugged() {
    let (device, server) = running();
    for round in 0..3 {
        let mut guest = Guest::plugged(&server.path);
        assert_eq!(guest.configure(1), (SUCCESS, 1), "round {round}");
        assert_eq!(guest.write(BULK_OUT, b"hello"), Ok(5));
        assert_eq!(guest.read_bulk(BULK_IN, 64).unwrap(), b"hello");
        // One at a time: a second one is turned away.
        let mut second = Guest::connect(&server.path);
        assert_eq!(second.read(), None);
        assert!(server.said.lock().unwrap().iter().any(|text| text.contains("another guest has the device")));
    }
    let cable: Vec<&str> = device.with(|one| one.line_log.iter().map(|(_, what)| *what).collect());
    assert!(
        cable[..8] == ["pulled", "plugged", "suspend", "reset", "pulled", "plugged", "suspend", "reset"],
        "{cable:?}"
    );
}

#[test]
fn a_device_whose_descriptor_is_broken_is_remarked_on_and_not_announced() {
    let device = Shared::new(scripted().with(|one| one.device[1] = 5));
    let server = redir(&device, None);
    let mut guest = Guest::connect(&server.path);
    assert!(guest.silent(1, Duration::from_millis(400)));
    let said = server.said.lock().unwrap().join("\n");
    assert_eq!(said, "the device cannot be used: device descriptor, byte 1: bDescriptorType is 5, expected 1");
}
