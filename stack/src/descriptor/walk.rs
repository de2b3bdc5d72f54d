//! Walking a configuration descriptor: descriptor by descriptor, endpoint by endpoint, function by function.

use core::ops::Range;

use super::{ASSOCIATION_LENGTH, ENDPOINT_LENGTH, INTERFACE_LENGTH, kind};
use crate::controller::{EndpointAddress, EndpointConfig, TransferType};

/// The descriptors of a table, each from its bLength on with so many bytes as that says; ends at the first that makes no
/// sense.
#[derive(Clone)]
pub struct Items<'a> {
    rest: &'a [u8],
}

/// Every descriptor from the start of `table` on.
pub fn items(table: &[u8]) -> Items<'_> {
    Items { rest: table }
}

impl<'a> Items<'a> {
    /// The bytes from the next descriptor on.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    // Called from many places, and not often enough to pay for a copy in each.
    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let length = *self.rest.first()?;
        if length < 2 {
            return None;
        }
        let (item, rest) = self.rest.split_at_checked(usize::from(length))?;
        self.rest = rest;
        Some(item)
    }
}

/// The first `N` bytes of a descriptor, if it is of this kind and has so many.
fn of_kind<const N: usize>(item: &[u8], kind: u8) -> Option<&[u8; N]> {
    item.first_chunk().filter(|bytes| bytes.get(1) == Some(&kind))
}

/// How many bytes before `part` its table begins.
pub(super) fn offset(table: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().wrapping_sub(table.as_ptr().addr())
}

/// The table's first wTotalLength bytes; none if it has fewer.
#[inline(never)]
pub(crate) fn total(table: &[u8]) -> &[u8] {
    match *table {
        [_, _, low, high, ..] => table.get(..usize::from(u16::from_le_bytes([low, high]))).unwrap_or(&[]),
        _ => &[],
    }
}

/// bConfigurationValue.
pub(crate) fn configuration_value(configuration: &[u8]) -> u8 {
    configuration.get(5).copied().unwrap_or(0)
}

/// An endpoint of a configuration: its descriptor, and that of the setting that it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    setting: &'a [u8; INTERFACE_LENGTH],
    endpoint: &'a [u8; ENDPOINT_LENGTH],
}

impl<'a> Endpoint<'a> {
    /// Its descriptor.
    pub fn bytes(self) -> &'a [u8] {
        self.endpoint
    }

    /// bInterfaceNumber.
    pub fn interface(self) -> u8 {
        self.setting[2]
    }

    /// bAlternateSetting.
    pub fn alternate(self) -> u8 {
        self.setting[3]
    }

    /// bInterfaceClass.
    pub fn class(self) -> u8 {
        self.setting[5]
    }

    pub fn config(self) -> EndpointConfig {
        let [_, _, address, attributes, low, high, _] = *self.endpoint;
        EndpointConfig {
            address: EndpointAddress::from_byte(address),
            transfer_type: TransferType::from_attributes(attributes),
            // Bits 11 and up are for high speed (USB 2.0 table 9-13).
            max_packet_size: u16::from_le_bytes([low, high]) & 0x07ff,
        }
    }
}

/// The endpoints of all settings. Those before the first interface belong to nothing and are left out.
pub(crate) struct Endpoints<'a> {
    items: Items<'a>,
    /// The interface descriptor above.
    setting: Option<&'a [u8; INTERFACE_LENGTH]>,
    /// Interfaces 0 to 31 met so far: a bit each.
    pub interfaces: u32,
}

/// The endpoints of a configuration descriptor.
pub(crate) fn endpoints(configuration: &[u8]) -> Endpoints<'_> {
    Endpoints { items: items(total(configuration)), setting: None, interfaces: 0 }
}

impl<'a> Iterator for Endpoints<'a> {
    type Item = Endpoint<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Endpoint<'a>> {
        loop {
            let item = self.items.next()?;
            if let Some(setting) = of_kind(item, kind::INTERFACE) {
                self.setting = Some(setting);
                if setting[3] == 0 {
                    self.interfaces |= 1u32.checked_shl(u32::from(setting[2])).unwrap_or(0);
                }
            } else if let (Some(setting), Some(endpoint)) = (self.setting, of_kind(item, kind::ENDPOINT)) {
                return Some(Endpoint { setting, endpoint });
            }
        }
    }
}

/// The configuration has this alternate setting of this interface.
pub(crate) fn has_setting(configuration: &[u8], interface: u8, alternate: u16) -> bool {
    items(total(configuration))
        .filter_map(|item| of_kind::<INTERFACE_LENGTH>(item, kind::INTERFACE))
        .any(|setting| setting[2] == interface && u16::from(setting[3]) == alternate)
}

/// A function: an interface with all of its settings, or the interfaces of an interface association.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its bytes in the configuration descriptor: from its association or interface descriptor on, with all that
    /// belongs to it.
    pub bytes: Range<usize>,
    /// bInterfaceNumber of its first interface.
    pub first_interface: usize,
}

