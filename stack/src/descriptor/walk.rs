//! Walking a configuration descriptor: descriptor by descriptor, endpoint by endpoint, function by function.

use core::ops::Range;

use super::{ASSOCIATION_LENGTH, CONFIGURATION_LENGTH, ENDPOINT_LENGTH, INTERFACE_LENGTH, Lie, Rule, Table, kind};
use crate::controller::{EndpointAddress, EndpointConfig, TransferType};

/// One descriptor: its bytes, bLength of them, and where they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item<'a> {
    /// Offset from the start of the table.
    pub offset: usize,
    /// At least two: bLength and bDescriptorType.
    pub bytes: &'a [u8],
}

impl Item<'_> {
    /// A byte of it, 0 where it is too short.
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// bDescriptorType.
    pub fn kind(&self) -> u8 {
        self.byte(1)
    }

    /// It is of this kind and has at least `length` bytes.
    fn is(&self, kind: u8, length: usize) -> bool {
        self.kind() == kind && self.bytes.len() >= length
    }

    fn end(&self) -> usize {
        self.offset.saturating_add(self.bytes.len())
    }
}

/// The descriptors of a table; ends at the first that makes no sense.
#[derive(Clone)]
pub struct Items<'a> {
    table: &'a [u8],
    offset: usize,
}

/// Every descriptor from the start of `table` on.
pub fn items(table: &[u8]) -> Items<'_> {
    Items { table, offset: 0 }
}

impl<'a> Items<'a> {
    /// The next descriptor, `None` at the end, or what is wrong with it.
    pub(super) fn try_next(&mut self, table: Table) -> Result<Option<Item<'a>>, Lie> {
        let offset = self.offset;
        let rest = self.table.get(offset..).unwrap_or(&[]);
        let Some(&length) = rest.first() else {
            return Ok(None);
        };
        let length = usize::from(length);
        if length < 2 {
            return Err(table.lie(offset, Rule::Length));
        }
        let bytes = rest.get(..length).ok_or(table.lie(offset, Rule::PastEnd))?;
        self.offset = offset.saturating_add(length);
        Ok(Some(Item { offset, bytes }))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.try_next(Table::Configuration).ok().flatten()
    }
}

/// The table's first wTotalLength bytes, `None` if it has fewer, or if that is less than `header`.
#[inline(never)]
pub(crate) fn total(table: &[u8], header: usize) -> Option<&[u8]> {
    let length = u16::from_le_bytes([*table.get(2)?, *table.get(3)?]);
    table.get(..usize::from(length)).filter(|total| total.len() >= header)
}

/// bConfigurationValue.
pub(crate) fn configuration_value(configuration: &[u8]) -> u8 {
    configuration.get(5).copied().unwrap_or(0)
}

/// An endpoint of a configuration, and the setting that it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    /// Offset of its descriptor.
    pub offset: usize,
    /// bInterfaceNumber.
    pub interface: u8,
    /// bAlternateSetting.
    pub alternate: u8,
    /// bInterfaceClass.
    pub class: u8,
    pub config: EndpointConfig,
}

/// The endpoints of all settings. Those before the first interface belong to nothing and are left out.
pub(crate) struct EndpointWalk<'a> {
    items: Items<'a>,
    /// The interface descriptor above.
    setting: Option<Item<'a>>,
}

/// The endpoints of a configuration descriptor.
pub(crate) fn endpoints(configuration: &[u8]) -> EndpointWalk<'_> {
    EndpointWalk { items: items(total(configuration, CONFIGURATION_LENGTH).unwrap_or(&[])), setting: None }
}

impl Iterator for EndpointWalk<'_> {
    type Item = Endpoint;

    // Called from many places, and not often enough to pay for a copy in each.
    #[inline(never)]
    fn next(&mut self) -> Option<Endpoint> {
        for item in self.items.by_ref() {
            if item.is(kind::INTERFACE, INTERFACE_LENGTH) {
                self.setting = Some(item);
            }
            let Some(setting) = self.setting.as_ref().filter(|_| item.is(kind::ENDPOINT, ENDPOINT_LENGTH)) else {
                continue;
            };
            return Some(Endpoint {
                offset: item.offset,
                interface: setting.byte(2),
                alternate: setting.byte(3),
                class: setting.byte(5),
                config: EndpointConfig {
                    address: EndpointAddress::from_byte(item.byte(2)),
                    transfer_type: TransferType::from_attributes(item.byte(3)),
                    // Bits 11 and up are for high speed (USB 2.0 table 9-13).
                    max_packet_size: u16::from_le_bytes([item.byte(4), item.byte(5)]) & 0x07ff,
                },
            });
        }
        None
    }
}

