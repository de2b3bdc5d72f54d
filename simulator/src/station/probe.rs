//! What a station asks a device for itself, before a host of another process sees it: a reset, an address, and the
//! descriptors. None of it is recorded in the pcap file, which has the other host's transfers only.

use std::thread;
use std::time::{Duration, Instant};

use super::{Settings, Station};
use crate::bus::urb::{Completion, Status, Urb};
use crate::bus::{RESET, RESET_RECOVERY};
use crate::host::descriptor::{self, Configuration, DeviceDescriptor};
use crate::host::request::descriptor_type::{CONFIGURATION, DEVICE};
use crate::host::{REQUEST_TIMEOUT, Request};
use crate::port::PortError;
use crate::time::BusTime;

/// The address that every device gets: the other host gives out its own, which never reach the bus.
const ADDRESS: u8 = 1;
/// Time for a device to take its new address (USB 2.0 section 9.2.6.3).
const ADDRESS_RECOVERY: BusTime = BusTime::from_millis(2);
/// The first bytes of the device descriptor, with bMaxPacketSize0: all that every packet size has room for.
const FIRST_LENGTH: u16 = 8;

/// Why a device could not be made ready.
pub(super) enum ProbeError {
    /// The bus has ended.
    Port(PortError),
    /// What the device did.
    Device(String),
}

impl From<PortError> for ProbeError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl Station {
    /// Resets the bus and gives the device its address. Every URB ends. A device that does not take the address is left at 0;
    /// whoever speaks to it next will notice. Returns after some 22 ms of bus time.
    ///
    /// # Errors
    /// The port's.
    pub fn reset(&mut self) -> Result<(), PortError> {
        if !self.bus.is_attached() {
            return Ok(());
        }
        match self.reset_and_address() {
            Ok(()) | Err(ProbeError::Device(_)) => Ok(()),
            Err(ProbeError::Port(error)) => Err(error),
        }
    }

    fn reset_and_address(&mut self) -> Result<(), ProbeError> {
        self.reset_bus()?;
        self.take_address()
    }

    fn reset_bus(&mut self) -> Result<(), ProbeError> {
        self.bus.reset(RESET)?;
        self.address = 0;
        if let Some(settings) = &mut self.settings {
            settings.set_configuration(0);
        }
        let end = self.bus.now() + RESET + RESET_RECOVERY;
        Ok(self.pass(end, |_| false)?)
    }

    fn take_address(&mut self) -> Result<(), ProbeError> {
        self.ask(Request::new(0x00, 5, u16::from(ADDRESS), 0, 0))?;
        self.address = ADDRESS;
        let end = self.bus.now() + ADDRESS_RECOVERY;
        Ok(self.pass(end, |_| false)?)
    }

    /// Resets a device that has just come, and reads what it is.
    pub(super) fn probe(&mut self) -> Result<(), ProbeError> {
        self.settings = None;
        self.max_packet0 = 64;
        self.reset_bus()?;
        let first = self.ask(Request::get_descriptor(DEVICE, 0, 0, FIRST_LENGTH))?;
        self.max_packet0 = descriptor::first_packet(&first).map_err(|error| ProbeError::Device(error.to_string()))?;
        self.take_address()?;
        let bytes = self.ask(Request::get_descriptor(DEVICE, 0, 0, 18))?;
        let device = DeviceDescriptor::parse(&bytes).map_err(|error| ProbeError::Device(error.to_string()))?;
        let mut configurations = Vec::new();
        for index in 0..device.configurations {
            // The other host will read it again and complain for itself: it should see the device, whatever it is.
            match self.read_configuration(index) {
                Ok(configuration) => configurations.push(configuration),
                Err(ProbeError::Device(text)) => self.remark(format!("configuration {index}: {text}")),
                Err(error) => return Err(error),
            }
        }
        self.settings = Some(Settings::new(device, configurations));
        Ok(())
    }

    fn read_configuration(&mut self, index: u8) -> Result<Configuration, ProbeError> {
        let head = self.ask(Request::get_descriptor(CONFIGURATION, index, 0, 9))?;
        let total = descriptor::total_length(&head).map_err(|error| ProbeError::Device(error.to_string()))?;
        let bytes = self.ask(Request::get_descriptor(CONFIGURATION, index, 0, total))?;
        Configuration::parse(&bytes).map_err(|error| ProbeError::Device(error.to_string()))
    }

    /// One request of the station's own. Returns the data of an IN.
    fn ask(&mut self, request: Request) -> Result<Vec<u8>, ProbeError> {
        self.bus.pause_pcap(true);
        let result = self.ask_unrecorded(request);
        self.bus.pause_pcap(false);
        let completion = result?;
        match completion.status {
            Status::Done => Ok(completion.data),
            status => Err(ProbeError::Device(format!("{}: {}: {status}", request.name(), completion.stage))),
        }
    }

    fn ask_unrecorded(&mut self, request: Request) -> Result<Completion, ProbeError> {
        let id = self.bus.submit(Urb::control(self.address, self.max_packet0, request.bytes(), &[]));
        let end = self.bus.now() + REQUEST_TIMEOUT;
        self.pass(end, |station| station.bus.is_finished(id))?;
        if !self.bus.is_finished(id) {
            self.bus.cancel(id);
        }
        let gone = || ProbeError::Device(format!("{}: the device has left the bus", request.name()));
        self.bus.take(id).ok_or_else(gone)
    }

    /// Lets bus time pass at the wall's pace, until `end` or until `done`.
    fn pass(&mut self, end: BusTime, done: impl Fn(&Self) -> bool) -> Result<(), PortError> {
        while self.bus.now() < end && !done(self) {
            let now = Instant::now();
            self.pacer.settle(now, self.bus.now());
            let limit = self.pacer.limit(now, self.bus.now(), true);
            if self.bus.now() >= limit {
                let wait = self.pacer.wall(self.bus.now()).saturating_duration_since(now);
                thread::sleep(wait.max(Duration::from_micros(100)));
                continue;
            }
            self.bus.step(limit.min(end))?;
        }
        Ok(())
    }
}
