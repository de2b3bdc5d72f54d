//! os.dupterm() with a serial port made in Python.

use board_tests::{Board, Options};
use usb_simulator::time::BusTime;

const OUT: u8 = 0x03;
const IN: u8 = 0x83;

/// A stream over the two bulk endpoints, as usb-device-cdc of micropython-lib does it: output is buffered and sent by the
/// completion callback, input is handed out without waiting.
const TERMINAL: &str = r#"
import device, io, os

received = bytearray(64)
waiting = bytearray()
sending = bytearray()
typed = bytearray()


class Terminal(io.IOBase):
    def write(self, data):
        global waiting
        waiting += data
        pump()
        return len(data)

    def readinto(self, buffer):
        global typed
        count = min(len(buffer), len(typed))
        if not count:
            return None
        buffer[:count] = typed[:count]
        typed = typed[count:]
        return count


def pump():
    global waiting, sending
    if waiting and not sending and device.usb.active():
        sending, waiting = waiting, bytearray()
        if not device.usb.submit_xfer(device.IN, sending):
            waiting, sending = sending, bytearray()


def on_transfer(endpoint, result, count):
    global sending, typed
    if endpoint == device.IN:
        sending = bytearray()
        pump()
    else:
        typed += received[:count]
        device.usb.submit_xfer(device.OUT, received)


def on_open(descriptors):
    device.usb.submit_xfer(device.OUT, received)
    pump()


def on_control(stage, request):
    raise ValueError("in a callback")


device.start(open_itf_cb=on_open, xfer_cb=on_transfer, control_xfer_cb=on_control)
os.dupterm(Terminal())
"#;

/// Reads from Python's port until `text` has come.
fn expect(board: &mut Board, text: &str) -> String {
    let mut all = String::new();
    for _ in 0..1_000 {
        if let Ok(bytes) = board.host.read(IN, 64, BusTime::from_millis(500)) {
            all += &String::from_utf8_lossy(&bytes);
        }
        if all.contains(text) {
            return all;
        }
    }
    panic!("{text:?} did not come through the port made in Python, but {all:?}");
}

fn board() -> Board {
    let mut board = Board::open(Options::main(TERMINAL));
    board.prompt();
    expect(&mut board, ">>> ");
    board
}

#[test]
fn both_ports_are_the_terminal() {
    let mut board = board();
    board.send("1 + 1\r");
    assert_eq!(board.prompt(), "1 + 1\r\n2\r\n");
    assert_eq!(expect(&mut board, "2\r\n>>> "), "1 + 1\r\n2\r\n>>> ");
    board.host.write(OUT, b"3 + 4\r", false, BusTime::from_millis(1_000)).expect("typed");
    assert!(expect(&mut board, "7\r\n>>> ").starts_with("3 + 4\r\n"));
    assert_eq!(board.prompt(), "3 + 4\r\n7\r\n");
}

#[test]
fn traceback_of_a_callback_reaches_both() {
    let mut board = board();
    let refused = board.host.control_in(usb_simulator::host::Request::new(0xc0, 1, 0, 0, 8));
    assert!(refused.is_err_and(|error| error.is_stall()));
    board.expect("ValueError: in a callback\r\n", 100);
    expect(&mut board, "ValueError: in a callback\r\n");
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn printing_in_a_callback_of_the_terminal_itself() {
    let mut board = board();
    board.paste("old = on_transfer\ndef on_transfer(*a):\n  print('!', end='')\n  old(*a)\nx = 0\n");
    board.send(
        "device.configure(open_itf_cb=on_open, xfer_cb=on_transfer); sending = bytearray(); device.usb.active(True)\r",
    );
    board.wait_detached(1_000);
    board.reconnect();
    // Each "!" is a transfer whose completion prints the next one: it goes on for ever, and everything else still works.
    board.read_for(100);
    for _ in 0..5 {
        let _ = board.host.read(IN, 64, BusTime::from_millis(100));
    }
    board.send("os.dupterm(None); 'done'\r");
    board.expect("done", 2_000);
    board.prompt();
    let said = String::from_utf8_lossy(&board.read_for(200)).into_owned();
    assert!(!said.contains("recurse"), "{said:?}");
}

#[test]
fn soft_reset_ends_it() {
    let mut board = board();
    board.soft_reset();
    board.wait_detached(1_000);
    // main.py starts the device again, before the host believes in the one in between.
    board.reconnect();
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
}
