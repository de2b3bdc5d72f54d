//! Listening servers under fire: clients that send garbage, half messages, nothing, or do not read; after them a good one
//! is served as if they had not been there.

#[path = "remote/device.rs"]
mod device;
#[path = "remote/redir_client.rs"]
mod redir_client;
#[path = "remote/station.rs"]
mod station;
#[path = "remote/usbip_client.rs"]
mod usbip_client;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use device::{BULK_IN, BULK_OUT, DEVICE, scripted};
use redir_client::{Guest, INVALID, SUCCESS};
use station::{Shared, redir, usbip};
use usbip_client::{ECONNRESET, ENOMEM, imported, wait_listed};

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// The server may hang up at any time.
fn throw(stream: &mut impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

fn good_guest(path: &Path) {
    let mut guest = Guest::plugged(path);
    assert_eq!(guest.descriptor(1, 0, 18).unwrap(), DEVICE);
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    assert_eq!(guest.write(BULK_OUT, b"still here"), Ok(10));
    assert_eq!(guest.read_bulk(BULK_IN, 64).unwrap(), b"still here");
}

fn good_client(address: SocketAddr) {
    let mut client = imported(address);
    assert_eq!(client.control([0x80, 6, 0, 1, 0, 0, 18, 0], &[]).unwrap(), DEVICE);
    client.configure(1);
    assert_eq!(client.write(BULK_OUT, b"still here"), Ok(10));
    assert_eq!(client.read_in(BULK_IN, 64).unwrap(), b"still here");
}

#[test]
fn garbage_on_the_usb_redir_socket_does_not_reach_the_next_guest() {
    let device = Shared::new(scripted());
    let server = redir(&device, None);
    let mut random = Random(1);
    let mut hello = [0; 80];
    hello[4] = 68;
    for round in 0..60 {
        let mut stream = UnixStream::connect(&server.path).unwrap();
        match round % 4 {
            0 => {
                throw(&mut stream, &random.bytes(5000));
                // Hung up, whether it has read all of that or not.
                let _ = stream.read_to_end(&mut Vec::new());
            }
            1 => throw(&mut stream, &[&hello[..], &random.bytes(300)].concat()),
            2 => throw(&mut stream, &hello[..usize::from(random.next() % 80)]),
            _ => {}
        }
    }
    // Some who stay and are silent, more than there are places.
    let idle: Vec<UnixStream> = (0..20).map(|_| UnixStream::connect(&server.path).unwrap()).collect();
    good_guest(&server.path);
    drop(idle);
    good_guest(&server.path);
    assert!(server.said.lock().unwrap().iter().any(|text| text.contains("is dropped: usb-redir message of type")));
}

#[test]
fn garbage_on_the_usbip_port_does_not_reach_the_next_client() {
    let device = Shared::new(scripted());
    let (server, address) = usbip(&device);
    wait_listed(address);
    let mut random = Random(2);
    let mut import = vec![1, 0x11, 0x80, 3, 0, 0, 0, 0, b'1', b'-', b'1'];
    import.resize(40, 0);
    for round in 0..60 {
        let mut stream = TcpStream::connect(address).unwrap();
        match round % 5 {
            0 => throw(&mut stream, &random.bytes(5000)),
            1 => throw(&mut stream, &[&import[..], &random.bytes(300)].concat()),
            2 => throw(&mut stream, &import[..usize::from(random.next() % 40)]),
            // A transfer of which only the beginning comes.
            3 => {
                let head: Vec<u8> =
                    [1u32, 1, 0x1_0002, 0, 1, 0, 1_000_000, 0, 0, 0].iter().flat_map(|one| one.to_be_bytes()).collect();
                throw(&mut stream, &[&import[..], &head, &random.bytes(800)].concat());
            }
            _ => {}
        }
    }
    let idle: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    good_client(address);
    drop(idle);
    good_client(address);
    assert!(server.said.lock().unwrap().iter().any(|text| text.contains("is dropped: USB/IP: version")));
}

#[test]
fn a_guest_that_does_not_read_is_not_listened_to_and_reads_everything_later() {
    const COUNT: u64 = 100_000;
    let device = Shared::new(scripted());
    let server = redir(&device, None);
    let mut guest = Guest::plugged(&server.path);
    let mut stream = guest.stream.try_clone().unwrap();
    // To an endpoint that there is not, so that the answer does not have to wait for the bus.
    let writer = std::thread::spawn(move || {
        for id in 1..=COUNT {
            let head = [&101u32.to_le_bytes()[..], &10u32.to_le_bytes(), &id.to_le_bytes()].concat();
            stream.write_all(&[&head[..], &[0x8f, 0, 64, 0, 0, 0, 0, 0, 0, 0]].concat()).unwrap();
        }
    });
    std::thread::sleep(Duration::from_millis(1000));
    assert!(!writer.is_finished(), "the server takes everything without being read from");
    for id in 1..=COUNT {
        let answer = guest.read().unwrap();
        assert_eq!((answer.kind, answer.id, answer.body[1]), (101, id, INVALID));
    }
    writer.join().unwrap();
}

#[test]
fn more_transfers_than_anybody_needs_are_refused_and_the_others_go_on() {
    let device = Shared::new(scripted());
    let (_server, address) = usbip(&device);
    let mut client = imported(address);
    client.configure(1);
    let reads: Vec<u32> = (0..5000).map(|_| client.submit_in(BULK_IN, 64, 0)).collect();
    assert_eq!(client.end(reads[4999]).status, ENOMEM);
    let unlink = client.unlink(reads[1]);
    assert_eq!(client.unlinked(unlink), ECONNRESET);
    assert_eq!(client.write(BULK_OUT, b"first"), Ok(5));
    assert_eq!(client.end(reads[0]).data, b"first");
}
