//! Enumeration in Linux's order (its "new scheme"): reset, the first bytes of the device descriptor at address 0, reset
//! again, SET_ADDRESS, the descriptors, the strings, SET_CONFIGURATION.

use super::access::BusAccess;
use super::descriptor::{self, Configuration, DeviceDescriptor};
use super::request::descriptor_type::{BOS, CONFIGURATION, DEVICE, STRING};
use super::{Enumerated, Failure, Host, HostError, Request};
use crate::bus::urb::Stage;
use crate::time::BusTime;

/// What Linux asks for before it knows bMaxPacketSize0.
const FIRST_LENGTH: u16 = 64;
/// Time for a device to take its new address (USB 2.0 section 9.2.6.3).
const ADDRESS_RECOVERY: BusTime = BusTime::from_millis(2);
/// The largest address.
const LAST_ADDRESS: u8 = 127;

impl<B: BusAccess> Host<B> {
    /// Waits for a device, resets it, reads its descriptors and sets its first configuration.
    ///
    /// # Errors
    /// [`HostError`] says which request failed, in which stage, or which descriptor breaks which rule.
    pub fn enumerate(&mut self, attach_timeout: BusTime) -> Result<Enumerated, HostError> {
        self.forget_device();
        self.wait_attached(attach_timeout)?;
        let since = self.now();
        self.say(format!("attached, pull-up on D+ (full speed), stable for 100 ms at {since}"));
        self.reset()?;
        self.say("bus reset");
        let first = self.control_in(Request::get_descriptor(DEVICE, 0, 0, FIRST_LENGTH))?;
        self.max_packet0 = descriptor::first_packet(&first)?;
        self.say(format!(
            "GET_DESCRIPTOR(device), {FIRST_LENGTH} bytes at address 0: {} bytes, bMaxPacketSize0 {}",
            first.len(),
            self.max_packet0
        ));
        let max_packet0 = self.max_packet0;
        self.reset()?;
        self.say("bus reset");
        self.max_packet0 = max_packet0;
        self.take_address()?;
        let device = self.read_device()?;
        let bos = if device.usb >= 0x0201 { self.read_bos()? } else { None };
        let configuration = self.read_configuration(0)?;
        let strings = self.read_strings(&device)?;
        let value = configuration.value;
        self.device = Some(Enumerated { address: self.address, device: device.clone(), configuration, strings, bos });
        self.set_configuration(value)?;
        self.say(format!("SET_CONFIGURATION({value}): done"));
        self.device.clone().ok_or(HostError::Detached)
    }

    fn take_address(&mut self) -> Result<(), HostError> {
        self.last_address = if self.last_address >= LAST_ADDRESS { 1 } else { self.last_address + 1 };
        let address = self.last_address;
        self.control_out(Request::new(0x00, 5, u16::from(address), 0, 0), &[])?;
        self.run_for(ADDRESS_RECOVERY)?;
        self.address = address;
        self.say(format!("SET_ADDRESS({address}): done"));
        Ok(())
    }

    fn read_device(&mut self) -> Result<DeviceDescriptor, HostError> {
        let bytes = self.control_in(Request::get_descriptor(DEVICE, 0, 0, 18))?;
        let device = DeviceDescriptor::parse(&bytes)?;
        self.say(format!(
            "GET_DESCRIPTOR(device): USB {:x}.{:02x}, vendor 0x{:04x}, product 0x{:04x}, release {:x}.{:02x}, class {}",
            device.usb >> 8,
            device.usb & 0xff,
            device.vendor,
            device.product,
            device.release >> 8,
            device.release & 0xff,
            class_text(device.class)
        ));
        Ok(device)
    }

    /// Some devices that claim USB 2.1 have no BOS: a STALL is no error (Linux thinks so too).
    fn read_bos(&mut self) -> Result<Option<Vec<u8>>, HostError> {
        let head = match self.control_in(Request::get_descriptor(BOS, 0, 0, 5)) {
            Err(error) if error.is_stall() => {
                self.say("GET_DESCRIPTOR(BOS): STALL, there is none");
                return Ok(None);
            }
            other => other?,
        };
        let request = Request::get_descriptor(BOS, 0, 0, 0);
        if head.len() < 5 {
            return Err(too_short(request, head.len(), 5));
        }
        let total = u16::from_le_bytes([head[2], head[3]]);
        let bytes = self.control_in(Request { length: total, ..request })?;
        if bytes.len() < usize::from(total) {
            return Err(too_short(request, bytes.len(), usize::from(total)));
        }
        self.say(format!("GET_DESCRIPTOR(BOS): {} bytes, {} device capabilities", bytes.len(), head[4]));
        Ok(Some(bytes))
    }

