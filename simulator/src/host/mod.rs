//! The host above the controller: what Linux's usbcore does, as plain functions.
//!
//! [`Host`] is generic over [`BusAccess`], so that the same functions serve a device behind its port (hand in a
//! [`Bus`](crate::bus::Bus)) and a device whose program shares the thread (hand in an accessor that runs it between two
//! steps). Blocking functions return when their transfer has ended; to do without them, `submit_*` URBs and step the
//! bus.

mod access;
pub mod descriptor;
mod enumerate;
mod error;
mod power;
pub mod request;
#[cfg(test)]
mod tests;
mod transfer;

pub use access::{BusAccess, Interrupted};
pub use error::{Failure, HostError};
pub use request::Request;

use descriptor::{Configuration, DeviceDescriptor, Endpoint};

use crate::bus::urb::TransferType;
use crate::time::BusTime;

/// How long a request may take (Linux: USB_CTRL_GET_TIMEOUT, 5 s).
pub const REQUEST_TIMEOUT: BusTime = BusTime::from_millis(5_000);

/// What the host knows of the device after enumeration.
#[derive(Clone, Debug)]
pub struct Enumerated {
    /// Its address.
    pub address: u8,
    /// Its device descriptor.
    pub device: DeviceDescriptor,
    /// Its first configuration, which is set.
    pub configuration: Configuration,
    /// Texts of the strings that the device descriptor names, by index; those that could not be read are missing.
    pub strings: Vec<(u8, String)>,
    /// The BOS descriptor set, if bcdUSB says that there may be one and the device has it.
    pub bos: Option<Vec<u8>>,
}

impl Enumerated {
    /// The text of a string index, if it was read.
    pub fn string(&self, index: u8) -> Option<&str> {
        self.strings.iter().find(|(known, _)| *known == index).map(|(_, text)| text.as_str())
    }
}

/// What to use for an endpoint that no descriptor has told of.
fn unknown(address: u8) -> Endpoint {
    Endpoint { address, transfer_type: TransferType::Bulk, max_packet: 64, b_interval: 1 }
}

/// Receives the host's account of what it does, a line at a time.
pub type Narrator = Box<dyn FnMut(&str)>;

/// A host with one device.
pub struct Host<B> {
    access: B,
    address: u8,
    max_packet0: usize,
    device: Option<Enumerated>,
    /// Alternate settings that were chosen, by interface; 0 where there is no entry.
    alternates: Vec<(u8, u8)>,
    narrator: Option<Narrator>,
    /// Counts addresses, so that a device that comes back gets a new one, as Linux does.
    last_address: u8,
}

impl<B: BusAccess> Host<B> {
    /// A host that has not looked at the bus yet.
    pub const fn new(access: B) -> Self {
        Self {
            access,
            address: 0,
            max_packet0: 64,
            device: None,
            alternates: Vec::new(),
            narrator: None,
            last_address: 0,
        }
    }

    /// The accessor.
    pub const fn access(&mut self) -> &mut B {
        &mut self.access
    }

    /// Lends the bus.
    pub fn with_bus<R>(&mut self, act: impl FnOnce(&mut crate::bus::Bus) -> R) -> R {
        self.access.with(act)
    }

    /// From now on `narrator` hears what the host does and what came of it.
    pub fn narrate(&mut self, narrator: Narrator) {
        self.narrator = Some(narrator);
    }

    fn say(&mut self, text: impl AsRef<str>) {
        if let Some(narrator) = &mut self.narrator {
            narrator(text.as_ref());
        }
    }

    /// The device's address; 0 before enumeration and after a reset.
    pub const fn address(&self) -> u8 {
        self.address
    }

    /// What enumeration has found, until the next reset or detachment.
    pub const fn device(&self) -> Option<&Enumerated> {
        self.device.as_ref()
    }

    /// The present.
    pub fn now(&mut self) -> BusTime {
        self.access.with(|bus| bus.now())
    }

    /// Lets bus time pass.
    ///
    /// # Errors
    /// [`HostError::Port`], [`HostError::Interrupted`].
    pub fn run_for(&mut self, span: BusTime) -> Result<(), HostError> {
        let end = self.now() + span;
        while access::pump(&mut self.access, end)? < end {}
        Ok(())
    }

    /// Lets bus time pass until `condition` holds; `false` if it does not within `span`.
    ///
    /// # Errors
    /// As [`Host::run_for`].
    pub fn run_until(
        &mut self,
        span: BusTime,
        mut condition: impl FnMut(&mut crate::bus::Bus) -> bool,
    ) -> Result<bool, HostError> {
        let end = self.now() + span;
        loop {
            if self.access.with(&mut condition) {
                return Ok(true);
            }
            if self.now() >= end {
                return Ok(false);
            }
            access::pump(&mut self.access, end)?;
        }
    }

    /// The descriptor of an endpoint in the settings that are chosen; a 64-byte bulk endpoint if none tells of it.
    pub fn endpoint(&self, address: u8) -> Endpoint {
        let chosen =
            |number: u8| self.alternates.iter().find(|(one, _)| *one == number).map_or(0, |(_, alternate)| *alternate);
        self.device
            .iter()
            .flat_map(|device| &device.configuration.interfaces)
            .filter(|interface| interface.alternate == chosen(interface.number))
            .flat_map(|interface| &interface.endpoints)
            .find(|endpoint| endpoint.address == address)
            .cloned()
            .unwrap_or_else(|| unknown(address))
    }
}
