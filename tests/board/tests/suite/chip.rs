//! What only a chip has: a boot loader, a watchdog, sleep with clocks off, flash that stops everything while it is written.

use board_tests::{Board, Feature, Options, Target};
use usb_simulator::bus::BusEvent;
use usb_simulator::class::cdc::LineCoding;
use usb_simulator::host::Request;

/// What the emulated board says when its boot ROM takes over.
const IN_BOOT_LOADER: &str = "the firmware has started the boot loader";

/// Whether this board is one; says so if not.
fn is_chip() -> bool {
    let is = Target::from_environment().has(Feature::Chip);
    if !is {
        println!("not on this board: it is no chip");
    }
    is
}

#[test]
fn machine_bootloader_leaves_the_bus_to_the_boot_rom() {
    if !is_chip() {
        return;
    }
    for start in ["", "import device; device.start()"] {
        let mut board = Board::open(Options::main(start));
        board.prompt();
        assert!(!board.process_errors().contains(IN_BOOT_LOADER));
        board.send("import machine; machine.bootloader()\r");
        board.wait_detached(1_000);
        assert!(board.process_errors().contains(IN_BOOT_LOADER), "{}", board.process_errors());
        let seen = board.events().len();
        board.wait(1_000);
        assert_eq!(board.events().len(), seen, "the firmware is back without a reset");
    }
}

#[test]
fn machine_reset_begins_anew() {
    if !is_chip() {
        return;
    }
    for start in ["", "import device; device.start()"] {
        let mut board = Board::open(Options::boot(start));
        board.prompt();
        let interfaces = board.host.device().expect("enumerated").configuration.interfaces.len();
        board.run("import machine; x = 1");
        board.send("machine.reset()\r");
        board.wait_detached(1_000);
        assert_eq!(board.reconnect().configuration.interfaces.len(), interfaces);
        board.prompt();
        assert!(board.run("x").contains("NameError"));
        assert_eq!(board.run("import machine; machine.reset_cause() == machine.WDT_RESET"), "True\n");
        assert_eq!(board.event_kinds(), [BusEvent::Attach, BusEvent::Detach, BusEvent::Attach]);
    }
}

#[test]
fn twelve_hundred_baud_do_nothing_where_the_board_does_not_define_the_touch() {
    if !is_chip() {
        return;
    }
    let mut board = Board::repl();
    touch(&mut board);
    board.wait(1_000);
    assert_eq!(board.event_kinds(), [BusEvent::Attach]);
    board.open_serial();
    assert_eq!(board.run("1 + 1"), "2\n");
}

/// Sets 1200 bit/s and drops DTR and RTS, as tools do that want the boot loader.
fn touch(board: &mut Board) {
    let interface = u16::from(board.serial_interface());
    let coding = LineCoding::new(1_200).bytes();
    board.host.control_out(Request::new(0x21, 0x20, 0, interface, 0), &coding).expect("SET_LINE_CODING");
    board.close_serial();
}

#[test]
fn light_sleep_keeps_the_bus() {
    if !is_chip() {
        return;
    }
    let mut board = Board::open(Options::main("import device\ndevice.start()\n"));
    board.prompt();
    board.send("import machine; machine.lightsleep(500); 'awake'\r");
    board.expect("'awake'\r\n", 2_000);
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
}

/// Takes blocks of 64 bytes, writes them into a file and sends them back. Each sector that is erased keeps the processor
/// from doing anything else for 45 ms; the host goes on all that time.
const TO_FLASH: &str = "import sys, micropython\n\
    micropython.kbd_intr(-1)\n\
    buffer = bytearray(64)\n\
    file = open('received', 'wb')\n\
    print('ready')\n\
    for i in range(512):\n\
   \x20 sys.stdin.buffer.readinto(buffer)\n\
   \x20 file.write(buffer)\n\
   \x20 sys.stdout.buffer.write(buffer)\n\
    file.close()\n\
    micropython.kbd_intr(3)\n";

#[test]
fn nothing_is_lost_while_flash_is_erased_and_written() {
    let mut board = Board::repl();
    board.enter_raw();
    board.start_raw(TO_FLASH);
    board.expect("ready\r\n", 1_000);
    let wanted: Vec<u8> = (0..512).flat_map(|number| format!("{number:08x}").repeat(8).into_bytes()).collect();
    let mut got = Vec::new();
    // As much as comes back has room in the reads that are queued: a host that sends and does not read loses output.
    for piece in wanted.chunks(512) {
        board.send(piece);
        got.extend(board.read_for(0));
    }
    let left = wanted.len() - got.len();
    got.extend(board.read_exactly(left, 20_000));
    assert!(got == wanted, "what came back is not what was sent");
    assert_eq!(board.end_raw(5_000).ok(), "");
    let check =
        "with open('received', 'rb') as file:\n  print(all(file.read(64) == b'%08x' % i * 8 for i in range(512)))\n";
    assert_eq!(board.raw(check).ok(), "True\n");
}
