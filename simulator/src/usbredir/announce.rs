//! What the guest is told of the device: its interfaces and endpoints, from the device's own descriptors.

use super::encode::Encoder;
use super::message::{capability, kind};
use crate::bus::urb::TransferType;
use crate::host::descriptor::{Endpoint, Interface};
use crate::station::Settings;

/// Interfaces, and endpoints of both directions, that the messages have room for.
const ROOM: usize = 32;
/// Full speed.
const FULL_SPEED: u8 = 1;
/// No endpoint of that number.
const INVALID: u8 = 255;

/// Where an endpoint stands in ep_info: OUT 0 to 15, IN 16 to 31.
const fn place(address: u8) -> usize {
    ((address & 0x80) >> 3 | address & 0x0f) as usize
}

/// interface_info and ep_info of what is set; before anything is set, of the device's first configuration.
pub fn describe(to: &mut Encoder, settings: &Settings) {
    let shown = settings.configuration().or_else(|| settings.configurations.first());
    let interfaces: Vec<&Interface> = shown.iter().flat_map(|one| settings.interfaces(one)).take(ROOM).collect();
    interface_info(to, &interfaces);
    ep_info(to, settings.device.max_packet0, &interfaces);
}

/// The device is there. After [`describe`].
pub fn connect(to: &mut Encoder, settings: &Settings) {
    let device = &settings.device;
    let [class, subclass, protocol] = device.class;
    let numbers = [device.vendor, device.product, device.release].map(u16::to_le_bytes);
    let known = if to.common & capability::DEVICE_VERSION != 0 { 3 } else { 2 };
    let fields = [FULL_SPEED, class, subclass, protocol];
    to.message(kind::DEVICE_CONNECT, 0, &[&fields, numbers[..known].as_flattened()]);
}

fn interface_info(to: &mut Encoder, interfaces: &[&Interface]) {
    let count = (interfaces.len() as u32).to_le_bytes();
    let column = |of: &dyn Fn(&Interface) -> u8| {
        let mut bytes = [0; ROOM];
        for (byte, one) in bytes.iter_mut().zip(interfaces) {
            *byte = of(one);
        }
        bytes
    };
    let number = column(&|one| one.number);
    let class = column(&|one| one.class[0]);
    let subclass = column(&|one| one.class[1]);
    let protocol = column(&|one| one.class[2]);
    to.message(kind::INTERFACE_INFO, 0, &[&count, &number, &class, &subclass, &protocol]);
}

fn ep_info(to: &mut Encoder, max_packet0: usize, interfaces: &[&Interface]) {
    let mut types = [INVALID; ROOM];
    let mut intervals = [0; ROOM];
    let mut numbers = [0; ROOM];
    let mut sizes = [[0; 2]; ROOM];
    for at in [place(0x00), place(0x80)] {
        types[at] = 0;
        sizes[at] = (max_packet0 as u16).to_le_bytes();
    }
    for (interface, endpoint) in interfaces.iter().flat_map(|one| one.endpoints.iter().map(|each| (one.number, each))) {
        let at = place(endpoint.address);
        types[at] = type_number(endpoint.transfer_type);
        intervals[at] = interval(endpoint);
        numbers[at] = interface;
        sizes[at] = (endpoint.max_packet as u16).to_le_bytes();
    }
    let sizes = if to.common & capability::MAX_PACKET != 0 { sizes.as_flattened() } else { &[] };
    to.message(kind::EP_INFO, 0, &[&types, &intervals, &numbers, sizes]);
}

/// As in bmAttributes.
const fn type_number(kind: TransferType) -> u8 {
    match kind {
        TransferType::Control => 0,
        TransferType::Isochronous => 1,
        TransferType::Bulk => 2,
        TransferType::Interrupt => 3,
    }
}

/// In frames: the guest divides 1000 by it to know how many packets there are in a second.
fn interval(endpoint: &Endpoint) -> u8 {
    match endpoint.transfer_type {
        TransferType::Bulk | TransferType::Control => 0,
        TransferType::Interrupt | TransferType::Isochronous => u8::try_from(endpoint.interval()).unwrap_or(u8::MAX),
    }
}
