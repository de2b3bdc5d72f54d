//! What a device's descriptors say, and which of its settings are in force.

use std::collections::BTreeMap;

use crate::host::descriptor::{Configuration, DeviceDescriptor, Endpoint, Interface};

/// A device's descriptors and the host's choices among them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The device descriptor.
    pub device: DeviceDescriptor,
    /// Those configurations that could be read, in the order of their indexes.
    pub configurations: Vec<Configuration>,
    /// bConfigurationValue of the configuration that is set; 0 for none.
    value: u8,
    /// Alternate settings other than 0, by interface.
    alternates: BTreeMap<u8, u8>,
}

impl Settings {
    /// Nothing is configured.
    pub const fn new(device: DeviceDescriptor, configurations: Vec<Configuration>) -> Self {
        Self { device, configurations, value: 0, alternates: BTreeMap::new() }
    }

    /// bConfigurationValue of what is set; 0 for none.
    pub const fn value(&self) -> u8 {
        self.value
    }

    /// The configuration that is set.
    pub fn configuration(&self) -> Option<&Configuration> {
        self.configurations.iter().find(|one| self.value != 0 && one.value == self.value)
    }

    /// A configuration was set, or with 0 none is any more.
    pub fn set_configuration(&mut self, value: u8) {
        self.value = value;
        self.alternates.clear();
    }

    /// An interface's alternate setting was chosen.
    pub fn set_alternate(&mut self, interface: u8, alternate: u8) {
        self.alternates.insert(interface, alternate);
    }

    /// The interfaces of `configuration` as they are set, ordered as in the descriptors.
    pub fn interfaces<'a>(&'a self, configuration: &'a Configuration) -> impl Iterator<Item = &'a Interface> {
        configuration.interfaces.iter().filter(|one| {
            let chosen = self.alternates.get(&one.number).copied().unwrap_or(0);
            one.alternate == chosen
        })
    }

    /// An endpoint (its number, bit 7 for IN) of what is set. Endpoint 0 is in no descriptor.
    pub fn endpoint(&self, address: u8) -> Option<&Endpoint> {
        let configuration = self.configuration()?;
        self.interfaces(configuration).flat_map(|one| &one.endpoints).find(|one| one.address == address)
    }

    /// Every endpoint address that any alternate setting of an interface has.
    pub fn endpoints_of(&self, interface: u8) -> Vec<u8> {
        let settings = self.configuration().map_or(&[][..], |one| &one.interfaces);
        let own = settings.iter().filter(|one| one.number == interface);
        let mut addresses: Vec<u8> = own.flat_map(|one| &one.endpoints).map(|one| one.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }
}
