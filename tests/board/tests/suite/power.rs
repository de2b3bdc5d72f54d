//! Suspend, resume and remote wakeup, with a device of Python's beside the serial port.

use board_tests::{Board, Options};
use usb_simulator::bus::BusEvent;
use usb_simulator::host::Request;
use usb_simulator::time::BusTime;

const OUT: u8 = 0x03;
const IN: u8 = 0x83;
/// DEVICE_REMOTE_WAKEUP and the requests for it (USB 2.0 section 9.4).
const ALLOW_WAKEUP: Request = Request::new(0x00, 3, 1, 0, 0);

/// A board whose device notes what suspend_cb is told, and sends back what it gets in capitals.
fn board(main: &str) -> Board {
    let program = format!(
        "import device, time\n\
         told = []\n\
         buffer = bytearray(64)\n\
         def on_transfer(endpoint, result, count):\n\
        \x20 if endpoint == device.OUT:\n\
        \x20   device.usb.submit_xfer(device.IN, bytes(buffer[:count]).upper())\n\
        \x20   device.usb.submit_xfer(device.OUT, buffer)\n\
         device.configuration[7] |= 0x20  # bmAttributes: remote wakeup\n\
         device.start(suspend_cb=told.append, xfer_cb=on_transfer,\n\
        \x20 open_itf_cb=lambda _: device.usb.submit_xfer(device.OUT, buffer))\n\
         {main}\n"
    );
    let mut board = Board::open(Options::main(program));
    board.prompt();
    board
}

fn check_echo(board: &mut Board) {
    board.host.write(OUT, b"echo", false, BusTime::from_millis(100)).expect("OUT");
    assert_eq!(board.host.read(IN, 64, BusTime::from_millis(100)).expect("IN"), b"ECHO");
}

#[test]
fn suspended_and_resumed() {
    let mut board = board("");
    check_echo(&mut board);
    let before = board.events().len();
    for round in 1..=3 {
        board.host.suspend().expect("suspend");
        board.wait(500);
        board.host.resume().expect("resume");
        check_echo(&mut board);
        assert_eq!(board.run("len(told), told[-2:]"), format!("({}, [True, False])\n", 2 * round));
    }
    assert_eq!(board.events().len(), before, "the device neither leaves the bus nor wakes it");
}

#[test]
fn transfers_in_flight_outlive_it() {
    let mut board = board("");
    // The device has nothing to send yet, and the host keeps asking until it suspends the bus.
    let reading = board.host.submit_read(IN, 64);
    board.wait(5);
    board.host.suspend().expect("suspend");
    board.wait(500);
    board.host.resume().expect("resume");
    board.host.write(OUT, b"echo", false, BusTime::from_millis(100)).expect("OUT");
    assert_eq!(board.host.wait(reading, BusTime::from_millis(100)).expect("IN").data, b"ECHO");
}

#[test]
fn device_wakes_the_host_that_allows_it() {
    let mut board = board("");
    board.host.control_out(ALLOW_WAKEUP, &[]).expect("SET_FEATURE(DEVICE_REMOTE_WAKEUP)");
    // At the prompt, in one line: what runs while the bus sleeps cannot be typed.
    board.send("time.sleep_ms(200); device.usb.remote_wakeup(), told\r");
    board.wait(20);
    board.host.suspend().expect("suspend");
    let before = board.events().len();
    board.wait(120);
    assert_eq!(board.events().len(), before, "asleep until the program wakes it");
    board.wait(200);
    assert_eq!(board.event_kinds()[before..], [BusEvent::Wakeup]);
    assert!(board.prompt().ends_with("(True, [True])\r\n"));
    assert_eq!(board.run("told"), "[True, False]\n");
    check_echo(&mut board);
}

#[test]
fn device_does_not_wake_a_host_that_forbids_it() {
    let mut board = board("");
    board.send("time.sleep_ms(200); device.usb.remote_wakeup(), told\r");
    board.wait(20);
    board.host.suspend().expect("suspend");
    board.wait(500);
    board.host.resume().expect("resume");
    assert!(board.prompt().ends_with("(False, [True])\r\n"));
    assert!(!board.event_kinds().contains(&BusEvent::Wakeup));
}

#[test]
fn unplugged_is_suspended_and_a_bus_reset_ends_it() {
    let mut board = board("");
    board.host.unplug().expect("the cable is pulled");
    board.wait(500);
    board.host.plug().expect("the cable is put back");
    board.reconnect();
    assert_eq!(board.run("told"), "[True, False]\n");
    check_echo(&mut board);
}
