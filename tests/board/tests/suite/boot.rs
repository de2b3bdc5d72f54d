//! boot.py runs before USB starts.

use board_tests::{Board, Options, amount};
use usb_simulator::bus::BusEvent;

#[test]
fn device_that_boot_py_activates_is_the_first_that_the_host_sees() {
    let mut board = Board::start(Options::boot("import device\ndevice.start()\n"));
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 3);
    board.prompt();
    assert_eq!(board.run("device.usb.active()"), "True\n");
    board.wait(2_000);
    assert_eq!(board.event_kinds(), [BusEvent::Attach], "one attachment, and it stays");
    assert_eq!(board.host.address(), 1, "one enumeration");
}

#[test]
fn boot_py_that_goes_on_after_activating() {
    // The device comes while boot.py still runs, or when it is over; there is one attachment in either case.
    let boot = "import device, time\ndevice.start()\ntime.sleep_ms(300)\nx = 1\n";
    let mut board = Board::start(Options::boot(boot));
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 3);
    board.prompt();
    board.wait(1_000);
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
    assert_eq!(board.run("x"), "1\n");
}

#[test]
fn boot_py_that_raises_leaves_the_repl() {
    let mut board = Board::start(Options::boot("import device\ndevice.configure()\nraise ValueError('on purpose')\n"));
    board.reconnect();
    let said = board.prompt();
    assert!(said.starts_with("Traceback"), "there was no port yet, but what was said is kept: {said:?}");
    assert!(said.contains("ValueError: on purpose\r\nMicroPython v"), "{said:?}");
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn boot_py_that_raises_after_activating_leaves_the_repl_on_its_device() {
    let mut board = Board::start(Options::boot("import device\ndevice.start()\nraise ValueError('on purpose')\n"));
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 3);
    board.prompt();
    assert_eq!(board.run("device.usb.active()"), "True\n");
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
}

#[test]
fn object_that_boot_py_only_constructs_is_harmless() {
    let mut board = Board::start(Options::boot("import machine\nusb = machine.USBDevice()\n"));
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 2);
    board.prompt();
    assert_eq!(board.run("usb.active()"), "False\n");
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
}

#[test]
fn device_that_boot_py_only_configures_is_harmless() {
    let mut board = Board::start(Options::boot("import device\ndevice.configure()\n"));
    let found = board.reconnect();
    assert_eq!(found.configuration.interfaces.len(), 2);
    board.prompt();
    board.send("device.usb.active(True)\r");
    board.wait_detached(1_000);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    board.prompt();
}

#[test]
fn device_that_boot_py_takes_back_stays_away() {
    let boot = "import device\ndevice.start()\ndevice.usb.active(False)\n";
    let mut board = Board::start(Options { main: Some(SLEEP_THEN_END.to_owned()), ..Options::boot(boot) });
    board.wait(3_000);
    assert_eq!(board.events(), [], "no device until a soft reset or active(True)");
}

/// A main program that does nothing for a long time.
const SLEEP_THEN_END: &str = "import time\ntime.sleep(1000)\n";

#[test]
fn there_is_no_usb_while_boot_py_runs() {
    // USB starts when boot.py has ended (machine.USBDevice: "this file is executed before the USB subsystem is
    // initialised"), so one that never ends keeps it off.
    let mut board = Board::start(Options::boot("import time\ntime.sleep(2)\n"));
    board.wait(1_900);
    assert_eq!(board.events(), []);
    board.reconnect();
    board.prompt();

    let mut board = Board::start(Options::boot("while True:\n    pass\n"));
    // Much longer than the board takes to start; an emulated processor that never sleeps is slow.
    board.wait(amount(1_000, 3_000) as u64);
    assert_eq!(board.events(), []);
}

#[test]
fn soft_reset_runs_boot_py_again() {
    let boot = "import device\ndevice.start()\n";
    let mut board = Board::open(Options::boot(boot));
    board.prompt();
    board.soft_reset();
    board.wait_detached(1_000);
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3);
    board.prompt();
    board.check_detached_long_enough();
    assert_eq!(board.event_kinds(), [BusEvent::Attach, BusEvent::Detach, BusEvent::Attach]);
}