/// The next function of a configuration descriptor, from an offset on: 0 for the first one, then the end of the one before.
pub fn function(configuration: &[u8], from: usize) -> Option<Function> {
    let table = total(configuration);
    let mut items = items(table.get(from..)?);
    let (mut start, mut end) = (0, from);
    // Interfaces that belong to it; 0 as long as it has not begun.
    let mut interface_count = 0;
    // bFirstInterface and bInterfaceNumber are both byte 2, but it is the interfaces themselves that count.
    let (mut first_interface, mut has_interface) = (0, false);
    while let Some(item) = items.next() {
        if let Some(head) = head(item) {
            let (is_interface, number) = (head[1] == kind::INTERFACE, usize::from(head[2]));
            if !has_interface {
                (first_interface, has_interface) = (number, is_interface);
            }
            if interface_count == 0 {
                start = offset(table, item);
                interface_count = if is_interface { 1 } else { usize::from(head[3].max(1)) };
            } else if !is_interface || number.wrapping_sub(first_interface) >= interface_count {
                // The next function begins with it.
                break;
            }
        }
        end = offset(table, items.rest);
    }
    (interface_count != 0).then_some(Function { bytes: start..end, first_interface })
}

/// The beginning of a descriptor that can begin a function.
fn head(item: &[u8]) -> Option<&[u8; ASSOCIATION_LENGTH]> {
    let is_head = of_kind::<INTERFACE_LENGTH>(item, kind::INTERFACE).is_some()
        || of_kind::<ASSOCIATION_LENGTH>(item, kind::INTERFACE_ASSOCIATION).is_some();
    item.first_chunk().filter(|_| is_head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn configuration(body: &[&[u8]]) -> Vec<u8> {
        let mut bytes = std::vec![9, 2, 0, 0, 1, 1, 0, 0x80, 50];
        for part in body {
            bytes.extend_from_slice(part);
        }
        let length = bytes.len().to_le_bytes();
        bytes[2] = length[0];
        bytes[3] = length[1];
        bytes
    }

    fn interface(number: u8, alternate: u8) -> [u8; 9] {
        [9, 4, number, alternate, 1, 0xff, 0, 0, 0]
    }

    const ENDPOINT: [u8; 7] = [7, 5, 0x81, 2, 64, 0, 0];

    fn functions(configuration: &[u8]) -> Vec<Function> {
        let mut next = 0;
        std::iter::from_fn(|| function(configuration, next).inspect(|function| next = function.bytes.end)).collect()
    }

    #[test]
    fn an_interface_is_a_function_with_all_its_settings() {
        let bytes =
            configuration(&[&interface(0, 0), &interface(0, 1), &ENDPOINT, &[5, 0x24, 1, 2, 3], &interface(1, 0)]);
        let found = functions(&bytes);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Function { bytes: 9..39, first_interface: 0 });
        assert_eq!(found[1], Function { bytes: 39..48, first_interface: 1 });
    }

    #[test]
    fn an_association_is_a_function_and_the_next_one_does_not_leak_in() {
        let first = [8, 11, 0, 2, 2, 2, 0, 0];
        let second = [8, 11, 2, 2, 2, 2, 0, 0];
        let bytes = configuration(&[
            &first,
            &interface(0, 0),
            &interface(1, 0),
            &ENDPOINT,
            &second,
            &interface(2, 0),
            &interface(3, 0),
            &interface(4, 0),
        ]);
        let found = functions(&bytes);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Function { bytes: 9..42, first_interface: 0 });
        assert_eq!(found[1], Function { bytes: 42..68, first_interface: 2 });
        assert_eq!(found[2], Function { bytes: 68..77, first_interface: 4 });
    }

    #[test]
    fn endpoints_know_their_setting_and_a_class_descriptor_of_a_like_kind_is_skipped() {
        let long = [9, 5, 0x02, 2, 64, 0, 0, 0, 0];
        let class = [5, 0x25, 1, 1, 1];
        let bytes = configuration(&[&interface(3, 0), &interface(3, 1), &long, &class, &ENDPOINT]);
        let found: Vec<_> =
            endpoints(&bytes).map(|e| (e.interface(), e.alternate(), e.config().address.byte())).collect();
        assert_eq!(found, [(3, 1, 0x02), (3, 1, 0x81)]);
    }

    #[test]
    fn walking_stops_where_the_bytes_make_no_sense() {
        assert_eq!(items(&[2, 1, 0, 9]).count(), 1);
        assert_eq!(items(&[2, 1, 3, 9]).count(), 1);
        assert_eq!(items(&[1]).count(), 0);
        assert_eq!(items(&[]).count(), 0);
        assert_eq!(functions(&[9, 2, 200, 0, 1, 1, 0, 0x80, 50]), []);
        assert_eq!(functions(&[9]), []);
    }

    #[test]
    fn only_settings_that_exist_are_found() {
        let bytes = configuration(&[&interface(0, 0), &interface(2, 1), &interface(31, 0), &interface(32, 0)]);
        let mut all = endpoints(&bytes);
        assert!(all.next().is_none());
        assert_eq!(all.interfaces, 1 << 31 | 1);
        assert!(has_setting(&bytes, 0, 0) && has_setting(&bytes, 2, 1));
        assert!(!has_setting(&bytes, 0, 1) && !has_setting(&bytes, 1, 0));
    }
}
