//! Recordings are what Wireshark expects: its own dissector reads them back. Needs tshark.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use usb_simulator::bus::urb::{TransferType, Urb};
use usb_simulator::bus::{Bus, RESET};
use usb_simulator::scripted::Scripted;
use usb_simulator::time::BusTime;

const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 0x8a, 0x2e, 5, 0, 0, 1, 0, 0, 0, 1];

fn fields(file: &Path, names: &[&str]) -> Vec<String> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "fields", "-E", "separator=|"]);
    command.args(names.iter().flat_map(|name| ["-e", name]));
    let output = command.output().expect("tshark must be installed: make lets apt-get install it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn tshark_reads_every_kind_of_transfer_back() {
    let file = std::env::temp_dir().join(format!("usb-simulator-{}.pcap", std::process::id()));
    let device = Scripted::new(&DEVICE, &[]).with(|device| {
        device.timeline = vec![(BusTime::ZERO, 0x82, vec![1, 2, 3]), (BusTime::ZERO, 0x83, vec![9; 8])];
    });
    let mut bus = Bus::new(Box::new(device));
    bus.record_pcap(Box::new(File::create(&file).unwrap())).unwrap();
    bus.run_until(BusTime::from_millis(1)).unwrap();
    bus.reset(RESET).unwrap();
    let urbs = [
        Urb::control(0, 64, [0x80, 6, 0, 1, 0, 0, 18, 0], &[]),
        Urb::control(0, 64, [0x00, 9, 1, 0, 0, 0, 0, 0], &[]),
        Urb::control(0, 64, [0x80, 6, 0, 15, 0, 0, 5, 0], &[]),
        Urb::out(0, 1, TransferType::Bulk, 64, b"bulk data"),
        Urb::input(0, 2, TransferType::Interrupt, 8, 8).every(2),
        Urb::isochronous(0, 0x83, 16, &[], vec![16, 16]),
    ];
    for urb in urbs {
        let id = bus.submit(urb);
        assert!(bus.wait(id, BusTime::from_millis(500)).unwrap().is_some());
    }
    bus.finish_recording().unwrap();

    let names =
        ["usb.urb_type", "usb.transfer_type", "usb.endpoint_address", "usb.urb_status", "usb.urb_len", "usb.idVendor"];
    let lines = fields(&file, &names);
    let expected = [
        "'S'|0x02|0x80|-115|18|",
        "'C'|0x02|0x80|0|18|0x2e8a",
        "'S'|0x02|0x00|-115|0|",
        "'C'|0x02|0x00|0|0|",
        "'S'|0x02|0x80|-115|5|",
        "'C'|0x02|0x80|-32|0|",
        "'S'|0x03|0x01|-115|9|",
        "'C'|0x03|0x01|0|9|",
        "'S'|0x01|0x82|-115|8|",
        "'C'|0x01|0x82|0|3|",
        "'S'|0x00|0x83|-115|32|",
        "'C'|0x00|0x83|0|8|",
    ];
    assert_eq!(lines, expected);
    // tshark 3 writes colons between the bytes, later ones do not.
    let data: Vec<String> = fields(&file, &["usb.capdata"]).iter().map(|line| line.replace(':', "")).collect();
    assert_eq!((data[6].as_str(), data[9].as_str()), ("62756c6b2064617461", "010203"));
    let counts = fields(&file, &["usb.iso.error_count", "usb.iso.numdesc"]);
    assert!(counts[11].starts_with("1|2"), "{}", counts[11]);
    let malformed = fields(&file, &["_ws.malformed"]);
    assert!(malformed.iter().all(String::is_empty), "{malformed:?}");
    std::fs::remove_file(file).unwrap();
}
