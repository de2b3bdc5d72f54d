//! A board whose host is a Linux kernel, as far as the protocols go: usb-redir and USB/IP with clients made for the tests.
//! The kernel itself comes in `make test-linux`.

#[path = "../../../../simulator/tests/remote/redir_client.rs"]
mod redir_client;
#[path = "../../../../simulator/tests/remote/usbip_client.rs"]
mod usbip_client;

use std::fs;

use board_tests::{Options, Served};
use redir_client::{CANCELLED, Guest, STALL, SUCCESS};
use usbip_client::{Client, ECONNRESET, EPIPE, imported};

/// Bulk endpoints of the module `device`, and of the built-in serial port.
const OUT: u8 = 0x03;
const IN: u8 = 0x83;
const SERIAL_OUT: u8 = 0x02;
const SERIAL_IN: u8 = 0x82;
/// SET_CONTROL_LINE_STATE: DTR and RTS on.
const OPEN: [u8; 8] = [0x21, 0x22, 3, 0, 0, 0, 0, 0];
/// GET_DESCRIPTOR(device qualifier): what has no high speed stalls it.
const REFUSED: [u8; 8] = [0x80, 6, 0, 6, 0, 0, 10, 0];

/// What comes in goes out again; the script ends and the REPL is there.
const ECHO: &str = "
import device
usb = device.usb
buffer = bytearray(64)

def on_open(descriptors):
    if descriptors[2] == device.INTERFACE:
        usb.submit_xfer(device.OUT, buffer)

def on_transfer(endpoint, result, count):
    if result == 0 and endpoint == device.OUT and count:
        usb.submit_xfer(device.IN, memoryview(buffer)[:count])
    elif result == 0:
        usb.submit_xfer(device.OUT, buffer)

device.start(open_itf_cb=on_open, xfer_cb=on_transfer)
";

/// Numbered packets of all lengths.
fn packets() -> Vec<Vec<u8>> {
    (0..150u8).map(|number| (0..=number % 64).map(|byte| byte ^ number).collect()).collect()
}

fn echo_by_redir(guest: &mut Guest) {
    let packets = packets();
    let reads: Vec<u64> = packets.iter().map(|_| guest.submit_bulk(IN, 64, &[])).collect();
    let writes: Vec<u64> = packets.iter().map(|data| guest.submit_bulk(OUT, data.len(), data)).collect();
    for (packet, (read, write)) in packets.iter().zip(reads.into_iter().zip(writes)) {
        assert_eq!(guest.finish_bulk(write).unwrap().len(), packet.len());
        assert_eq!(guest.finish_bulk(read).unwrap(), *packet);
    }
}

/// Sends a line to the REPL and waits for a text.
fn repl_by_redir(guest: &mut Guest, line: &str, wanted: &str) {
    guest.control(OPEN, &[]).unwrap();
    guest.write(SERIAL_OUT, line.as_bytes()).unwrap();
    let mut text = String::new();
    while !wanted.is_empty() && !text.contains(wanted) {
        text += &String::from_utf8_lossy(&guest.read_bulk(SERIAL_IN, 512).unwrap());
    }
}

#[test]
fn usb_redir_carries_a_board_and_its_comings_and_goings() {
    let (_served, path) = Served::redir(Options::main(ECHO));
    let mut guest = Guest::connect(&path);
    fs::remove_file(&path).unwrap();
    guest.wait_device();
    // The board came with its built-in port, and comes again with Python's device: whichever this is, the last one stays.
    while guest.interfaces[0] < 3 {
        guest.wait_gone();
        guest.wait_device();
    }
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    echo_by_redir(&mut guest);
    assert_eq!(guest.control(REFUSED, &[]), Err(STALL));
    let waiting = guest.submit_bulk(IN, 64, &[]);
    guest.cancel(waiting);
    assert_eq!(guest.finish_bulk(waiting), Err(CANCELLED));
    repl_by_redir(&mut guest, "print(6 * 7)\r", "\r\n42\r\n");

    let again = "import time; usb.active(False); time.sleep_ms(300); usb.active(True)\r";
    // Ctrl-D is a soft reset, after which main.py starts the device anew.
    for line in [again, "\x04"] {
        repl_by_redir(&mut guest, line, "");
        guest.wait_gone();
        guest.wait_device();
        while guest.interfaces[0] < 3 {
            guest.wait_gone();
            guest.wait_device();
        }
        assert_eq!(guest.configure(1), (SUCCESS, 1));
        echo_by_redir(&mut guest);
    }
}

/// The client that the board gives its device to when that is complete.
fn import_complete(address: std::net::SocketAddr) -> Client {
    loop {
        let list = usbip_client::wait_listed(address);
        if list[4 + 311] == 3 {
            return imported(address);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn usbip_carries_a_board_until_it_leaves() {
    let (_served, address) = Served::usbip(Options::main(ECHO));
    let mut client = import_complete(address);
    client.configure(1);
    for packet in packets().chunks(10) {
        let reads: Vec<u32> = packet.iter().map(|_| client.submit_in(IN, 64, 0)).collect();
        let writes: Vec<u32> = packet.iter().map(|data| client.submit_out(OUT, data, 0)).collect();
        for (data, (read, write)) in packet.iter().zip(reads.into_iter().zip(writes)) {
            assert_eq!(client.end(write).status, 0);
            assert_eq!(client.end(read).data, *data);
        }
    }
    assert_eq!(client.control(REFUSED, &[]), Err(EPIPE));
    let waiting = client.submit_in(IN, 64, 0);
    let unlink = client.unlink(waiting);
    assert_eq!(client.unlinked(unlink), ECONNRESET);
    client.control(OPEN, &[]).unwrap();
    client.write(SERIAL_OUT, b"\x04").unwrap();
    while client.read().is_some() {}
    let mut client = import_complete(address);
    client.configure(1);
    assert_eq!(client.write(OUT, b"again"), Ok(5));
    assert_eq!(client.read_in(IN, 64).unwrap(), b"again");
}
