//! active(True) and active(False) of a device that has the built-in serial port in it.

use board_tests::{Board, Options};
use usb_simulator::bus::BusEvent;

const ONCE_AGAIN: [BusEvent; 3] = [BusEvent::Attach, BusEvent::Detach, BusEvent::Attach];

#[test]
fn from_the_repl_the_host_sees_another_device() {
    let mut board = Board::repl();
    board.send("import device; device.start()\r");
    board.wait_detached(1_000);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    board.prompt();
    assert_eq!(board.run("device.usb.active()"), "True\n");
    board.check_detached_long_enough();
    assert_eq!(board.event_kinds(), ONCE_AGAIN);
}

#[test]
fn from_main_py_the_host_sees_another_device() {
    let mut board = Board::open(Options::main("import device, time\ntime.sleep(1)\ndevice.start()\n"));
    board.wait_detached(2_000);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    board.prompt();
    board.check_detached_long_enough();
}

#[test]
fn at_once_from_main_py_is_early_enough() {
    // The host waits for 100 ms before it looks at a new device, and has not looked at the built-in one.
    let mut board = Board::start(Options::main("import device\ndevice.start()\n"));
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    board.prompt();
    board.wait(1_000);
    assert_eq!(board.event_kinds(), [BusEvent::Attach], "one attachment, and it stays");
    assert_eq!(board.host.address(), 1, "one enumeration");
}

#[test]
fn off_and_on_is_a_new_attachment() {
    let mut board = Board::repl();
    board.send("import device; device.start()\r");
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    board.send("device.usb.active(False), device.usb.active(True)\r");
    board.wait_detached(1_000);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    let said = "device.usb.active(False), device.usb.active(True)\r\n(True, False)\r\n";
    assert_eq!(board.prompt(), said, "what was said while nobody listened comes when somebody does");
    board.check_detached_long_enough();
}

#[test]
fn off_leaves_nothing_attached_until_it_is_on_again() {
    let mut board = Board::repl();
    board.send("import device; device.start()\r");
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    board.send("import time; device.usb.active(False); time.sleep(5); device.usb.active(True)\r");
    board.wait_detached(1_000);
    board.wait(4_800);
    assert_eq!(board.event_kinds(), [BusEvent::Attach, BusEvent::Detach, BusEvent::Attach, BusEvent::Detach]);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    board.prompt();
}

#[test]
fn off_leaves_nothing_attached_until_a_soft_reset() {
    let mut board = Board::repl();
    board.send("import device; device.start()\r");
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    board.send("import time, sys; device.usb.active(False); time.sleep(5); sys.exit()\r");
    board.wait_detached(1_000);
    board.wait(4_800);
    assert_eq!(board.event_kinds(), [BusEvent::Attach, BusEvent::Detach, BusEvent::Attach, BusEvent::Detach]);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 2);
    board.prompt();
}

#[test]
fn off_when_it_was_never_on_does_nothing() {
    let mut board = Board::repl();
    assert_eq!(board.run("import machine; machine.USBDevice().active(False)"), "False\n");
    board.wait(1_000);
    assert_eq!(board.run("1 + 1"), "2\n");
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
}

#[test]
fn reset_cb_comes_before_active_returns() {
    let mut board = Board::repl();
    board.run("order = []");
    board.send("import device; device.start(reset_cb=lambda: order.append('reset'))\r");
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    board.run("order.clear()");
    board.send("device.usb.active(False); order.append('off'); device.usb.active(True); order\r");
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    let order = board.run("order[:2]");
    assert_eq!(order, "['reset', 'off']\n");
}
