//! How a device is described in the list and in the answer to an import.

use super::BUS_ID;
use crate::host::descriptor::Interface;
use crate::station::Settings;

/// Bus and device number that the client sees; in URBs they are one number.
const BUS: u32 = 1;
const DEVICE: u32 = 2;
/// The number of the device in URBs.
pub const DEVICE_ID: u32 = BUS << 16 | DEVICE;
/// Full speed, as Linux numbers speeds.
const FULL_SPEED: u32 = 2;
/// Where the device would be in a Linux server's sysfs. Clients only show it.
const PATH: &str = "/sys/devices/usbsim/usb1/1-1";

fn text<const N: usize>(to: &mut Vec<u8>, text: &str) {
    let mut field = [0; N];
    for (byte, from) in field[..N - 1].iter_mut().zip(text.bytes()) {
        *byte = from;
    }
    to.extend_from_slice(&field);
}

fn interfaces(settings: &Settings) -> Vec<&Interface> {
    let shown = settings.configuration().or_else(|| settings.configurations.first());
    shown.iter().flat_map(|one| settings.interfaces(one)).take(usize::from(u8::MAX)).collect()
}

/// Appends the device's record, 312 bytes.
pub fn device(to: &mut Vec<u8>, settings: &Settings) {
    text::<256>(to, PATH);
    text::<32>(to, BUS_ID);
    for number in [BUS, DEVICE, FULL_SPEED] {
        to.extend(number.to_be_bytes());
    }
    let device = &settings.device;
    for number in [device.vendor, device.product, device.release] {
        to.extend(number.to_be_bytes());
    }
    to.extend(device.class);
    to.extend([settings.value(), device.configurations, interfaces(settings).len() as u8]);
}

/// Appends the interfaces that follow the record in a list.
pub fn device_interfaces(to: &mut Vec<u8>, settings: &Settings) {
    for interface in interfaces(settings) {
        to.extend(interface.class);
        to.push(0);
    }
}
