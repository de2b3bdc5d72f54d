//! The host's own reading of descriptors. It trusts no length, and says in words what is wrong and what was expected.

use std::ops::Range;

use thiserror::Error;

use super::request::descriptor_type;
use crate::bus::urb::TransferType;

/// A descriptor that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{descriptor} descriptor, byte {offset}: {rule}")]
pub struct DescriptorError {
    /// Which.
    pub descriptor: String,
    /// Offset in what the device sent.
    pub offset: usize,
    /// What was found and what was expected.
    pub rule: String,
}

fn broken<T>(descriptor: &str, offset: usize, rule: impl Into<String>) -> Result<T, DescriptorError> {
    Err(DescriptorError { descriptor: descriptor.to_owned(), offset, rule: rule.into() })
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes.get(at).copied().unwrap_or(0), bytes.get(at + 1).copied().unwrap_or(0)])
}

/// USB 2.0 table 9-8.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceDescriptor {
    /// The 18 bytes.
    pub bytes: Vec<u8>,
    /// bcdUSB.
    pub usb: u16,
    /// bDeviceClass, bDeviceSubClass, bDeviceProtocol.
    pub class: [u8; 3],
    /// bMaxPacketSize0.
    pub max_packet0: usize,
    /// idVendor.
    pub vendor: u16,
    /// idProduct.
    pub product: u16,
    /// bcdDevice.
    pub release: u16,
    /// iManufacturer, iProduct, iSerialNumber.
    pub strings: [u8; 3],
    /// bNumConfigurations.
    pub configurations: u8,
}

/// bMaxPacketSize0 from the first eight bytes of a device descriptor, which is all that may come at first.
///
/// # Errors
/// When the eight bytes are not the beginning of a device descriptor.
pub fn first_packet(bytes: &[u8]) -> Result<usize, DescriptorError> {
    const NAME: &str = "device";
    if bytes.len() < 8 {
        return broken(NAME, bytes.len(), format!("{} bytes came, 8 at least were expected", bytes.len()));
    }
    if bytes[1] != descriptor_type::DEVICE {
        return broken(NAME, 1, format!("bDescriptorType is {}, expected 1", bytes[1]));
    }
    match bytes[7] {
        size @ (8 | 16 | 32 | 64) => Ok(usize::from(size)),
        other => broken(NAME, 7, format!("bMaxPacketSize0 is {other}, expected 8, 16, 32 or 64")),
    }
}

impl DeviceDescriptor {
    /// Reads and checks it.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DescriptorError> {
        const NAME: &str = "device";
        let max_packet0 = first_packet(bytes)?;
        if bytes.len() != 18 {
            return broken(NAME, bytes.len(), format!("{} bytes came, 18 were expected", bytes.len()));
        }
        if bytes[0] != 18 {
            return broken(NAME, 0, format!("bLength is {}, expected 18", bytes[0]));
        }
        if bytes[17] == 0 {
            return broken(NAME, 17, "bNumConfigurations is 0, expected 1 at least");
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            usb: word(bytes, 2),
            class: [bytes[4], bytes[5], bytes[6]],
            max_packet0,
            vendor: word(bytes, 8),
            product: word(bytes, 10),
            release: word(bytes, 12),
            strings: [bytes[14], bytes[15], bytes[16]],
            configurations: bytes[17],
        })
    }
}

/// USB 2.0 table 9-13.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// bEndpointAddress.
    pub address: u8,
    /// From bmAttributes.
    pub transfer_type: TransferType,
    /// wMaxPacketSize, bits 0 to 10.
    pub max_packet: usize,
    /// bInterval as it stands.
    pub b_interval: u8,
}

impl Endpoint {
    /// Bit 7 of the address.
    pub const fn is_in(&self) -> bool {
        self.address & 0x80 != 0
    }

    /// Frames between two packets (USB 2.0 section 9.6.6): bInterval for interrupt, 2 to the power of it less one for
    /// isochronous.
    pub fn interval(&self) -> u64 {
        match self.transfer_type {
            TransferType::Isochronous => 1 << (self.b_interval.clamp(1, 16) - 1),
            _ => u64::from(self.b_interval.max(1)),
        }
    }
}

/// One alternate setting of an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// bInterfaceNumber.
    pub number: u8,
    /// bAlternateSetting.
    pub alternate: u8,
    /// bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol.
    pub class: [u8; 3],
    /// iInterface.
    pub string: u8,
    /// Endpoints in order.
    pub endpoints: Vec<Endpoint>,
    /// Class descriptors (and everything else that is no endpoint), as ranges of the configuration's bytes.
    pub extras: Vec<Range<usize>>,
}

