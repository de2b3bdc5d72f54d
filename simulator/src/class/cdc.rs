//! A serial port driver for CDC ACM (CDC 1.2, PSTN 1.2), with the queue sizes of Linux's cdc-acm.

use std::collections::VecDeque;

use crate::bus::urb::{TransferType, UrbId};
use crate::host::descriptor::{Configuration, Interface};
use crate::host::{BusAccess, Host, HostError, Request};
use crate::time::BusTime;

const CLASS_COMMUNICATIONS: u8 = 2;
const SUBCLASS_ACM: u8 = 2;
const CS_INTERFACE: u8 = 0x24;
const UNION: u8 = 6;
const SET_LINE_CODING: u8 = 0x20;
const GET_LINE_CODING: u8 = 0x21;
const SET_CONTROL_LINE_STATE: u8 = 0x22;
/// Reads that are queued at once, and packets in one (Linux: ACM_NR, and twice the packet size).
const READS: usize = 16;
const PACKETS_A_READ: usize = 2;

/// PSTN 1.2 table 17.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineCoding {
    /// Bits a second.
    pub rate: u32,
    /// 0: one stop bit, 1: one and a half, 2: two.
    pub stop_bits: u8,
    /// 0: none, 1: odd, 2: even, 3: mark, 4: space.
    pub parity: u8,
    /// 5 to 8, or 16.
    pub data_bits: u8,
}

impl LineCoding {
    /// 8 data bits, no parity, one stop bit.
    pub const fn new(rate: u32) -> Self {
        Self { rate, stop_bits: 0, parity: 0, data_bits: 8 }
    }

    /// The seven bytes on the wire.
    pub const fn bytes(self) -> [u8; 7] {
        let [a, b, c, d] = self.rate.to_le_bytes();
        [a, b, c, d, self.stop_bits, self.parity, self.data_bits]
    }
}

/// An open serial port.
#[derive(Debug)]
pub struct Serial {
    interface: u8,
    endpoint_in: u8,
    endpoint_out: u8,
    reads: VecDeque<UrbId>,
    /// How a read ended while bytes from before it were handed out: the next call tells.
    failed: Option<HostError>,
}

impl Serial {
    /// Whether an interface is the communications interface of a serial port.
    pub fn fits(interface: &Interface) -> bool {
        interface.class[..2] == [CLASS_COMMUNICATIONS, SUBCLASS_ACM]
    }

    /// Finds the data interface, sets 115200 8N1, raises DTR and RTS and starts reading.
    ///
    /// # Errors
    /// [`HostError::Unsuitable`] when the descriptors do not describe a serial port; [`HostError::Transfer`].
    pub fn open<B: BusAccess>(host: &mut Host<B>, interface: u8) -> Result<Self, HostError> {
        let Some(device) = host.device() else {
            return Err(HostError::Unsuitable("the device is not enumerated".to_owned()));
        };
        let (endpoint_in, endpoint_out) = data_endpoints(&device.configuration, interface)
            .map_err(|text| HostError::Unsuitable(format!("interface {interface}: {text}")))?;
        let mut port = Self { interface, endpoint_in, endpoint_out, reads: VecDeque::new(), failed: None };
        port.set_line_coding(host, LineCoding::new(115_200))?;
        port.set_lines(host, true, true)?;
        port.keep_reading(host);
        Ok(port)
    }

    /// SET_LINE_CODING.
    ///
    /// # Errors
    /// [`HostError::Transfer`]; so for the functions below.
    pub fn set_line_coding<B: BusAccess>(&self, host: &mut Host<B>, coding: LineCoding) -> Result<(), HostError> {
        host.control_out(Request::new(0x21, SET_LINE_CODING, 0, u16::from(self.interface), 7), &coding.bytes())?;
        Ok(())
    }

    /// GET_LINE_CODING.
    ///
    /// # Errors
    /// See [`Serial::set_line_coding`]; also when fewer than seven bytes come.
    pub fn line_coding<B: BusAccess>(&self, host: &mut Host<B>) -> Result<LineCoding, HostError> {
        let bytes = host.control_in(Request::new(0xa1, GET_LINE_CODING, 0, u16::from(self.interface), 7))?;
        match bytes[..] {
            [a, b, c, d, stop_bits, parity, data_bits] => {
                Ok(LineCoding { rate: u32::from_le_bytes([a, b, c, d]), stop_bits, parity, data_bits })
            }
            _ => Err(HostError::Unsuitable(format!("GET_LINE_CODING: {} bytes came, 7 were expected", bytes.len()))),
        }
    }

