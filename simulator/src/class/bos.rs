//! Device capabilities out of the BOS descriptor (USB 3.2 section 9.6.2), and what hosts fetch because of them: the landing
//! page of WebUSB, and Microsoft's OS 2.0 descriptors.

use crate::host::{BusAccess, Host, HostError, Request};

use super::ms_os_20;

const DEVICE_CAPABILITY: u8 = 0x10;
const USB_20_EXTENSION: u8 = 0x02;
const CONTAINER_ID: u8 = 0x04;
const PLATFORM: u8 = 0x05;
/// Universally unique identifiers as they stand in platform capabilities (WebUSB section 4.1, Microsoft OS 2.0 descriptors
/// specification table 3).
const WEBUSB: [u8; 16] =
    [0x38, 0xb6, 0x08, 0x34, 0xa9, 0x09, 0xa0, 0x47, 0x8b, 0xfd, 0xa0, 0x76, 0x88, 0x15, 0xb6, 0x65];
const MS_OS_20: [u8; 16] =
    [0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f];
/// wIndex of the requests that belong to them.
const GET_URL: u16 = 2;
const GET_MS_OS_20_DESCRIPTORS: u16 = 7;
const URL_DESCRIPTOR: u8 = 3;
/// A URL descriptor cannot be longer, bLength being a byte.
const LONGEST_URL: u16 = 255;

/// A capability that is understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capability {
    /// WebUSB.
    WebUsb {
        /// bcdVersion.
        version: u16,
        /// bVendorCode: bRequest of the requests that belong to it.
        vendor_code: u8,
        /// iLandingPage; 0 if there is none.
        landing_page: u8,
    },
    /// Microsoft's descriptor set for one Windows version and those after it.
    MsOs20 {
        /// dwWindowsVersion.
        windows: u32,
        /// wMSOSDescriptorSetTotalLength.
        length: u16,
        /// bMS_VendorCode: bRequest of the requests that belong to it.
        vendor_code: u8,
    },
    /// The USB 2.0 extension: bmAttributes.
    Usb20Extension(u32),
    /// A container ID.
    ContainerId([u8; 16]),
    /// Another platform's.
    Platform([u8; 16]),
    /// Another bDevCapabilityType.
    Other(u8),
}

fn broken<T>(offset: usize, rule: impl std::fmt::Display) -> Result<T, HostError> {
    Err(HostError::Unsuitable(format!("BOS descriptor, byte {offset}: {rule}")))
}

/// The capabilities in a BOS descriptor set.
///
/// # Errors
/// [`HostError::Unsuitable`] with the byte and the rule.
pub fn parse(bytes: &[u8]) -> Result<Vec<Capability>, HostError> {
    let [5, 15, low, high, count, ..] = *bytes else {
        return broken(0, "bLength is not 5, or bDescriptorType is not 15");
    };
    let total = usize::from(u16::from_le_bytes([low, high]));
    if total != bytes.len() {
        return broken(2, format!("wTotalLength is {total}, {} bytes came", bytes.len()));
    }
    let mut capabilities = Vec::new();
    let mut at = 5;
    while at < bytes.len() {
        let length = usize::from(bytes[at]);
        let Some(one) = bytes.get(at..at + length).filter(|one| one.len() >= 3) else {
            return broken(at, format!("bLength is {length}, {} bytes are left", bytes.len() - at));
        };
        if one[1] != DEVICE_CAPABILITY {
            return broken(at + 1, format!("bDescriptorType is {}, expected {DEVICE_CAPABILITY}", one[1]));
        }
        capability(one, at, &mut capabilities)?;
        at += length;
    }
    let found = bytes_count(bytes);
    if found != usize::from(count) {
        return broken(4, format!("bNumDeviceCaps is {count}, there are {found}"));
    }
    Ok(capabilities)
}

/// How many descriptors follow the first; their lengths have been checked.
fn bytes_count(bytes: &[u8]) -> usize {
    let (mut at, mut count) = (5, 0);
    while at < bytes.len() {
        at += usize::from(bytes[at]);
        count += 1;
    }
    count
}

