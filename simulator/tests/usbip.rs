//! USB/IP from end to end: a client made for the test, the server, and a device made of tables.

#[path = "remote/device.rs"]
mod device;
#[path = "remote/station.rs"]
mod station;
#[path = "remote/usbip_client.rs"]
mod usbip_client;

use std::net::SocketAddr;
use std::time::Duration;

use device::{BULK_IN, BULK_OUT, DEVICE, INTERRUPT_IN, INTERRUPT_OUT, ISO_IN, ISO_OUT, scripted};
use station::{Running, Shared, usbip};
use usb_simulator::time::BusTime;
use usbip_client::{
    Client, ECONNRESET, EINVAL, EPIPE, EREMOTEIO, ESHUTDOWN, EXDEV, Reply, import, imported, list, wait_listed,
};

fn running() -> (Shared, Running, SocketAddr) {
    let device = Shared::new(scripted());
    let (server, address) = usbip(&device);
    (device, server, address)
}

fn configured() -> (Shared, Running, Client) {
    let (device, server, address) = running();
    let mut client = imported(address);
    client.configure(1);
    (device, server, client)
}

#[test]
fn the_list_has_the_device_and_its_interfaces() {
    let (_device, _server, address) = running();
    let bytes = wait_listed(address);
    assert_eq!(bytes.len(), 4 + 312 + 2 * 4);
    let record = &bytes[4..];
    assert_eq!(record[256..260], *b"1-1\0");
    // Bus, device number, full speed; vendor, product, release; class; configuration set, configurations, interfaces.
    assert_eq!(record[288..300], [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]);
    assert_eq!(record[300..312], [0x2e, 0x8a, 0, 5, 1, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(record[312..], [0xff, 0x12, 0x34, 0, 0xff, 0, 0, 0]);
}

#[test]
fn one_client_at_a_time_has_the_device() {
    let (device, server, address) = running();
    let mut first = imported(address);
    assert_eq!(first.control([0x80, 6, 0, 1, 0, 0, 18, 0], &[]).unwrap(), DEVICE);
    let (status, mut second) = import(address, "1-1");
    assert_eq!((status, second.read()), (2, None), "busy, and hung up");
    assert_eq!(import(address, "2-1").0, 4, "no such device");
    first.configure(1);
    assert_eq!(first.write(BULK_OUT, b"mine"), Ok(4));
    let resets = || device.with(|one| one.line_log.iter().filter(|(_, what)| *what == "reset").count());
    let before = resets();
    drop(first);
    let mut next = loop {
        match import(address, "1-1") {
            (0, client) => break client,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    next.configure(1);
    // What the first one has left unread is the device's own; the reset between them is what it sees.
    assert_eq!(resets(), before + 1);
    drop(server);
}

#[test]
fn urbs_end_with_linux_statuses() {
    let (_device, _server, mut client) = configured();
    assert_eq!(client.control([0x80, 6, 0, 1, 0, 0, 64, 0], &[]).unwrap(), DEVICE, "a short answer is no error");
    assert_eq!(client.control([0x80, 6, 0, 6, 0, 0, 10, 0], &[]), Err(EPIPE));
    client.control([2, 3, 0, 0, BULK_IN, 0, 0, 0], &[]).unwrap();
    assert_eq!(client.read_in(BULK_IN, 64), Err(EPIPE));
    client.control([2, 1, 0, 0, BULK_IN, 0, 0, 0], &[]).unwrap();
    assert_eq!(client.write(BULK_OUT, b"text"), Ok(4));
    let strict = client.submit_in(BULK_IN, 64, 1);
    let end = client.end(strict);
    assert_eq!((end.status, end.data.as_slice()), (EREMOTEIO, &b"text"[..]), "URB_SHORT_NOT_OK");
    assert_eq!(client.read_in(0x8f, 64), Err(EINVAL), "no such endpoint");
    // URB_ZERO_PACKET: the echo of the full packet and of the empty one.
    let full = client.submit_out(BULK_OUT, &[7; 64], 0x40);
    assert_eq!((client.end(full).status, client.read_in(BULK_IN, 256)), (0, Ok(vec![7; 64])));
}

#[test]
fn many_urbs_are_under_way_and_any_of_them_can_be_unlinked() {
    let (_device, _server, mut client) = configured();
    let reads: Vec<u32> = (0..8).map(|_| client.submit_in(BULK_IN, 64, 0)).collect();
    for index in [3, 0, 7] {
        let unlink = client.unlink(reads[index]);
        assert_eq!(client.unlinked(unlink), ECONNRESET);
    }
    for (number, index) in [1, 2, 4, 5, 6].into_iter().enumerate() {
        assert_eq!(client.write(BULK_OUT, &[number as u8; 5]), Ok(5));
        assert_eq!(client.end(reads[index]).data, [number as u8; 5]);
    }
    // Done already, and never seen: 0.
    for victim in [reads[1], 4_000_000] {
        let unlink = client.unlink(victim);
        assert_eq!(client.unlinked(unlink), 0);
    }
    assert!(!client.is_kept(reads[3]), "an unlinked URB has no other answer");
}

#[test]
fn an_unlink_and_the_end_of_its_urb_cross_without_a_third_answer() {
    let (_device, _server, mut client) = configured();
    for round in 0..200 {
        let read = client.submit_in(BULK_IN, 64, 0);
        let write = client.submit_out(BULK_OUT, b"x", 0);
        let unlink = client.unlink(read);
        assert_eq!(client.end(write).status, 0);
        // Either it was taken back and the byte is still to come, or it has the byte and the unlink found nothing.
        match client.unlinked(unlink) {
            ECONNRESET => {
                assert!(!client.is_kept(read), "round {round}");
                assert_eq!(client.read_in(BULK_IN, 64).unwrap(), b"x");
            }
            0 => assert_eq!(client.end(read).data, b"x"),
            other => panic!("round {round}: {other}"),
        }
    }
}

#[test]
fn interrupt_urbs_wait_for_the_device() {
    let (device, _server, mut client) = configured();
    let reads = [client.submit_in(INTERRUPT_IN, 8, 0), client.submit_in(INTERRUPT_IN, 8, 0)];
    device.with(|one| one.timeline.push((BusTime::ZERO, INTERRUPT_IN, b"tick".to_vec())));
    assert_eq!(client.end(reads[0]).data, b"tick");
    let unlink = client.unlink(reads[1]);
    assert_eq!(client.unlinked(unlink), ECONNRESET);
    assert_eq!(client.write(INTERRUPT_OUT, b"led"), Ok(3));
    assert!(device.with(|one| one.received.contains(&(INTERRUPT_OUT, b"led".to_vec()))));
}

#[test]
fn isochronous_urbs_have_a_status_for_each_packet() {
    let (device, _server, mut client) = configured();
    client.control([1, 11, 1, 0, 1, 0, 0, 0], &[]).unwrap();
    let out = client.submit_iso(ISO_OUT, &[3, 1, 2], 0, b"abcdef");
    let end = client.end(out);
    assert_eq!((end.status, end.actual, end.errors), (0, 6, 0));
    assert_eq!(end.packets, [(0, 3, 3, 0), (3, 1, 1, 0), (4, 2, 2, 0)]);
    let sent: Vec<Vec<u8>> =
        device.with(|one| one.received.iter().filter(|(at, _)| *at == ISO_OUT).map(|(_, data)| data.clone()).collect());
    assert_eq!(sent, [b"abc".to_vec(), b"d".to_vec(), b"ef".to_vec()]);
    // They come back; a fourth packet has nothing to receive.
    let input = client.submit_iso(ISO_IN, &[32, 32, 32, 32], 4, &[]);
    let end = client.end(input);
    assert_eq!((end.status, end.actual, end.errors, end.data.as_slice()), (0, 6, 1, &b"abcdef"[..]));
    assert_eq!(end.packets, [(0, 32, 3, 0), (36, 32, 1, 0), (72, 32, 2, 0), (108, 32, 0, EXDEV)]);
    let too_long = client.submit_iso(ISO_IN, &[33], 0, &[]);
    assert_eq!(client.end(too_long).status, EINVAL);
}

#[test]
fn a_new_configuration_ends_what_the_old_one_had_under_way() {
    let (_device, _server, mut client) = configured();
    let waiting = client.submit_in(BULK_IN, 64, 0);
    client.configure(1);
    assert_eq!(client.end(waiting).status, ESHUTDOWN);
    assert_eq!(client.write(BULK_OUT, b"new"), Ok(3));
    assert_eq!(client.read_in(BULK_IN, 64).unwrap(), b"new");
}

#[test]
fn a_device_that_leaves_ends_its_urbs_and_the_connection_and_can_be_imported_again() {
    let (device, _server, mut client) = configured();
    let waiting = client.submit_in(BULK_IN, 64, 0);
    device.pull_up(false);
    match client.read() {
        Some(Reply::Submit(end)) => assert_eq!((end.sequence, end.status), (waiting, ESHUTDOWN)),
        other => panic!("{other:?}"),
    }
    assert_eq!(client.read(), None);
    let address = client.stream.peer_addr().unwrap();
    assert_eq!(list(address), [0; 4]);
    device.pull_up(true);
    let mut again = imported(address);
    again.configure(1);
    assert_eq!(again.write(BULK_OUT, b"back"), Ok(4));
}
