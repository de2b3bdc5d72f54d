//! A HID interface that a driver has opened: its report descriptor, and its input reports as they come.

use std::collections::VecDeque;

use super::hid::ReportDescriptor;
use crate::bus::urb::{TransferType, UrbId};
use crate::host::descriptor::Interface;
use crate::host::request::descriptor_type;
use crate::host::{BusAccess, Host, HostError, Request};
use crate::time::BusTime;

/// HID 1.11 section 4.1.
const CLASS_HID: u8 = 3;
const GET_REPORT_DESCRIPTOR: u8 = 6;
const SET_IDLE: u8 = 0x0a;
/// URBs that are queued at once: the next interval is served also if the program looks only later.
const POLLS: usize = 4;

/// An open HID interface.
#[derive(Debug)]
pub struct HidDevice {
    interface: u8,
    endpoint: u8,
    descriptor: ReportDescriptor,
    pending: VecDeque<UrbId>,
    reports: u64,
}

impl HidDevice {
    /// Whether an interface is worth a try: HID with an interrupt IN endpoint.
    pub fn fits(interface: &Interface) -> bool {
        interface.class[0] == CLASS_HID && Self::interrupt_in(interface).is_some()
    }

    fn interrupt_in(interface: &Interface) -> Option<u8> {
        let wanted = |endpoint: &&crate::host::descriptor::Endpoint| {
            endpoint.is_in() && endpoint.transfer_type == TransferType::Interrupt
        };
        interface.endpoints.iter().find(wanted).map(|endpoint| endpoint.address)
    }

    /// Reads the HID and report descriptors of an interface of the enumerated device, and SET_IDLE(0) as Linux does.
    ///
    /// # Errors
    /// [`HostError::Unsuitable`] with the reason when the descriptors do not describe a HID device;
    /// [`HostError::Transfer`].
    pub fn open<B: BusAccess>(host: &mut Host<B>, interface: u8) -> Result<Self, HostError> {
        let fail = |text: String| Err(HostError::Unsuitable(format!("interface {interface}: {text}")));
        let Some(device) = host.device().cloned() else { return fail("the device is not enumerated".to_owned()) };
        let Some(setting) = device.configuration.setting(interface, 0) else { return fail("there is none".to_owned()) };
        let Some(endpoint) = Self::interrupt_in(setting) else {
            return fail("no interrupt IN endpoint, which a HID device needs".to_owned());
        };
        let hid = device.configuration.extras(setting).find(|one| one[1] == descriptor_type::HID).map(<[u8]>::to_vec);
        let Some(hid) = hid else { return fail("no HID descriptor after the interface descriptor".to_owned()) };
        if hid.len() < 9 || hid[6] != descriptor_type::HID_REPORT {
            return fail(format!("the HID descriptor {hid:02x?} names no report descriptor"));
        }
        let length = u16::from_le_bytes([hid[7], hid[8]]);
        let value = u16::from(descriptor_type::HID_REPORT) << 8;
        let request = Request::new(0x81, GET_REPORT_DESCRIPTOR, value, u16::from(interface), length);
        let bytes = host.control_in(request)?;
        if bytes.len() != usize::from(length) {
            let came = bytes.len();
            return fail(format!("the HID descriptor promises a report descriptor of {length} bytes, {came} came"));
        }
        let descriptor = match ReportDescriptor::parse(&bytes) {
            Ok(descriptor) => descriptor,
            Err(error) => return fail(error.to_string()),
        };
        match host.control_out(Request::new(0x21, SET_IDLE, 0, u16::from(interface), 0), &[]) {
            // Optional for a device that has no idle rate (HID 1.11 section 7.2.4).
            Err(error) if !error.is_stall() => return Err(error),
            _ => {}
        }
        Ok(Self { interface, endpoint, descriptor, pending: VecDeque::new(), reports: 0 })
    }

    /// bInterfaceNumber.
    pub const fn interface(&self) -> u8 {
        self.interface
    }

    /// What its reports are made of.
    pub const fn descriptor(&self) -> &ReportDescriptor {
        &self.descriptor
    }

    /// Input reports so far.
    pub const fn reports(&self) -> u64 {
        self.reports
    }

    /// Keeps the endpoint polled, and returns the next report if it has come. Does not wait.
    ///
    /// # Errors
    /// [`HostError::Transfer`] when polling failed.
    pub fn poll<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<Option<Vec<u8>>, HostError> {
        while self.pending.len() < POLLS {
            self.pending.push_back(host.submit_read(self.endpoint, self.descriptor.longest_input()));
        }
        let Some(id) = self.pending.front().copied().filter(|id| host.with_bus(|bus| bus.is_finished(*id))) else {
            return Ok(None);
        };
        self.pending.pop_front();
        let report = host.wait(id, BusTime::ZERO)?.data;
        self.reports += 1;
        Ok(Some(report))
    }

    /// That a report contradicts its descriptor.
    pub(super) fn wrong(&self, reason: &str) -> HostError {
        HostError::Unsuitable(format!("endpoint 0x{:02x}: {reason}", self.endpoint))
    }
}