fn capability(one: &[u8], at: usize, into: &mut Vec<Capability>) -> Result<(), HostError> {
    match (one[2], one) {
        (USB_20_EXTENSION, [_, _, _, a, b, c, d]) => {
            into.push(Capability::Usb20Extension(u32::from_le_bytes([*a, *b, *c, *d])));
        }
        (CONTAINER_ID, [_, _, _, _, uuid @ ..]) => match uuid.try_into() {
            Ok(uuid) => into.push(Capability::ContainerId(uuid)),
            Err(_) => return broken(at, format!("a container ID of {} bytes, expected 16", uuid.len())),
        },
        (PLATFORM, _) => {
            let Some((uuid, data)) = one.get(4..).and_then(<[u8]>::split_first_chunk::<16>) else {
                return broken(at, "a platform capability without UUID");
            };
            platform(*uuid, data, at, into)?;
        }
        (USB_20_EXTENSION, _) => return broken(at, format!("bLength is {}, expected 7", one.len())),
        (other, _) => into.push(Capability::Other(other)),
    }
    Ok(())
}

fn platform(uuid: [u8; 16], data: &[u8], at: usize, into: &mut Vec<Capability>) -> Result<(), HostError> {
    match uuid {
        WEBUSB => {
            let [low, high, vendor_code, landing_page] = *data else {
                return broken(at, format!("{} bytes of WebUSB capability data, expected 4", data.len()));
            };
            let version = u16::from_le_bytes([low, high]);
            into.push(Capability::WebUsb { version, vendor_code, landing_page });
        }
        MS_OS_20 => {
            let (sets, rest) = data.as_chunks::<8>();
            if sets.is_empty() || !rest.is_empty() {
                return broken(at, format!("{} bytes of MS OS 2.0 capability data, expected 8", data.len()));
            }
            for [a, b, c, d, low, high, vendor_code, _alternate] in sets {
                into.push(Capability::MsOs20 {
                    windows: u32::from_le_bytes([*a, *b, *c, *d]),
                    length: u16::from_le_bytes([*low, *high]),
                    vendor_code: *vendor_code,
                });
            }
        }
        _ => into.push(Capability::Platform(uuid)),
    }
    Ok(())
}

/// A UUID as people write it: its first three parts are little-endian on the wire.
fn uuid_text(uuid: &[u8; 16]) -> String {
    let hex = |bytes: &mut dyn Iterator<Item = &u8>| bytes.map(|byte| format!("{byte:02x}")).collect::<String>();
    let parts = [
        hex(&mut uuid[..4].iter().rev()),
        hex(&mut uuid[4..6].iter().rev()),
        hex(&mut uuid[6..8].iter().rev()),
        hex(&mut uuid[8..10].iter()),
        hex(&mut uuid[10..].iter()),
    ];
    parts.join("-")
}

/// Fetches what the capabilities of a BOS descriptor set promise, and tells all of it, a line each.
///
/// # Errors
/// [`HostError::Unsuitable`] with the byte and the rule when something contradicts its specification;
/// [`HostError::Transfer`].
pub fn explore<B: BusAccess>(host: &mut Host<B>, bos: &[u8]) -> Result<Vec<String>, HostError> {
    let mut lines = Vec::new();
    for capability in parse(bos)? {
        match capability {
            Capability::Usb20Extension(attributes) => {
                lines.push(format!("capability: USB 2.0 extension, attributes 0x{attributes:08x}"));
            }
            Capability::ContainerId(uuid) => lines.push(format!("capability: container ID {}", uuid_text(&uuid))),
            Capability::Platform(uuid) => lines.push(format!("capability: platform {}", uuid_text(&uuid))),
            Capability::Other(kind) => lines.push(format!("capability: type {kind}")),
            Capability::WebUsb { version, vendor_code, landing_page } => {
                lines.push(format!(
                    "capability: WebUSB {:x}.{:02x}, vendor code 0x{vendor_code:02x}, landing page {landing_page}",
                    version >> 8,
                    version & 0xff
                ));
                // 0: there is none.
                if landing_page != 0 {
                    lines.push(format!("  GET_URL({landing_page}): {}", url(host, vendor_code, landing_page)?));
                }
            }
            Capability::MsOs20 { windows, length, vendor_code } => {
                lines.push(format!(
                    "capability: Microsoft OS 2.0 descriptors for Windows 0x{windows:08x}, vendor code 0x{vendor_code:02x}"
                ));
                let request = Request::new(0xc0, vendor_code, 0, GET_MS_OS_20_DESCRIPTORS, length);
                let set = host.control_in(request)?;
                if set.len() != usize::from(length) {
                    let came = set.len();
                    let rule = format!("{came} bytes came, the BOS descriptor promises {length}");
                    return Err(HostError::Unsuitable(format!("MS OS 2.0 descriptor set: {rule}")));
                }
                lines.push(format!("  GET_MS_OS_20_DESCRIPTORS: {length} bytes"));
                lines.extend(ms_os_20::words(&set)?.into_iter().map(|line| format!("    {line}")));
            }
        }
    }
    Ok(lines)
}