    /// SET_CONTROL_LINE_STATE.
    ///
    /// # Errors
    /// See [`Serial::set_line_coding`].
    pub fn set_lines<B: BusAccess>(&self, host: &mut Host<B>, dtr: bool, rts: bool) -> Result<(), HostError> {
        let value = u16::from(dtr) | u16::from(rts) << 1;
        host.control_out(Request::new(0x21, SET_CONTROL_LINE_STATE, value, u16::from(self.interface), 0), &[])?;
        Ok(())
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// See [`Serial::set_line_coding`].
    pub fn write<B: BusAccess>(&self, host: &mut Host<B>, bytes: &[u8], timeout: BusTime) -> Result<(), HostError> {
        host.write(self.endpoint_out, bytes, false, timeout)?;
        Ok(())
    }

    /// Queues bytes to be written, behind those queued before.
    pub fn submit<B: BusAccess>(&self, host: &mut Host<B>, bytes: &[u8]) -> UrbId {
        host.submit_write(self.endpoint_out, bytes, false)
    }

    /// What has come. Does not wait. When the device goes, what had come before is returned first, and the error by the next
    /// call.
    ///
    /// # Errors
    /// See [`Serial::set_line_coding`].
    pub fn poll<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<Vec<u8>, HostError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut bytes = Vec::new();
        self.keep_reading(host);
        while let Some(id) = self.reads.front().copied() {
            if !host.with_bus(|bus| bus.is_finished(id)) {
                break;
            }
            self.reads.pop_front();
            match host.wait(id, BusTime::ZERO) {
                Ok(one) => bytes.extend(one.data),
                Err(error) => {
                    if let HostError::Transfer { partial, .. } = &error {
                        bytes.extend(partial);
                    }
                    if bytes.is_empty() {
                        return Err(error);
                    }
                    self.failed = Some(error);
                    break;
                }
            }
            self.keep_reading(host);
        }
        Ok(bytes)
    }

    /// Reads until `enough` says so or the time is over, and returns what has come in either case.
    ///
    /// # Errors
    /// See [`Serial::set_line_coding`].
    pub fn read_until<B: BusAccess>(
        &mut self,
        host: &mut Host<B>,
        timeout: BusTime,
        mut enough: impl FnMut(&[u8]) -> bool,
    ) -> Result<Vec<u8>, HostError> {
        let end = host.now() + timeout;
        let mut bytes = Vec::new();
        loop {
            bytes.extend(self.poll(host)?);
            let now = host.now();
            if enough(&bytes) || now >= end {
                return Ok(bytes);
            }
            let front = self.reads.front().copied();
            host.run_until(end.since(now), |bus| front.is_some_and(|id| bus.is_finished(id)))?;
        }
    }

    /// Drops DTR and RTS and stops reading; returns what had come and nobody had asked for.
    ///
    /// # Errors
    /// See [`Serial::set_line_coding`].
    pub fn close<B: BusAccess>(mut self, host: &mut Host<B>) -> Result<Vec<u8>, HostError> {
        let mut bytes = self.poll(host)?;
        for id in self.reads.drain(..) {
            bytes.extend(host.cancel(id).map(|one| one.data).unwrap_or_default());
        }
        self.set_lines(host, false, false)?;
        Ok(bytes)
    }

    fn keep_reading<B: BusAccess>(&mut self, host: &mut Host<B>) {
        let length = host.endpoint(self.endpoint_in).max_packet * PACKETS_A_READ;
        while self.reads.len() < READS {
            self.reads.push_back(host.submit_read(self.endpoint_in, length));
        }
    }
}

fn data_endpoints(configuration: &Configuration, interface: u8) -> Result<(u8, u8), String> {
    let Some(control) = configuration.setting(interface, 0) else { return Err("there is none".to_owned()) };
    let mut extras = configuration.extras(control);
    let union = extras.find(|one| one.len() >= 5 && one[1] == CS_INTERFACE && one[2] == UNION);
    let data = union.map(|one| one[4]).ok_or("no union descriptor (CDC 1.2 section 5.2.3.2)")?;
    let setting =
        configuration.setting(data, 0).ok_or(format!("the union descriptor names interface {data}, there is none"))?;
    let bulk = |is_in: bool| {
        let fits =
            |one: &&crate::host::descriptor::Endpoint| one.transfer_type == TransferType::Bulk && one.is_in() == is_in;
        setting.endpoints.iter().find(fits).map(|one| one.address)
    };
    match (bulk(true), bulk(false)) {
        (Some(endpoint_in), Some(endpoint_out)) => Ok((endpoint_in, endpoint_out)),
        _ => Err(format!("data interface {data} needs a bulk IN and a bulk OUT endpoint")),
    }
}
