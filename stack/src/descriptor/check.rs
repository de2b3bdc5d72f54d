//! The rules that descriptors must keep. What is not listed here is served as it is.

use super::walk::{Endpoint, endpoints, items, offset, total};
use super::{BOS_LENGTH, CONFIGURATION_LENGTH, DEVICE_LENGTH, Lie, Rule, Table, kind};
use crate::controller::{Controller, EndpointAddress, TransferType, is_control_size};
use crate::endpoint::{EndpointSet, place};

/// Checks a device descriptor; returns bMaxPacketSize0.
///
/// # Errors
/// The [`Lie`] in it.
pub fn check_device(device: &[u8]) -> Result<usize, Lie> {
    let lie = |offset, rule| Table::Device.lie(offset, rule);
    let Some(&[length, _, _, _, _, _, _, max_packet_size_0, ..]) = device.first_chunk::<DEVICE_LENGTH>() else {
        return Err(lie(0, Rule::TooShort));
    };
    if length == 0 {
        return Err(lie(0, Rule::Length));
    }
    if usize::from(length) > device.len() {
        return Err(lie(0, Rule::PastEnd));
    }
    if !is_control_size(u16::from(max_packet_size_0)) {
        return Err(lie(7, Rule::MaxPacketSize0));
    }
    Ok(usize::from(max_packet_size_0))
}

/// Checks a configuration descriptor for a controller of which the first `numbers` endpoint numbers can be used.
///
/// # Errors
/// The first [`Lie`] in it.
pub fn check_configuration<C: Controller>(configuration: &[u8], controller: &C, numbers: usize) -> Result<(), Lie> {
    check_items(configuration, Table::Configuration, CONFIGURATION_LENGTH)?;
    let limits = controller.limits();
    let numbers = numbers.min(usize::from(limits.endpoints));
    let mut memory = PacketMemory::new();
    let mut setting = Setting { of: (0, 0), addresses: EndpointSet::new() };
    for endpoint in endpoints(configuration) {
        let config = endpoint.config();
        let number = usize::from(config.address.number());
        let rule = if number == 0 || number >= numbers {
            Rule::EndpointNumber
        } else if !setting.is_new(endpoint, config.address) {
            Rule::EndpointTwice
        } else if config.transfer_type == TransferType::Control {
            Rule::EndpointType
        } else if let Some(footprint) = controller.footprint(config) {
            memory.add(config.address, footprint);
            if memory.sum <= limits.packet_memory {
                continue;
            }
            Rule::NoRoom
        } else {
            Rule::PacketSize
        };
        return Err(Table::Configuration.lie(offset(configuration, endpoint.bytes()), rule));
    }
    Ok(())
}

/// Packet memory for the endpoints of a configuration, in the unit of [`Controller::footprint`]: for each address the
/// most that any setting takes. Those of the first `builtin_interfaces` interfaces are left out.
pub fn packet_memory<C: Controller>(configuration: &[u8], controller: &C, builtin_interfaces: u8) -> u32 {
    let mut memory = PacketMemory::new();
    for endpoint in endpoints(configuration) {
        if endpoint.interface() >= builtin_interfaces {
            let config = endpoint.config();
            memory.add(config.address, controller.footprint(config).unwrap_or(0));
        }
    }
    memory.sum
}

/// Checks a binary object store (USB 3.2 section 9.6.2).
///
/// # Errors
/// The first [`Lie`] in it.
pub fn check_bos(bos: &[u8]) -> Result<(), Lie> {
    check_items(bos, Table::Bos, BOS_LENGTH)
}

/// Checks wTotalLength and every bLength, and that no device capability promises link power management.
fn check_items(bytes: &[u8], table: Table, header: usize) -> Result<(), Lie> {
    if bytes.len() < header {
        return Err(table.lie(0, Rule::TooShort));
    }
    let total = total(bytes);
    if total.len() < header {
        return Err(table.lie(2, Rule::TotalLength));
    }
    let mut items = items(total);
    let mut least = header;
    let mut promises = Ok(());
    for item in items.by_ref() {
        if table == Table::Bos && item.get(1) == Some(&kind::DEVICE_CAPABILITY) {
            least = least.max(4);
            // USB 2.0 extension capability, bmAttributes bit 1 (USB 3.2 table 9-14).
            if let [_, _, 2, attributes, ..] = item
                && attributes & 2 != 0
            {
                promises = promises.and(Err(table.lie(offset(bytes, item), Rule::Lpm)));
            }
        }
        if item.len() < least {
            return Err(table.lie(offset(bytes, item), Rule::Length));
        }
        // One that is too short for what it calls itself is served, and otherwise passed over.
        least = 2;
    }
    let rule = match items.rest() {
        [] => return promises,
        [0 | 1, ..] => Rule::Length,
        _ => Rule::PastEnd,
    };
    Err(table.lie(offset(bytes, items.rest()), rule))
}

