//! A host cannot flood the console.

use board_tests::{Board, Options};
use usb_simulator::host::Request;

/// What the board says while the host asks 200 times.
fn said_while_asked(board: &mut Board, request: Request) -> String {
    for _ in 0..200 {
        let answer = board.host.control_in(request);
        assert!(answer.is_err_and(|error| error.is_stall()), "{request:?} is refused");
    }
    String::from_utf8_lossy(&board.read_for(100)).into_owned()
}

#[test]
fn descriptor_that_lies_is_reported_once() {
    let main = "import device, time\ndevice.start()\nwhile True:\n  time.sleep_ms(100)\n  if device.usb.active() and go: break\n";
    let mut board = Board::open(Options::main(format!("go = True\n{main}")));
    board.prompt();
    board.run("device.configuration[9] = 0");
    let said = said_while_asked(&mut board, Request::get_descriptor(2, 0, 0, 255));
    assert_eq!(said.matches("ValueError").count(), 1, "{said:?}");
    assert!(said.contains("byte 9"), "{said:?}");
    board.run("device.configuration[9] = 8");
    assert!(board.host.control_in(Request::get_descriptor(2, 0, 0, 255)).is_ok());
}

#[test]
fn exception_in_control_xfer_cb_is_reported_once() {
    let main = "import device\ndef on_control(stage, request):\n  raise ValueError('on purpose')\ndevice.start(control_xfer_cb=on_control)\n";
    let mut board = Board::open(Options::main(main));
    board.prompt();
    let said = said_while_asked(&mut board, Request::new(0xc0, 1, 0, 0, 8));
    assert_eq!(said.matches("ValueError: on purpose").count(), 1, "{said:?}");
    assert!(said.len() < 400, "{said:?}");
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn garbage_for_the_serial_port_does_no_harm() {
    let mut board = Board::repl();
    for value in 0..=255_u8 {
        // Any request to the port's interfaces, with or without data.
        let _ = board.host.control_in(Request::new(0xa1, value, 0xffff, 0, 64));
        let _ = board.host.control_out(Request::new(0x21, value, 0, 0, 0), &[value; 7]);
        let _ = board.host.control_out(Request::new(0x21, value, 0, 1, 0), &[value; 200]);
    }
    board.close_serial();
    board.open_serial();
    board.send("\x03");
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
}
