//! Enumeration needs no Python: a program that is busy does not keep the host waiting.

use board_tests::{Board, Options};
use usb_simulator::time::BusTime;

const OUT: u8 = 0x03;

/// A board whose xfer_cb runs `body`, already called.
fn busy(body: &str) -> Board {
    let main = format!(
        "import device, time\nbuffer = bytearray(8)\ndef on_transfer(*_):\n  {body}\n\
         device.start(open_itf_cb=lambda _: device.usb.submit_xfer(3, buffer), xfer_cb=on_transfer)\n\
         print('main')\nwhile True: time.sleep(1)\n"
    );
    let mut board = Board::open(Options::main(main));
    board.expect("main\r\n", 1_000);
    board.host.write(OUT, b"now", false, BusTime::from_millis(100)).expect("the transfer");
    board.wait(5);
    board
}

/// How long enumeration takes from the moment that the cable is put back, in milliseconds.
fn replug(board: &mut Board) -> u64 {
    board.host.unplug().expect("the cable is pulled");
    board.wait(20);
    board.host.plug().expect("the cable is put back");
    let from = board.host.now();
    assert_eq!(board.enumerate().configuration.interfaces.len(), 3);
    board.host.now().since(from).millis()
}

#[test]
fn while_a_callback_sleeps_300_ms() {
    let mut idle = busy("pass");
    let usual = replug(&mut idle);
    let mut board = busy("time.sleep_ms(300)");
    let took = replug(&mut board);
    assert!(took <= usual + 2, "{took} ms instead of {usual} ms");
    board.open_serial();
    board.send("\x03");
    board.prompt();
}

#[test]
fn while_a_callback_never_ends() {
    let mut idle = busy("pass");
    let usual = replug(&mut idle);
    let mut board = busy("\n  while True: pass");
    for _ in 0..3 {
        let took = replug(&mut board);
        assert!(took <= usual + 2, "{took} ms instead of {usual} ms");
    }
    board.open_serial();
    board.send("\x03");
    assert!(board.prompt().contains("KeyboardInterrupt"));
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn while_the_main_program_never_waits() {
    let mut board = Board::open(Options::main("while True: pass\n"));
    board.host.unplug().expect("the cable is pulled");
    board.wait(20);
    board.host.plug().expect("the cable is put back");
    board.reconnect();
    board.send("\x03");
    board.prompt();
}

#[test]
fn while_every_callback_sleeps_300_ms() {
    // Also the one for SET_CONFIGURATION, which the host is not kept waiting for.
    let main = "import device, time\nslow = lambda *_: time.sleep_ms(300)\n\
        device.start(open_itf_cb=slow, reset_cb=slow, xfer_cb=slow)\nprint('main')\nwhile True: time.sleep(1)\n";
    let mut board = Board::open(Options::main(main));
    board.expect("main\r\n", 2_000);
    for _ in 0..3 {
        replug(&mut board);
        board.wait(700);
    }
    board.open_serial();
    board.send("\x03");
    board.prompt();
}