/// The endpoint addresses met so far in one alternate setting.
struct Setting {
    /// Interface and alternate setting.
    of: (u8, u8),
    addresses: EndpointSet,
}

impl Setting {
    /// The address has not been met in this setting.
    fn is_new(&mut self, endpoint: Endpoint, address: EndpointAddress) -> bool {
        let of = (endpoint.interface(), endpoint.alternate());
        if self.of != of {
            *self = Self { of, addresses: EndpointSet::new() };
        }
        let new = !self.addresses.contains(address);
        self.addresses.insert(address);
        new
    }
}

/// Packet memory for many endpoints: for each address the most that any setting takes.
struct PacketMemory {
    /// By the [`place`] of the endpoint.
    most: [u32; 32],
    /// Of all addresses.
    sum: u32,
}

impl PacketMemory {
    fn new() -> Self {
        Self { most: [0; 32], sum: 0 }
    }

    fn add(&mut self, address: EndpointAddress, footprint: u32) {
        if let Some(most) = self.most.get_mut(place(address))
            && footprint > *most
        {
            self.sum = self.sum.wrapping_add(footprint.wrapping_sub(*most));
            *most = footprint;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeController;
    use std::vec::Vec;

    const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 1, 2, 3, 4, 0, 1, 1, 2, 3, 1];

    fn lie(table: Table, offset: usize, rule: Rule) -> Lie {
        table.lie(offset, rule)
    }

    /// One interface with endpoints given as (address, attributes, packet size).
    fn configuration(endpoints: &[(u8, u8, u16)]) -> Vec<u8> {
        let mut bytes = std::vec![9, 2, 0, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, endpoints.len() as u8, 255, 0, 0, 0];
        for (address, attributes, size) in endpoints {
            let size = size.to_le_bytes();
            bytes.extend_from_slice(&[7, 5, *address, *attributes, size[0], size[1], 1]);
        }
        bytes[2] = bytes.len() as u8;
        bytes
    }

    fn check(bytes: &[u8]) -> Result<(), Lie> {
        check_configuration(bytes, &FakeController::new(), 16)
    }

    #[test]
    fn every_legal_packet_size_of_endpoint_0_passes_and_no_other() {
        for size in 0..=255 {
            let mut device = DEVICE;
            device[7] = size;
            let expected = match size {
                8 | 16 | 32 | 64 => Ok(usize::from(size)),
                _ => Err(lie(Table::Device, 7, Rule::MaxPacketSize0)),
            };
            assert_eq!(check_device(&device), expected);
        }
    }

    #[test]
    fn short_device_descriptors_are_refused() {
        for length in 0..18 {
            assert_eq!(check_device(&DEVICE[..length]), Err(lie(Table::Device, 0, Rule::TooShort)));
        }
        let mut device = DEVICE;
        device[0] = 0;
        assert_eq!(check_device(&device), Err(lie(Table::Device, 0, Rule::Length)));
        device[0] = 19;
        assert_eq!(check_device(&device), Err(lie(Table::Device, 0, Rule::PastEnd)));
    }

    #[test]
    fn lengths_that_lie_are_refused_where_they_stand() {
        let good = configuration(&[(0x81, 2, 64), (0x01, 3, 8)]);
        assert_eq!(check(&good), Ok(()));
        for length in 0..good.len() {
            assert!(check(&good[..length]).is_err(), "{length}");
        }
        let mut bytes = good.clone();
        bytes[2] += 1;
        assert_eq!(check(&bytes), Err(lie(Table::Configuration, 2, Rule::TotalLength)));
        let mut bytes = good.clone();
        bytes[9] = 0;
        assert_eq!(check(&bytes), Err(lie(Table::Configuration, 9, Rule::Length)));
        let mut bytes = good.clone();
        bytes[25] = 8;
        assert_eq!(check(&bytes), Err(lie(Table::Configuration, 25, Rule::PastEnd)));
        let mut bytes = good;
        bytes[18] = 6;
        assert_eq!(check(&bytes), Err(lie(Table::Configuration, 24, Rule::Length)));
    }

    #[test]
    fn a_descriptor_too_short_for_its_type_is_served_and_passed_over() {
        let mut bytes = configuration(&[(0x81, 2, 64)]);
        bytes.extend_from_slice(&[4, 5, 0x82, 2]);
        bytes[2] = bytes.len() as u8;
        assert_eq!(check(&bytes), Ok(()));
        assert_eq!(endpoints(&bytes).count(), 1);
    }

    #[test]
    fn trailing_bytes_beyond_the_total_length_do_not_matter() {
        let mut bytes = configuration(&[(0x81, 2, 64)]);
        bytes.extend_from_slice(&[0, 0, 0]);
        assert_eq!(check(&bytes), Ok(()));
    }

    #[test]
    fn endpoints_beyond_the_controller_are_refused() {
        let at = |rule| Err(lie(Table::Configuration, 18, rule));
        assert_eq!(check(&configuration(&[(0x80, 2, 64)])), at(Rule::EndpointNumber));
        assert_eq!(check(&configuration(&[(0x81, 0, 64)])), at(Rule::EndpointType));
        assert_eq!(check(&configuration(&[(0x81, 2, 65)])), at(Rule::PacketSize));
        assert_eq!(check(&configuration(&[(0x81, 3, 65)])), at(Rule::PacketSize));
        assert_eq!(check(&configuration(&[(0x81, 1, 0)])), Ok(()));
        assert_eq!(check(&configuration(&[(0x81, 1, 1024)])), at(Rule::PacketSize));
        assert_eq!(check(&configuration(&[(0x81, 1, 1023)])), Ok(()));
        let eight = configuration(&[(0x88, 2, 64)]);
        assert_eq!(check_configuration(&eight, &FakeController::new(), 8), at(Rule::EndpointNumber));
        assert_eq!(check_configuration(&eight, &FakeController::new(), 9), Ok(()));
    }

    #[test]
    fn an_address_may_stand_once_in_a_setting() {
        let twice = configuration(&[(0x81, 2, 64), (0x81, 2, 64)]);
        assert_eq!(check(&twice), Err(lie(Table::Configuration, 25, Rule::EndpointTwice)));
        assert_eq!(check(&configuration(&[(0x81, 2, 64), (0x01, 2, 64)])), Ok(()));
        let mut settings = configuration(&[(0x81, 2, 64)]);
        settings.extend_from_slice(&[9, 4, 0, 1, 1, 255, 0, 0, 0, 7, 5, 0x81, 2, 32, 0, 1]);
        settings[2] = settings.len() as u8;
        assert_eq!(check(&settings), Ok(()));
        assert_eq!(packet_memory(&settings, &FakeController::new(), 0), 64);
        assert_eq!(packet_memory(&settings, &FakeController::new(), 1), 0);
    }

    #[test]
    fn a_controller_that_is_full_refuses() {
        let mut controller = FakeController::new();
        controller.packet_memory = 128;
        let bytes = configuration(&[(0x81, 2, 64), (0x01, 2, 64), (0x82, 3, 1)]);
        let expected = Err(lie(Table::Configuration, 32, Rule::NoRoom));
        assert_eq!(check_configuration(&bytes, &controller, 16), expected);
    }

    #[test]
    fn link_power_management_is_refused_in_a_binary_object_store() {
        let mut bos = [5, 15, 12, 0, 1, 7, 16, 2, 0, 0, 0, 0];
        assert_eq!(check_bos(&bos), Ok(()));
        bos[8] = 2;
        assert_eq!(check_bos(&bos), Err(lie(Table::Bos, 5, Rule::Lpm)));
        bos[5] = 3;
        assert_eq!(check_bos(&bos), Err(lie(Table::Bos, 5, Rule::Length)));
        assert_eq!(check_bos(&bos[..4]), Err(lie(Table::Bos, 0, Rule::TooShort)));
    }
}
