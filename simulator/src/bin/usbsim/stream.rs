//! Isochronous streams: each alternate setting that has one is chosen and used for a while, and what came is counted.

use usb_simulator::bus::Bus;
use usb_simulator::bus::urb::{IsoPacket, TransferType};
use usb_simulator::host::descriptor::{Endpoint, Interface};
use usb_simulator::host::{Enumerated, Host, HostError};
use usb_simulator::time::BusTime;

use super::auto::Observer;

/// How many packets each endpoint moves in each setting.
const PACKETS: usize = 200;
/// Time for a device to prepare its first packets.
const SETTLE: BusTime = BusTime::from_millis(10);

/// An interface with isochronous endpoints in its alternate settings.
pub struct Stream {
    interface: u8,
    /// Alternate settings and their isochronous endpoints.
    settings: Vec<(u8, Vec<Endpoint>)>,
    done: bool,
}

impl Stream {
    /// All of a device.
    pub fn all(device: &Enumerated) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for setting in &device.configuration.interfaces {
            let endpoints = isochronous(setting);
            if endpoints.is_empty() {
                continue;
            }
            let settings = (setting.alternate, endpoints);
            match all.iter_mut().find(|one| one.interface == setting.number) {
                Some(stream) => stream.settings.push(settings),
                None => all.push(Self { interface: setting.number, settings: vec![settings], done: false }),
            }
        }
        all
    }

    fn run(&self, host: &mut Host<Bus>, alternate: u8, endpoints: &[Endpoint]) -> Result<Vec<String>, HostError> {
        let name = format!("stream on interface {}, alternate setting {alternate}", self.interface);
        host.set_interface(self.interface, alternate)?;
        host.run_for(SETTLE)?;
        let urbs: Vec<_> = endpoints
            .iter()
            .map(|endpoint| {
                let packets = vec![endpoint.max_packet; PACKETS];
                host.submit_isochronous(endpoint.address, &numbered(endpoint), packets)
            })
            .collect();
        let mut lines = Vec::new();
        for (endpoint, urb) in endpoints.iter().zip(urbs) {
            let time = BusTime::from_millis(endpoint.interval() * (PACKETS as u64 + 100));
            let packets = host.wait(urb, time)?.packets;
            let told = if endpoint.is_in() { received(&packets) } else { sent(&packets, endpoint.max_packet) };
            lines.push(format!("{name}, endpoint 0x{:02x}: {told}", endpoint.address));
        }
        Ok(lines)
    }
}

impl Observer for Stream {
    fn poll(&mut self, host: &mut Host<Bus>, _last: bool) -> Result<Vec<String>, HostError> {
        let mut lines = Vec::new();
        if !self.done {
            self.done = true;
            for (alternate, endpoints) in &self.settings {
                lines.extend(self.run(host, *alternate, endpoints)?);
            }
            // Gives the bus time back that the settings had reserved (USB 2.0 section 5.6.3).
            host.set_interface(self.interface, 0)?;
        }
        Ok(lines)
    }
}

fn isochronous(setting: &Interface) -> Vec<Endpoint> {
    let endpoints = setting.endpoints.iter();
    // A packet size of 0 is how a default setting may look that reserves no time.
    endpoints.filter(|one| one.transfer_type == TransferType::Isochronous && one.max_packet > 0).cloned().collect()
}

/// What goes to an OUT endpoint: each packet begins with its number, low byte first.
fn numbered(endpoint: &Endpoint) -> Vec<u8> {
    if endpoint.is_in() {
        return Vec::new();
    }
    let packet = |number: usize| {
        let mut bytes = vec![0; endpoint.max_packet];
        for (byte, part) in bytes.iter_mut().zip((number as u16).to_le_bytes()) {
            *byte = part;
        }
        bytes
    };
    (0..PACKETS).flat_map(packet).collect()
}

fn sent(packets: &[IsoPacket], size: usize) -> String {
    let good = packets.iter().filter(|packet| packet.ok).count();
    format!("{good} of {} packets sent, {} bytes", packets.len(), good * size)
}

fn received(packets: &[IsoPacket]) -> String {
    let came: Vec<&[u8]> =
        packets.iter().filter(|one| one.ok && !one.data.is_empty()).map(|one| &one.data[..]).collect();
    let bytes: usize = came.iter().map(|data| data.len()).sum();
    let numbers = match missing(&came) {
        Some(missing) => format!(", numbered by the device, {missing} missing"),
        None => String::new(),
    };
    format!("{} of {} packets received, {bytes} bytes{numbers}", came.len(), packets.len())
}

/// If the packets begin with numbers that count up, low byte first: how many are left out.
fn missing(packets: &[&[u8]]) -> Option<usize> {
    let numbers: Option<Vec<u16>> =
        packets.iter().map(|data| Some(u16::from_le_bytes([*data.first()?, *data.get(1)?]))).collect();
    let numbers = numbers?;
    let steps = numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let in_order = steps.clone().filter(|step| *step == 1).count();
    // Bytes that only happen to stand there do not count up nearly always.
    (packets.len() > 1 && in_order * 10 >= (packets.len() - 1) * 9)
        .then(|| steps.map(|step| usize::from(step.wrapping_sub(1))).sum())
}
