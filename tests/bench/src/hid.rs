//! How many frames have a report when Python sends one after the other (`device/hid.py`).

use usb_simulator::host::HostError;
use usb_simulator::time::BusTime;

use crate::{BusHost, PATIENCE, wrong};

/// Frames that are looked at.
const FRAMES: u64 = 1_000;
/// Reports before that, in which the device's program gets into its stride.
const BEFORE: usize = 20;
/// Bytes of a report: a number that counts up.
const REPORT: usize = 8;

/// Reads a report in every frame that has one.
pub fn reports(host: &mut BusHost) -> Result<(), HostError> {
    let interfaces = host.device().map(|device| device.configuration.interfaces.clone()).unwrap_or_default();
    let endpoint = interfaces.iter().find(|one| one.class[0] == 3).and_then(|one| one.endpoints.first());
    let endpoint = endpoint.ok_or_else(|| wrong("no HID interface: this is not device/hid.py"))?;
    if endpoint.b_interval != 1 {
        return Err(wrong(format!("bInterval is {}", endpoint.b_interval)));
    }
    let mut next = None;
    for _ in 0..BEFORE {
        check(&host.read(endpoint.address, REPORT, PATIENCE)?, &mut next)?;
    }
    let reads: Vec<_> = (0..FRAMES).map(|_| host.submit_read(endpoint.address, REPORT)).collect();
    let first = host.with_bus(|bus| bus.frame());
    host.run_until(PATIENCE, |bus| bus.frame() > first)?;
    let begin = host.now();
    host.run_for(BusTime::from_millis(FRAMES))?;
    let frames = host.now().since(begin).nanos() / BusTime::FRAME.nanos();
    let mut count = 0_u64;
    for read in reads {
        if host.with_bus(|bus| bus.is_finished(read)) {
            check(&host.wait(read, PATIENCE)?.data, &mut next)?;
            count += 1;
        } else {
            host.cancel(read);
        }
    }
    println!("count hid_reports {count}");
    if frames == FRAMES { Ok(()) } else { Err(wrong(format!("{frames} frames were looked at"))) }
}

/// No report is lost, none comes twice.
fn check(report: &[u8], next: &mut Option<u16>) -> Result<(), HostError> {
    let &[low, high, ..] = report else { return Err(wrong(format!("a report of {} bytes", report.len()))) };
    let number = u16::from_le_bytes([low, high]);
    if next.is_some_and(|next| next != number) {
        return Err(wrong(format!("report {number} came after {:?}", next.map(|next| next.wrapping_sub(1)))));
    }
    *next = Some(number.wrapping_add(1));
    Ok(())
}
