//! A Pico that is a disk and nothing else (MICROPY_HW_USB_MSC 1, MICROPY_HW_USB_CDC 0): its prompt is on UART 0.

use std::io::Write;

use board_tests::{Board, Options};
use fatfs::{FileSystem, FsOptions};
use usb_simulator::class::disk::Disk;
use usb_simulator::class::storage::Storage;

/// How long the board may take to start, in milliseconds: the chip's file system is not FAT at first, so it makes one.
const START: u64 = 20_000;
/// How long it may take for one line.
const ANSWER: u64 = 2_000;

/// A board with its prompt on UART 0, and the disk that the host sees.
fn board() -> (Board, Storage) {
    let mut board = Board::start(Options::default());
    board.expect_on_uart(">>> ", START);
    let storage = plugged(&mut board);
    (board, storage)
}

fn plugged(board: &mut Board) -> Storage {
    let found = board.enumerate();
    let [interface] = found.configuration.interfaces.as_slice() else { panic!("{:?}", found.configuration) };
    assert!(Storage::fits(interface));
    let number = interface.number;
    Storage::open(&mut board.host, number).expect("the disk opens")
}

fn put(board: &mut Board, storage: &mut Storage, name: &str, content: &str) {
    let disk = Disk::new(&mut board.host, storage).expect("a medium");
    let files = FileSystem::new(disk, FsOptions::new()).expect("a FAT file system");
    let mut file = files.root_dir().create_file(name).expect(name);
    file.truncate().expect(name);
    file.write_all(content.as_bytes()).expect(name);
    drop(file);
    files.unmount().expect("everything is written");
}

#[test]
fn constants() {
    let (mut board, _) = board();
    board.send_to_uart("from machine import USBDevice as U; d = U.BUILTIN_DEFAULT\r");
    board.send_to_uart(
        "U.BUILTIN_MSC is d, hasattr(U, 'BUILTIN_CDC'), d.itf_max, d.ep_max, d.str_max, len(d.desc_cfg)\r",
    );
    board.expect_on_uart("(True, False, 1, 2, 6, 32)\r\n", ANSWER);
}

#[test]
fn a_program_that_the_host_puts_there_runs_after_a_soft_reset() {
    let (mut board, mut storage) = board();
    put(&mut board, &mut storage, "main.py", "print('dragged', 'and', 'dropped')\n");
    board.send_to_uart("\x04");
    board.expect_on_uart("soft reboot", ANSWER);
    board.expect_on_uart("dragged and dropped\r\n", START);
    // The disk has stayed on the bus all the while.
    storage.test(&mut board.host).expect("the disk is still there");
    put(&mut board, &mut storage, "main.py", "print('over', 'written')\n");
    board.send_to_uart("\x04");
    board.expect_on_uart("over written\r\n", START);
}

/// The disk first, an echo of Python's behind it.
const BOTH: &str = r#"
from machine import USBDevice

usb = USBDevice()
usb.active(False)
builtin = usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
buffer = bytearray(64)
first, endpoint = builtin.itf_max, builtin.ep_max
configuration = bytearray(builtin.desc_cfg) + bytes((
    9, 4, first, 0, 2, 255, 0, 0, 0, 7, 5, endpoint, 2, 64, 0, 0, 7, 5, 0x80 | endpoint, 2, 64, 0, 0))
configuration[2] = len(configuration)
configuration[4] += 1


def on_transfer(address, result, count):
    if address == endpoint:
        usb.submit_xfer(0x80 | endpoint, bytes(buffer[:count]).upper())
    else:
        usb.submit_xfer(endpoint, buffer)


usb.config(builtin.desc_dev, configuration, open_itf_cb=lambda view: usb.submit_xfer(endpoint, buffer), xfer_cb=on_transfer)
usb.active(True)
"#;

#[test]
fn beside_a_device_of_pythons() {
    let (mut board, mut storage) = board();
    put(&mut board, &mut storage, "main.py", BOTH);
    board.send_to_uart("\x04");
    board.wait_detached(START);
    let found = board.enumerate();
    assert_eq!(found.configuration.interfaces.len(), 2);
    let mut storage = Storage::open(&mut board.host, 0).expect("the disk opens");
    let patience = usb_simulator::time::BusTime::from_millis(ANSWER);
    for text in [&b"beside"[..], b"the disk"] {
        board.host.write(2, text, false, patience).expect("sent");
        let size = storage.capacity(&mut board.host).expect("a medium").block_size;
        assert_eq!(storage.read(&mut board.host, 0, 4, size).expect("blocks").len(), 4 * size as usize);
        assert_eq!(board.host.read(0x82, 64, patience).expect("received"), text.to_ascii_uppercase());
    }
    put(&mut board, &mut storage, "main.py", "print('no device any more')\n");
    board.send_to_uart("\x04");
    board.expect_on_uart("no device any more\r\n", START);
    let mut storage = plugged(&mut board);
    storage.test(&mut board.host).expect("the disk is alone again");
}