    /// Reads a configuration by index: nine bytes first, then all of it.
    ///
    /// # Errors
    /// As [`Host::enumerate`].
    pub fn read_configuration(&mut self, index: u8) -> Result<Configuration, HostError> {
        let head = self.control_in(Request::get_descriptor(CONFIGURATION, index, 0, 9))?;
        let total = descriptor::total_length(&head)?;
        let bytes = self.control_in(Request::get_descriptor(CONFIGURATION, index, 0, total))?;
        let configuration = Configuration::parse(&bytes)?;
        self.say(format!(
            "GET_DESCRIPTOR(configuration {index}): {total} bytes, value {}, {} mA",
            configuration.value, configuration.milliamps
        ));
        for text in configuration_text(&configuration) {
            self.say(text);
        }
        Ok(configuration)
    }

    fn read_strings(&mut self, device: &DeviceDescriptor) -> Result<Vec<(u8, String)>, HostError> {
        let mut texts = Vec::new();
        if device.strings == [0; 3] {
            return Ok(texts);
        }
        let languages = match self.control_in(Request::get_descriptor(STRING, 0, 0, 255)) {
            Err(error) if error.is_stall() => {
                self.say("GET_DESCRIPTOR(string languages): STALL, no strings");
                return Ok(texts);
            }
            other => descriptor::languages(&other?)?,
        };
        self.say(format!("GET_DESCRIPTOR(string languages): 0x{:04x}", languages[0]));
        let named = ["manufacturer", "product", "serial number"].into_iter().zip(device.strings);
        for (name, index) in named.filter(|(_, index)| *index != 0) {
            match self.read_string(index, languages[0]) {
                Ok(text) => {
                    self.say(format!("GET_DESCRIPTOR(string {index}), {name}: {text:?}"));
                    texts.push((index, text));
                }
                Err(error) if error.is_stall() => {
                    self.say(format!("GET_DESCRIPTOR(string {index}), {name}: STALL, there is none"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(texts)
    }

    /// Reads one string.
    ///
    /// # Errors
    /// As [`Host::enumerate`].
    pub fn read_string(&mut self, index: u8, language: u16) -> Result<String, HostError> {
        let bytes = self.control_in(Request::get_descriptor(STRING, index, language, 255))?;
        Ok(descriptor::string(index, &bytes)?)
    }
}

fn too_short(request: Request, got: usize, expected: usize) -> HostError {
    let failure = Failure::TooShort { got, expected };
    HostError::Transfer { what: request.name(), stage: Some(Stage::Data), failure, partial: Vec::new() }
}

/// A class triple in words.
pub fn class_text(class: [u8; 3]) -> String {
    let name = match class {
        [0, ..] => "of its interfaces",
        [0x01, 1, _] => "audio control",
        [0x01, 3, _] => "MIDI streaming",
        [0x02, 2, _] => "CDC ACM",
        [0x03, 1, 1] => "HID boot keyboard",
        [0x03, 1, 2] => "HID boot mouse",
        [0x03, ..] => "HID",
        [0x08, ..] => "mass storage",
        [0x0a, ..] => "CDC data",
        [0xef, 2, 1] => "composite with interface associations",
        [0xfe, 1, _] => "device firmware upgrade",
        [0xff, ..] => "vendor specific",
        _ => "other",
    };
    format!("{:02x}/{:02x}/{:02x} ({name})", class[0], class[1], class[2])
}

/// A configuration in words, a line for each function, interface and endpoint.
fn configuration_text(configuration: &Configuration) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &configuration.associations {
        let last = u16::from(one.first) + u16::from(one.count.max(1)) - 1;
        lines.push(format!("  function of interfaces {} to {last}: class {}", one.first, class_text(one.class)));
    }
    for interface in &configuration.interfaces {
        let alternate = match interface.alternate {
            0 => String::new(),
            other => format!(", alternate setting {other}"),
        };
        lines.push(format!("  interface {}{alternate}: class {}", interface.number, class_text(interface.class)));
        for endpoint in &interface.endpoints {
            let direction = if endpoint.is_in() { "IN" } else { "OUT" };
            let interval = match endpoint.transfer_type {
                crate::bus::urb::TransferType::Bulk => String::new(),
                _ => format!(", every {} ms", endpoint.interval()),
            };
            lines.push(format!(
                "    endpoint 0x{:02x}: {} {direction}, packets of {} bytes{interval}",
                endpoint.address, endpoint.transfer_type, endpoint.max_packet
            ));
        }
    }
    lines.extend(configuration.warnings.iter().map(|warning| format!("  warning: {warning}")));
    lines
}
