//! Transfers: blocking ones, and queued ones to be waited for.

use super::access::{BusAccess, pump};
use super::{Failure, Host, HostError, REQUEST_TIMEOUT, Request};
use crate::bus::RawTransaction;
use crate::bus::urb::{Completion, IsoPacket, Status, TransferType, Urb, UrbId};
use crate::port::Reply;
use crate::time::BusTime;

impl<B: BusAccess> Host<B> {
    /// A control transfer with data to the host, within [`REQUEST_TIMEOUT`].
    ///
    /// # Errors
    /// [`HostError::Transfer`] names request and stage.
    pub fn control_in(&mut self, request: Request) -> Result<Vec<u8>, HostError> {
        self.control_in_within(request, REQUEST_TIMEOUT)
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// As [`Host::control_in`].
    pub fn control_in_within(&mut self, request: Request, timeout: BusTime) -> Result<Vec<u8>, HostError> {
        let bytes = Request { request_type: request.request_type | 0x80, ..request }.bytes();
        Ok(self.control(request, bytes, &[], timeout)?.data)
    }

    /// A control transfer with `data` to the device (wLength is its length), within [`REQUEST_TIMEOUT`]. Returns how
    /// many bytes went.
    ///
    /// # Errors
    /// As [`Host::control_in`].
    pub fn control_out(&mut self, request: Request, data: &[u8]) -> Result<usize, HostError> {
        self.control_out_within(request, data, REQUEST_TIMEOUT)
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// As [`Host::control_in`].
    pub fn control_out_within(&mut self, request: Request, data: &[u8], timeout: BusTime) -> Result<usize, HostError> {
        let Ok(length) = u16::try_from(data.len()) else {
            return Err(HostError::Usage(format!(
                "{}: {} bytes are more than wLength can say",
                request.name(),
                data.len()
            )));
        };
        let bytes = Request { request_type: request.request_type & 0x7f, length, ..request }.bytes();
        Ok(self.control(request, bytes, data, timeout)?.actual)
    }

    fn control(
        &mut self,
        request: Request,
        setup: [u8; 8],
        data: &[u8],
        timeout: BusTime,
    ) -> Result<Completion, HostError> {
        let urb = Urb::control(self.address, self.max_packet0, setup, data);
        let id = self.access.with(|bus| bus.submit(urb));
        self.finish(id, &request.name(), timeout, true)
    }

    /// Queues a control transfer with any SETUP packet.
    pub fn submit_control(&mut self, setup: [u8; 8], data: &[u8]) -> UrbId {
        let urb = Urb::control(self.address, self.max_packet0, setup, data);
        self.access.with(|bus| bus.submit(urb))
    }

    /// Queues an IN transfer of at most `length` bytes, of the kind that the endpoint's descriptor says; isochronous: as many
    /// packets, one in each interval, as it takes for `length` bytes.
    pub fn submit_read(&mut self, endpoint: u8, length: usize) -> UrbId {
        let known = self.endpoint(endpoint | 0x80);
        if known.transfer_type == TransferType::Isochronous {
            return self.submit_isochronous(endpoint | 0x80, &[], packets_of(length, known.max_packet));
        }
        let urb =
            Urb::input(self.address, endpoint, known.transfer_type, known.max_packet, length).every(known.interval());
        self.access.with(|bus| bus.submit(urb))
    }

    /// Queues an OUT transfer; `zero_packet` ends it with an empty packet if its length is a multiple of the packet
    /// size.
    pub fn submit_write(&mut self, endpoint: u8, data: &[u8], zero_packet: bool) -> UrbId {
        let known = self.endpoint(endpoint & 0x0f);
        if known.transfer_type == TransferType::Isochronous {
            return self.submit_isochronous(endpoint & 0x0f, data, packets_of(data.len(), known.max_packet));
        }
        let mut urb =
            Urb::out(self.address, endpoint, known.transfer_type, known.max_packet, data).every(known.interval());
        urb.zero_packet = zero_packet;
        self.access.with(|bus| bus.submit(urb))
    }

    /// Queues isochronous packets, one in each interval: `data` cut into `packets` for OUT, room for IN.
    pub fn submit_isochronous(&mut self, endpoint: u8, data: &[u8], packets: Vec<usize>) -> UrbId {
        let known = self.endpoint(endpoint);
        let urb = Urb::isochronous(self.address, endpoint, known.max_packet, data, packets).every(known.interval());
        self.access.with(|bus| bus.submit(urb))
    }

    /// Waits for a queued transfer. One that does not end in time stays queued.
    ///
    /// # Errors
    /// [`HostError::Transfer`] when it failed or did not end; [`HostError::Usage`] when it is unknown or was taken
    /// before.
    pub fn wait(&mut self, id: UrbId, timeout: BusTime) -> Result<Completion, HostError> {
        self.finish(id, &format!("transfer {}", id.number()), timeout, false)
    }

    /// Takes a queued transfer back. What it had moved is in the completion; `None` if the transfer is unknown.
    pub fn cancel(&mut self, id: UrbId) -> Option<Completion> {
        self.access.with(|bus| {
            bus.cancel(id);
            bus.take(id)
        })
    }

    /// Reads at most `length` bytes; a packet shorter than the endpoint's size ends it.
    ///
    /// # Errors
    /// [`HostError::Transfer`]; after a timeout the transfer is cancelled and what had come is in `partial`.
    pub fn read(&mut self, endpoint: u8, length: usize, timeout: BusTime) -> Result<Vec<u8>, HostError> {
        let id = self.submit_read(endpoint, length);
        Ok(self.finish(id, &format!("IN transfer from endpoint 0x{:02x}", endpoint | 0x80), timeout, true)?.data)
    }

    /// Writes all of `data`. Returns its length.
    ///
    /// # Errors
    /// [`HostError::Transfer`]; after a timeout the transfer is cancelled.
    pub fn write(
        &mut self,
        endpoint: u8,
        data: &[u8],
        zero_packet: bool,
        timeout: BusTime,
    ) -> Result<usize, HostError> {
        let id = self.submit_write(endpoint, data, zero_packet);
        Ok(self.finish(id, &format!("OUT transfer to endpoint 0x{:02x}", endpoint & 0x0f), timeout, true)?.actual)
    }

    /// Moves isochronous packets and returns them.
    ///
    /// # Errors
    /// [`HostError::Transfer`].
    pub fn isochronous(
        &mut self,
        endpoint: u8,
        data: &[u8],
        packets: Vec<usize>,
        timeout: BusTime,
    ) -> Result<Vec<IsoPacket>, HostError> {
        let id = self.submit_isochronous(endpoint, data, packets);
        let what = format!("isochronous transfer on endpoint 0x{endpoint:02x}");
        Ok(self.finish(id, &what, timeout, true)?.packets)
    }

    /// One raw transaction.
    ///
    /// # Errors
    /// [`HostError::Usage`] when no frames are running.
    pub fn transaction(&mut self, transaction: RawTransaction) -> Result<Reply, HostError> {
        self.access.with(|bus| bus.request_raw(transaction));
        loop {
            if let Some(reply) = self.access.with(crate::bus::Bus::take_raw) {
                return Ok(reply);
            }
            if !self.access.with(|bus| bus.is_running()) {
                return Err(HostError::Usage(
                    "a transaction needs a bus that has been reset and is not suspended".to_owned(),
                ));
            }
            let limit = self.now() + BusTime::FRAME;
            pump(&mut self.access, limit)?;
        }
    }

    fn finish(&mut self, id: UrbId, what: &str, timeout: BusTime, own: bool) -> Result<Completion, HostError> {
        let limit = self.now() + timeout;
        loop {
            if let Some(completion) = self.access.with(|bus| bus.take(id)) {
                return checked(completion, what);
            }
            if !self.access.with(|bus| bus.is_queued(id)) {
                return Err(HostError::Usage(format!("{what} is not known, or its result has been taken")));
            }
            if self.now() >= limit {
                return Err(self.timed_out(id, what, timeout, own));
            }
            if let Err(error) = pump(&mut self.access, limit) {
                if own {
                    self.cancel(id);
                }
                return Err(error);
            }
        }
    }

    fn timed_out(&mut self, id: UrbId, what: &str, waited: BusTime, own: bool) -> HostError {
        let completion = if own { self.cancel(id) } else { None };
        let (naks, repeated_toggles) = completion.as_ref().map_or((0, 0), |one| (one.naks, one.repeated_toggles));
        HostError::Transfer {
            what: what.to_owned(),
            stage: completion.as_ref().filter(|one| one.control).map(|one| one.stage),
            failure: Failure::Timeout { waited, naks, repeated_toggles },
            partial: completion.map(|one| one.data).unwrap_or_default(),
        }
    }

    /// Transfer type of an endpoint, as its descriptor says.
    pub fn transfer_type(&self, endpoint: u8) -> TransferType {
        self.endpoint(endpoint).transfer_type
    }
}

/// Whole packets and the rest; one empty packet for nothing.
fn packets_of(length: usize, max_packet: usize) -> Vec<usize> {
    let whole = std::iter::repeat_n(max_packet, length / max_packet.max(1));
    let rest = length % max_packet.max(1);
    whole.chain((rest != 0 || length == 0).then_some(rest)).collect()
}

fn checked(completion: Completion, what: &str) -> Result<Completion, HostError> {
    if completion.status == Status::Done {
        return Ok(completion);
    }
    Err(HostError::Transfer {
        what: what.to_owned(),
        stage: completion.control.then_some(completion.stage),
        failure: Failure::Ended(completion.status),
        partial: completion.data,
    })
}
