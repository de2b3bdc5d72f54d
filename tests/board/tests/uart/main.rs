//! A Pico without the built-in serial port (MICROPY_HW_USB_CDC 0, MICROPY_HW_ENABLE_UART_REPL 1): its prompt is on UART 0,
//! which the emulated board copies to its standard error, and USB is all Python's.

use board_tests::{Board, Options};
use usb_simulator::host::HostError;
use usb_simulator::time::BusTime;

const SECONDS_2: BusTime = BusTime::from_millis(2_000);

#[test]
fn without_a_program_there_is_a_prompt_and_no_device() {
    let mut board = Board::start(Options::default());
    board.wait(2_000);
    assert!(board.process_errors().contains("MicroPython v"), "the banner");
    assert!(board.process_errors().contains(">>> "), "the prompt");
    assert!(matches!(board.host.enumerate(SECONDS_2), Err(HostError::NotAttached(_))));
    assert_eq!(board.events(), []);
}

/// Echoes what comes, and tells on the REPL.
const ECHO: &str = r#"
from machine import USBDevice

print("builtin", [name for name in dir(USBDevice) if name.startswith("BUILTIN")])
print("none", USBDevice.BUILTIN_DEFAULT is USBDevice.BUILTIN_NONE, bytes(USBDevice.BUILTIN_DEFAULT.desc_cfg))
usb = USBDevice()
buffer = bytearray(64)


def on_transfer(endpoint, result, count):
    if endpoint == 1:
        print("received", bytes(buffer[:count]))
        usb.submit_xfer(0x81, bytes(buffer[:count]).upper())
    else:
        usb.submit_xfer(1, buffer)


usb.config(
    b"\x12\x01\x00\x02\x00\x00\x00\x40\x09\x12\x01\x00\x00\x01\x00\x00\x00\x01",
    b"\x09\x02\x20\x00\x01\x01\x00\x80\x32\x09\x04\x00\x00\x02\xff\x00\x00\x00"
    b"\x07\x05\x01\x02\x40\x00\x00\x07\x05\x81\x02\x40\x00\x00",
    open_itf_cb=lambda view: usb.submit_xfer(1, buffer),
    xfer_cb=on_transfer,
)
usb.active(True)
"#;

#[test]
fn a_device_of_pythons_is_all_there_is() {
    let mut board = Board::start(Options::main(ECHO));
    let found = board.enumerate();
    assert_eq!(found.configuration.interfaces.len(), 1);
    for text in [&b"over and"[..], b"over again"] {
        board.host.write(1, text, false, SECONDS_2).expect("sent");
        assert_eq!(board.host.read(0x81, 64, SECONDS_2).expect("received"), text.to_ascii_uppercase());
    }
    board.wait(200);
    let said = board.process_errors();
    assert!(said.contains("builtin ['BUILTIN_DEFAULT', 'BUILTIN_NONE']\r\nnone True b''\r\n"), "{said}");
    assert!(said.contains("received b'over and'\r\nreceived b'over again'\r\n"), "{said}");
    assert!(said.contains(">>> "), "the prompt after main.py: {said}");
}