/// Interface association (USB ECN of 2003).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Association {
    /// bFirstInterface.
    pub first: u8,
    /// bInterfaceCount.
    pub count: u8,
    /// bFunctionClass, bFunctionSubClass, bFunctionProtocol.
    pub class: [u8; 3],
}

/// A configuration with all that belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Configuration {
    /// All wTotalLength bytes.
    pub bytes: Vec<u8>,
    /// bConfigurationValue.
    pub value: u8,
    /// iConfiguration.
    pub string: u8,
    /// bmAttributes.
    pub attributes: u8,
    /// bMaxPower in mA.
    pub milliamps: u16,
    /// Settings of all interfaces in order.
    pub interfaces: Vec<Interface>,
    /// Interface associations.
    pub associations: Vec<Association>,
    /// Oddities that a tolerant host only remarks on.
    pub warnings: Vec<String>,
}

/// wTotalLength from the nine bytes that are read first.
///
/// # Errors
/// When they are not a configuration descriptor.
pub fn total_length(bytes: &[u8]) -> Result<u16, DescriptorError> {
    const NAME: &str = "configuration";
    if bytes.len() < 9 {
        return broken(NAME, bytes.len(), format!("{} bytes came, 9 were expected", bytes.len()));
    }
    if bytes[0] < 9 {
        return broken(NAME, 0, format!("bLength is {}, expected 9", bytes[0]));
    }
    if bytes[1] != descriptor_type::CONFIGURATION {
        return broken(NAME, 1, format!("bDescriptorType is {}, expected 2", bytes[1]));
    }
    let total = word(bytes, 2);
    if total < 9 { broken(NAME, 2, format!("wTotalLength is {total}, expected 9 at least")) } else { Ok(total) }
}

impl Configuration {
    /// Reads and checks a whole configuration.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DescriptorError> {
        let total = usize::from(total_length(bytes)?);
        if bytes.len() != total {
            let rule = format!("wTotalLength is {total}, but {} bytes came", bytes.len());
            return broken("configuration", 2, rule);
        }
        let mut result = Self {
            bytes: bytes.to_vec(),
            value: bytes[5],
            string: bytes[6],
            attributes: bytes[7],
            milliamps: u16::from(bytes[8]) * 2,
            interfaces: Vec::new(),
            associations: Vec::new(),
            warnings: Vec::new(),
        };
        let mut announced = Vec::new();
        let mut at = usize::from(bytes[0]);
        while at < total {
            let length = usize::from(bytes[at]);
            if length < 2 || at + length > total {
                let rule = format!("bLength is {length}, expected 2 to {}, what is left", total - at);
                return broken("configuration", at, rule);
            }
            result.take(at, &bytes[at..at + length], &mut announced)?;
            at += length;
        }
        result.check(bytes[4], &announced);
        Ok(result)
    }

    fn take(&mut self, at: usize, one: &[u8], announced: &mut Vec<u8>) -> Result<(), DescriptorError> {
        match one[1] {
            descriptor_type::INTERFACE => {
                need(one, at, 9, "interface")?;
                let known = self.interfaces.iter().any(|old| (old.number, old.alternate) == (one[2], one[3]));
                if known {
                    let rule = format!("interface {} alternate setting {} for the second time", one[2], one[3]);
                    return broken("interface", at, rule);
                }
                announced.push(one[4]);
                self.interfaces.push(Interface {
                    number: one[2],
                    alternate: one[3],
                    class: [one[5], one[6], one[7]],
                    string: one[8],
                    endpoints: Vec::new(),
                    extras: Vec::new(),
                });
            }
            descriptor_type::ENDPOINT => {
                need(one, at, 7, "endpoint")?;
                let Some(interface) = self.interfaces.last_mut() else {
                    return broken("endpoint", at, "an endpoint before the first interface");
                };
                interface.endpoints.push(endpoint(one, at, interface)?);
            }
            descriptor_type::ASSOCIATION => {
                need(one, at, 8, "interface association")?;
                self.associations.push(Association { first: one[2], count: one[3], class: [one[4], one[5], one[6]] });
            }
            _ => {
                if let Some(interface) = self.interfaces.last_mut() {
                    interface.extras.push(at..at + one.len());
                }
            }
        }
        Ok(())
    }

    fn check(&mut self, announced_interfaces: u8, announced_endpoints: &[u8]) {
        let mut numbers: Vec<u8> = self.interfaces.iter().map(|interface| interface.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() != usize::from(announced_interfaces) {
            let text = format!("bNumInterfaces is {announced_interfaces}, but there are {}", numbers.len());
            self.warnings.push(text);
        }
        for (interface, announced) in self.interfaces.iter().zip(announced_endpoints) {
            if interface.endpoints.len() != usize::from(*announced) {
                self.warnings.push(format!(
                    "interface {} alternate setting {}: bNumEndpoints is {announced}, but there are {}",
                    interface.number,
                    interface.alternate,
                    interface.endpoints.len()
                ));
            }
            for endpoint in interface.endpoints.iter().filter(|one| one.transfer_type == TransferType::Bulk) {
                if !matches!(endpoint.max_packet, 8 | 16 | 32 | 64) {
                    let (address, size) = (endpoint.address, endpoint.max_packet);
                    let text = format!("endpoint 0x{address:02x}: wMaxPacketSize is {size}, bulk has 8, 16, 32 or 64");
                    self.warnings.push(text);
                }
            }
        }
    }

    /// The bytes of an interface's class descriptors.
    pub fn extras<'a>(&'a self, interface: &'a Interface) -> impl Iterator<Item = &'a [u8]> {
        interface.extras.iter().filter_map(|range| self.bytes.get(range.clone()))
    }

    /// A setting by number.
    pub fn setting(&self, number: u8, alternate: u8) -> Option<&Interface> {
        self.interfaces.iter().find(|one| one.number == number && one.alternate == alternate)
    }
}

