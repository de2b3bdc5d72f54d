//! Soft reset: Ctrl-D at the prompt.

use board_tests::{Board, Feature, Target, amount};
use usb_simulator::bus::BusEvent;
use usb_simulator::time::BusTime;

/// Bulk endpoints of the module `device`.
const OUT: u8 = 0x03;
const IN: u8 = 0x83;

/// Starts Python's device from the REPL and enumerates it; the prompt is there afterwards.
fn with_device(board: &mut Board, start: &str) {
    board.send(format!("{start}\r"));
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
}

fn soft_reset_with_device(board: &mut Board) {
    board.soft_reset();
    board.wait_detached(1_000);
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 2, "only the built-in interfaces are left");
    assert!(board.prompt().contains("MicroPython v"));
}

#[test]
fn built_in_port_stays_when_there_is_no_device_of_pythons() {
    let mut board = Board::repl();
    board.run("x = 1");
    board.soft_reset();
    let said = board.prompt();
    assert!(said.contains("MPY: soft reboot\r\nMicroPython v"), "{said:?}");
    assert!(board.run("x").contains("NameError"));
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
}

#[test]
fn built_in_port_stays_when_the_device_was_only_configured() {
    let mut board = Board::repl();
    board.run("import device; device.configure()");
    board.soft_reset();
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
}

#[test]
fn device_of_pythons_is_gone_and_the_repl_comes_back() {
    let mut board = Board::repl();
    with_device(&mut board, "import device; device.start()");
    assert_eq!(board.host.device().expect("enumerated").configuration.interfaces.len(), 3);
    soft_reset_with_device(&mut board);
    board.check_detached_long_enough();
    assert_eq!(board.run("import machine; machine.USBDevice().active()"), "False\n");
    // The next soft reset finds nothing of Python's: nobody is disconnected.
    let before = board.events().len();
    board.soft_reset();
    board.prompt();
    assert_eq!(board.events().len(), before);
}

#[test]
fn sys_exit_does_the_same() {
    let mut board = Board::repl();
    with_device(&mut board, "import device; device.start()");
    board.send("import sys; sys.exit()\r");
    board.wait_detached(1_000);
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 2);
    board.prompt();
}

#[test]
fn transfers_in_flight_touch_nothing_afterwards() {
    let mut board = Board::repl();
    board.run("called = []; big = bytearray(b'?' * 4096)");
    let submit = "lambda _: (device.usb.submit_xfer(3, big), device.usb.submit_xfer(0x83, big))";
    with_device(&mut board, &format!("import device; device.start(open_itf_cb={submit})"));
    // Both are half done when the reset comes.
    board.host.write(OUT, &[b'!'; 640], false, BusTime::from_millis(100)).expect("OUT packets");
    let got = board.host.read(IN, 1024, BusTime::from_millis(100)).expect("IN packets");
    assert_eq!(got.len(), 1024);
    assert_eq!(board.run("big.count(b'!')"), "640\n");
    let writing = board.host.submit_write(OUT, &[b'!'; 8192], false);
    let reading = board.host.submit_read(IN, 8192);
    soft_reset_with_device(&mut board);
    for urb in [writing, reading] {
        assert!(board.host.wait(urb, BusTime::ZERO).is_err(), "a transfer outlived its device");
    }
    board.run("import gc; all = [bytearray(b'?' * 4096) for _ in range(50)]");
    with_device(&mut board, "import device; device.start()");
    // The same endpoints again; with no buffer submitted they take at most what fits into the controller.
    let writing = board.host.submit_write(OUT, &[b'!'; 8192], false);
    board.wait(20);
    assert_eq!(board.run("sum(one.count(b'?') for one in all)"), "204800\n");
    board.host.cancel(writing);
    soft_reset_with_device(&mut board);
}

#[test]
fn in_a_loop_nothing_grows() {
    let mut board = Board::repl();
    let mut free = None;
    for round in 0..amount(50, 1_000) {
        with_device(&mut board, "import device; device.start()");
        soft_reset_with_device(&mut board);
        let now = board.run("import gc; gc.collect(); gc.mem_free()");
        assert_eq!(free.get_or_insert_with(|| now.clone()), &now, "free memory after {round} more soft resets");
    }
}

#[test]
fn in_a_loop_with_transfers_in_flight_nothing_grows() {
    let mut board = Board::repl();
    let mut first = None;
    for round in 0..amount(30, 1_000) {
        let again = "import device; big = bytearray(b'?' * 4096); device.start(open_itf_cb=lambda _: \
            (device.usb.submit_xfer(3, big), device.usb.submit_xfer(0x83, big)))";
        with_device(&mut board, again);
        // Endpoints that are stuck, or that have kept something of the round before, would show it here.
        board.host.write(OUT, &[b'!'; 640], false, BusTime::from_millis(100)).expect("OUT packets");
        let got = board.host.read(IN, 1024, BusTime::from_millis(100)).expect("IN packets");
        assert!(got.iter().all(|byte| b"?!".contains(byte)), "round {round}: {got:?}");
        assert_eq!(board.run("big.count(b'!')"), "640\n");
        let state = endpoint_memory(&mut board);
        // The host asks for more of both, and the reset comes at another time in each round.
        let writing = board.host.submit_write(OUT, &[b'!'; 8192], false);
        let reading = board.host.submit_read(IN, 8192);
        board.host.run_for(BusTime::from_micros(round as u64 * 37 % 1_000)).expect("the bus");
        soft_reset_with_device(&mut board);
        for urb in [writing, reading] {
            assert!(board.host.wait(urb, BusTime::ZERO).is_err(), "round {round}: a transfer outlived its device");
        }
        let now = (board.run("import gc; gc.collect(); gc.mem_free()"), state);
        assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "after {round} more soft resets");
    }
    board.check_detached_long_enough();
    println!("free memory and endpoint registers: {first:?}");
}

/// The registers that say which packet memory each endpoint has, where there are such.
fn endpoint_memory(board: &mut Board) -> String {
    if !Target::from_environment().has(Feature::Chip) {
        return String::new();
    }
    // RP2040 data sheet 4.1.2.5: the endpoint control registers stand from 0x08 to 0x7f of the packet memory.
    board.run("import machine; [hex(machine.mem32[0x50100000 + i]) for i in range(8, 128, 4)]")
}

#[test]
fn in_a_loop_without_a_device_nothing_grows() {
    let mut board = Board::repl();
    let mut free = None;
    for round in 0..amount(50, 1_000) {
        board.soft_reset();
        board.prompt();
        let now = board.run("import gc; gc.collect(); gc.mem_free()");
        assert_eq!(free.get_or_insert_with(|| now.clone()), &now, "free memory after {round} more soft resets");
    }
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
}
