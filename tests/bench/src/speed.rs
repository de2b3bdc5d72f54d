//! How fast Python's transfers of 4 KiB go (`device/vendor.py`). The host always has more transfers waiting than the device
//! can serve.

use usb_simulator::host::HostError;

use crate::cost::{received, vendor_interface};
use crate::{BusHost, PATIENCE, wrong};

/// What the device submits at once.
const TRANSFER: usize = 4096;
/// What the host asks for at once.
const PIECE: usize = 4 * TRANSFER;
/// How many of those. The first is not measured.
const PIECES: usize = 17;

/// The number of the second pair of endpoints.
fn endpoint(host: &BusHost) -> Result<u8, HostError> {
    let endpoints = vendor_interface(host)?.endpoints;
    endpoints.last().map(|endpoint| endpoint.address & 0x0f).ok_or_else(|| wrong("the interface has no endpoints"))
}

/// The byte at a place of what the device sends: each transfer is a whole number of these.
fn pattern(place: usize) -> u8 {
    (place % 256) as u8
}

/// To the host.
pub fn bulk_in(host: &mut BusHost) -> Result<(), HostError> {
    let endpoint = endpoint(host)?;
    let reads: Vec<_> = (0..PIECES).map(|_| host.submit_read(endpoint, PIECE)).collect();
    let mut begin = None;
    for read in reads {
        let data = host.wait(read, PATIENCE)?.data;
        if data.len() != PIECE || data.iter().enumerate().any(|(place, byte)| *byte != pattern(place)) {
            return Err(wrong(format!("{} bytes came that the device did not send", data.len())));
        }
        begin = begin.or(Some(host.now()));
    }
    rate(host, "bulk_in", begin)
}

/// To the device.
pub fn bulk_out(host: &mut BusHost) -> Result<(), HostError> {
    let endpoint = endpoint(host)?;
    let data: Vec<u8> = (0..PIECE).map(pattern).collect();
    let writes: Vec<_> = (0..PIECES).map(|_| host.submit_write(endpoint, &data, false)).collect();
    let mut begin = None;
    for write in writes {
        host.wait(write, PATIENCE)?;
        begin = begin.or(Some(host.now()));
    }
    rate(host, "bulk_out", begin)?;
    match received(host)? as usize {
        count if count == PIECE * PIECES => Ok(()),
        count => Err(wrong(format!("{count} of {} bytes came to Python", PIECE * PIECES))),
    }
}

fn rate(host: &mut BusHost, name: &str, begin: Option<usb_simulator::time::BusTime>) -> Result<(), HostError> {
    let begin = begin.ok_or_else(|| wrong("nothing was measured"))?;
    println!("rate {name} {} {}", PIECE * (PIECES - 1), host.now().since(begin).nanos());
    Ok(())
}