fn url<B: BusAccess>(host: &mut Host<B>, vendor_code: u8, page: u8) -> Result<String, HostError> {
    let bytes = host.control_in(Request::new(0xc0, vendor_code, u16::from(page), GET_URL, LONGEST_URL))?;
    let wrong = |rule: &str| Err(HostError::Unsuitable(format!("URL descriptor {page}, {bytes:02x?}: {rule}")));
    let [length, kind, scheme, ref text @ ..] = bytes[..] else { return wrong("shorter than 3 bytes") };
    if usize::from(length) != bytes.len() {
        return wrong("bLength is not its length");
    }
    if kind != URL_DESCRIPTOR {
        return wrong("bDescriptorType is not 3");
    }
    let scheme = match scheme {
        0 => "http://",
        1 => "https://",
        255 => "",
        _ => return wrong("bScheme is not 0, 1 or 255"),
    };
    match std::str::from_utf8(text) {
        Ok(text) => Ok(format!("{scheme}{text}")),
        Err(_) => wrong("its text is no UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bos(capabilities: &[&[u8]]) -> Vec<u8> {
        let body = capabilities.concat();
        let [low, high] = (5 + body.len() as u16).to_le_bytes();
        [&[5, 15, low, high, capabilities.len() as u8][..], &body].concat()
    }

    fn platform_of(uuid: [u8; 16], data: &[u8]) -> Vec<u8> {
        [&[20 + data.len() as u8, 0x10, 5, 0][..], &uuid, data].concat()
    }

    fn rule(bytes: &[u8]) -> String {
        parse(bytes).map_or_else(|error| error.to_string(), |found| format!("{found:?}"))
    }

    #[test]
    fn all_kinds_are_told_apart() {
        let set = bos(&[
            &[7, 0x10, 2, 0, 0, 0, 0],
            &platform_of(WEBUSB, &[0, 1, 0x22, 1]),
            &platform_of(MS_OS_20, &[0, 0, 3, 6, 0xb2, 0, 7, 0]),
            &platform_of([9; 16], &[]),
            &[3, 0x10, 0x0a],
        ]);
        let expected = [
            Capability::Usb20Extension(0),
            Capability::WebUsb { version: 0x100, vendor_code: 0x22, landing_page: 1 },
            Capability::MsOs20 { windows: 0x0603_0000, length: 0xb2, vendor_code: 7 },
            Capability::Platform([9; 16]),
            Capability::Other(10),
        ];
        assert_eq!(parse(&set), Ok(expected.to_vec()));
    }

    #[test]
    fn a_uuid_reads_as_people_write_it() {
        assert_eq!(uuid_text(&MS_OS_20), "d8dd60df-4589-4cc7-9cd2-659d9e648a9f");
        assert_eq!(uuid_text(&WEBUSB), "3408b638-09a9-47a0-8bfd-a0768815b665");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = bos(&[&platform_of(WEBUSB, &[0, 1, 0x22, 1])]);
        assert!(rule(&good[..4]).contains("byte 0: bLength is not 5"));
        assert!(rule(&good[..good.len() - 1]).contains("wTotalLength is 29, 28 bytes came"));
        let mut more = good.clone();
        more[4] = 2;
        assert!(rule(&more).contains("bNumDeviceCaps is 2, there are 1"));
        let mut long = good.clone();
        long[5] = 25;
        assert!(rule(&long).contains("byte 5: bLength is 25, 24 bytes are left"));
        let mut endless = good.clone();
        endless[5] = 0;
        assert!(rule(&endless).contains("bLength is 0"));
        assert!(rule(&bos(&[&platform_of(MS_OS_20, &[0; 7])])).contains("7 bytes of MS OS 2.0 capability data"));
        assert!(rule(&bos(&[&[4, 0x0f, 5, 0]])).contains("bDescriptorType is 15, expected 16"));
    }
}