/// Interfaces 0 to 31 of the configuration: a bit each.
pub(crate) fn interfaces(configuration: &[u8]) -> u32 {
    items(total(configuration, CONFIGURATION_LENGTH).unwrap_or(&[]))
        .filter(|item| item.is(kind::INTERFACE, INTERFACE_LENGTH) && item.byte(3) == 0)
        .fold(0, |found, item| found | 1u32.checked_shl(u32::from(item.byte(2))).unwrap_or(0))
}

/// The configuration has this alternate setting of this interface.
pub(crate) fn has_setting(configuration: &[u8], interface: u8, alternate: u8) -> bool {
    items(total(configuration, CONFIGURATION_LENGTH).unwrap_or(&[])).any(|item| {
        item.is(kind::INTERFACE, INTERFACE_LENGTH) && item.byte(2) == interface && item.byte(3) == alternate
    })
}

/// A function: an interface with all of its settings, or the interfaces of an interface association.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its bytes in the configuration descriptor: from its association or interface descriptor on, with all that
    /// belongs to it.
    pub bytes: Range<usize>,
    /// bInterfaceNumber of its first interface.
    pub first_interface: u8,
}

/// The functions of a configuration.
#[derive(Clone)]
pub struct Functions<'a> {
    items: Items<'a>,
}

/// The functions of a configuration descriptor.
pub fn functions(configuration: &[u8]) -> Functions<'_> {
    Functions { items: items(total(configuration, CONFIGURATION_LENGTH).unwrap_or(&[])) }
}

impl Iterator for Functions<'_> {
    type Item = Function;

    fn next(&mut self) -> Option<Function> {
        let starts = |item: &Item| {
            item.is(kind::INTERFACE, INTERFACE_LENGTH) || item.is(kind::INTERFACE_ASSOCIATION, ASSOCIATION_LENGTH)
        };
        let first = self.items.find(starts)?;
        let interface_count = match first.kind() {
            kind::INTERFACE_ASSOCIATION => first.byte(3).max(1),
            _ => 1,
        };
        // bFirstInterface and bInterfaceNumber are both byte 2, but it is the interfaces themselves that count.
        let mut base = (first.kind() == kind::INTERFACE).then(|| first.byte(2));
        let mut end = first.end();
        while let Some(item) = self.items.next() {
            if starts(&item) {
                let number = item.byte(2);
                let first_interface = *base.get_or_insert(number);
                let belongs = item.kind() == kind::INTERFACE
                    && number.checked_sub(first_interface).is_some_and(|place| place < interface_count);
                if !belongs {
                    // The next function begins with it.
                    self.items.offset = item.offset;
                    break;
                }
            }
            end = item.end();
        }
        Some(Function { bytes: first.offset..end, first_interface: base.unwrap_or(first.byte(2)) })
    }
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

    #[test]
    fn an_interface_is_a_function_with_all_its_settings() {
        let bytes =
            configuration(&[&interface(0, 0), &interface(0, 1), &ENDPOINT, &[5, 0x24, 1, 2, 3], &interface(1, 0)]);
        let found: Vec<_> = functions(&bytes).collect();
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
        let found: Vec<_> = functions(&bytes).collect();
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
        let found: Vec<_> = endpoints(&bytes).map(|e| (e.interface, e.alternate, e.config.address.byte())).collect();
        assert_eq!(found, [(3, 1, 0x02), (3, 1, 0x81)]);
    }

    #[test]
    fn walking_stops_where_the_bytes_make_no_sense() {
        assert_eq!(items(&[2, 1, 0, 9]).count(), 1);
        assert_eq!(items(&[2, 1, 3, 9]).count(), 1);
        assert_eq!(items(&[1]).count(), 0);
        assert_eq!(items(&[]).count(), 0);
        assert_eq!(functions(&[9, 2, 200, 0, 1, 1, 0, 0x80, 50]).count(), 0);
        assert_eq!(functions(&[9]).count(), 0);
    }

    #[test]
    fn only_settings_that_exist_are_found() {
        let bytes = configuration(&[&interface(0, 0), &interface(2, 1)]);
        assert!(has_setting(&bytes, 0, 0) && has_setting(&bytes, 2, 1));
        assert!(!has_setting(&bytes, 0, 1) && !has_setting(&bytes, 1, 0));
    }
}
