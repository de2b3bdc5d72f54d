//! A device made of tables for hosts in another process: bulk echo, interrupt IN and OUT, and isochronous endpoints in an
//! alternate setting.

#![allow(dead_code, reason = "each test uses its part of it")]

use usb_simulator::scripted::Scripted;

pub const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 0x8a, 0x2e, 5, 0, 0, 1, 1, 2, 3, 1];
pub const BULK_OUT: u8 = 0x01;
pub const BULK_IN: u8 = 0x81;
pub const INTERRUPT_IN: u8 = 0x82;
pub const INTERRUPT_OUT: u8 = 0x02;
pub const ISO_IN: u8 = 0x83;
pub const ISO_OUT: u8 = 0x03;
/// Class, subclass and protocol of interface 0.
pub const CLASS: [u8; 3] = [0xff, 0x12, 0x34];

pub fn configuration() -> Vec<u8> {
    let endpoint = |address: u8, kind: u8, size: u8, interval: u8| vec![7, 5, address, kind, size, 0, interval];
    let interface = |number: u8, alternate: u8, endpoints: u8, class: [u8; 3]| {
        vec![9, 4, number, alternate, endpoints, class[0], class[1], class[2], 0]
    };
    let mut bytes = [
        vec![9, 2, 0, 0, 2, 1, 0, 0x80, 50],
        interface(0, 0, 4, CLASS),
        endpoint(BULK_OUT, 2, 64, 0),
        endpoint(BULK_IN, 2, 64, 0),
        endpoint(INTERRUPT_IN, 3, 8, 2),
        endpoint(INTERRUPT_OUT, 3, 8, 4),
        interface(1, 0, 0, [0xff, 0, 0]),
        interface(1, 1, 2, [0xff, 0, 0]),
        endpoint(ISO_IN, 1, 32, 1),
        endpoint(ISO_OUT, 1, 32, 1),
    ]
    .concat();
    bytes[2] = bytes.len() as u8;
    bytes
}

pub fn scripted() -> Scripted {
    Scripted::new(&DEVICE, &configuration()).with(|device| {
        device.strings = ["maker", "thing", "1"].map(str::to_owned).to_vec();
        device.echo = true;
    })
}