fn need(one: &[u8], at: usize, length: usize, name: &str) -> Result<(), DescriptorError> {
    if one.len() < length {
        return broken(name, at, format!("bLength is {}, expected {length}", one.len()));
    }
    Ok(())
}

fn endpoint(one: &[u8], at: usize, interface: &Interface) -> Result<Endpoint, DescriptorError> {
    const NAME: &str = "endpoint";
    let address = one[2];
    if address & 0x0f == 0 || address & 0x70 != 0 {
        return broken(
            NAME,
            at + 2,
            format!("bEndpointAddress is 0x{address:02x}, expected 1 to 15 with bit 7 for IN"),
        );
    }
    if interface.endpoints.iter().any(|old| old.address == address) {
        return broken(NAME, at + 2, format!("endpoint 0x{address:02x} for the second time in this setting"));
    }
    let transfer_type = TransferType::from_attributes(one[3]);
    let max_packet = word(one, 4) & 0x7ff;
    let limit = if transfer_type == TransferType::Isochronous { 1023 } else { 64 };
    if max_packet > limit {
        let rule =
            format!("wMaxPacketSize is {max_packet}, {transfer_type} endpoints have {limit} at most at full speed");
        return broken(NAME, at + 4, rule);
    }
    Ok(Endpoint { address, transfer_type, max_packet: usize::from(max_packet), b_interval: one[6] })
}

/// The text of a string descriptor.
///
/// # Errors
/// [`DescriptorError`] when it is none, or not UTF-16.
pub fn string(index: u8, bytes: &[u8]) -> Result<String, DescriptorError> {
    let name = format!("string {index}");
    let units = string_units(&name, bytes)?;
    String::from_utf16(&units).or_else(|_| broken(&name, 2, "the text is not valid UTF-16"))
}

/// The language identifiers of string descriptor 0.
///
/// # Errors
/// [`DescriptorError`] when it is none, or empty.
pub fn languages(bytes: &[u8]) -> Result<Vec<u16>, DescriptorError> {
    let units = string_units("string languages", bytes)?;
    if units.is_empty() { broken("string languages", 0, "bLength is 2, expected 4 at least") } else { Ok(units) }
}

fn string_units(name: &str, bytes: &[u8]) -> Result<Vec<u16>, DescriptorError> {
    if bytes.len() < 2 {
        return broken(name, bytes.len(), format!("{} bytes came, 2 at least were expected", bytes.len()));
    }
    if usize::from(bytes[0]) != bytes.len() {
        return broken(name, 0, format!("bLength is {}, but {} bytes came", bytes[0], bytes.len()));
    }
    if bytes[1] != descriptor_type::STRING {
        return broken(name, 1, format!("bDescriptorType is {}, expected 3", bytes[1]));
    }
    if bytes.len() % 2 == 1 {
        return broken(name, 0, format!("bLength is {}, expected an even number", bytes[0]));
    }
    Ok(bytes[2..].chunks_exact(2).map(|pair| word(pair, 0)).collect())
}

#[cfg(test)]
#[path = "descriptor_tests.rs"]
mod tests;
