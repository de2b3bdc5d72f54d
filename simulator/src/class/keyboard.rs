//! A keyboard driver: polls the interrupt endpoint and turns reports into text.

use super::hid::KeyMap;
use super::hid_device::HidDevice;
use super::layout::Typist;
use crate::host::{BusAccess, Host, HostError};

/// An open keyboard interface.
#[derive(Debug)]
pub struct Keyboard {
    device: HidDevice,
    map: KeyMap,
    typist: Typist,
}

impl Keyboard {
    /// # Errors
    /// [`HostError::NoKeys`] when the report descriptor is of something else.
    pub fn new(device: HidDevice) -> Result<Self, HostError> {
        match KeyMap::new(device.descriptor().clone()) {
            Ok(map) => Ok(Self { device, map, typist: Typist::default() }),
            Err(error) => Err(HostError::NoKeys(format!("interface {}: {error}", device.interface()))),
        }
    }

    /// Opens the interface first.
    ///
    /// # Errors
    /// As [`HidDevice::open`] and [`Keyboard::new`].
    pub fn open<B: BusAccess>(host: &mut Host<B>, interface: u8) -> Result<Self, HostError> {
        Self::new(HidDevice::open(host, interface)?)
    }

    /// The interface that it is on.
    pub const fn device(&self) -> &HidDevice {
        &self.device
    }

    /// Where the keys are.
    pub const fn map(&self) -> &KeyMap {
        &self.map
    }

    /// Keeps the endpoint polled, and returns the text of the reports that have come. Does not wait.
    ///
    /// # Errors
    /// [`HostError::Transfer`] when polling failed, [`HostError::Unsuitable`] when a report contradicts its descriptor.
    pub fn poll<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<String, HostError> {
        let mut text = String::new();
        while let Some(report) = self.device.poll(host)? {
            match self.map.keys(&report) {
                Ok(Some(keys)) => text += &self.typist.keys(&keys),
                Ok(None) => {}
                Err(reason) => return Err(self.device.wrong(&reason)),
            }
        }
        Ok(text)
    }
}
