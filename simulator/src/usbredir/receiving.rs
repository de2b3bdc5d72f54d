//! Endpoints that we keep going for the guest: interrupt IN, isochronous both ways, and bulk IN if it asks for that.

use std::collections::VecDeque;

use crate::bus::urb::UrbId;
use crate::host::descriptor::Endpoint;
use crate::station::Station;

/// Interrupt URBs in flight: the next one waits while the first one's data are on their way.
const INTERRUPT_URBS: usize = 2;
/// The most URBs that a guest may have kept going on one endpoint.
const MOST_URBS: usize = 32;

/// What an endpoint that is kept going does.
pub(super) enum Purpose {
    /// One packet in each URB.
    Interrupt,
    /// As many packets in each URB.
    IsoIn {
        /// How many.
        packets: usize,
    },
    /// Packets that the guest sends.
    IsoOut {
        /// Those that wait for the stream to begin.
        waiting: VecDeque<Vec<u8>>,
        /// How many have to wait before it does: half of what the guest has asked to be buffered.
        enough: usize,
        /// It has begun, and has not run empty since.
        flowing: bool,
    },
    /// Transfers of so many bytes.
    Bulk {
        /// How many.
        length: usize,
    },
}

/// An endpoint that is kept going.
pub(super) struct Receiver {
    pub endpoint: Endpoint,
    pub purpose: Purpose,
    /// URBs to have in flight.
    urbs: usize,
    pub in_flight: VecDeque<UrbId>,
    /// Counts what is sent to the guest.
    next_id: u64,
}

impl Receiver {
    pub fn interrupt(endpoint: Endpoint) -> Self {
        Self::new(endpoint, Purpose::Interrupt, INTERRUPT_URBS)
    }

    pub fn bulk(endpoint: Endpoint, length: usize, transfers: u8) -> Self {
        Self::new(endpoint, Purpose::Bulk { length }, usize::from(transfers))
    }

    pub fn iso(endpoint: Endpoint, packets: u8, urbs: u8) -> Self {
        let packets = usize::from(packets.max(1));
        let purpose = if endpoint.is_in() {
            Purpose::IsoIn { packets }
        } else {
            let enough = (packets * usize::from(urbs) / 2).max(1);
            Purpose::IsoOut { waiting: VecDeque::new(), enough, flowing: false }
        };
        Self::new(endpoint, purpose, usize::from(urbs))
    }

    fn new(endpoint: Endpoint, purpose: Purpose, urbs: usize) -> Self {
        let urbs = urbs.clamp(1, MOST_URBS);
        Self { endpoint, purpose, urbs, in_flight: VecDeque::new(), next_id: 0 }
    }

    /// The id of the next message to the guest: from 0 on.
    pub const fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Submits what is missing.
    pub fn fill(&mut self, station: &mut Station) {
        while self.in_flight.len() < self.urbs {
            let id = match &mut self.purpose {
                Purpose::Interrupt => station.input(&self.endpoint, self.endpoint.max_packet),
                Purpose::Bulk { length } => station.input(&self.endpoint, *length),
                Purpose::IsoIn { packets } => {
                    station.isochronous(&self.endpoint, &[], vec![self.endpoint.max_packet; *packets])
                }
                Purpose::IsoOut { waiting, enough, flowing } => {
                    if !*flowing && waiting.len() < *enough {
                        return;
                    }
                    let Some(data) = waiting.pop_front() else {
                        // Run empty: the stream begins anew when there is a store again.
                        *flowing = !self.in_flight.is_empty();
                        return;
                    };
                    *flowing = true;
                    station.isochronous(&self.endpoint, &data, vec![data.len()])
                }
            };
            self.in_flight.push_back(id);
        }
    }

    /// A packet of an isochronous OUT stream. What comes too fast is dropped, the oldest first: half of the store is room for
    /// a guest that is early.
    pub fn send(&mut self, data: Vec<u8>, station: &mut Station) {
        if let Purpose::IsoOut { waiting, enough, .. } = &mut self.purpose {
            waiting.push_back(data);
            if waiting.len() > *enough * 2 {
                waiting.pop_front();
            }
            self.fill(station);
        }
    }

    /// The URB is one of this endpoint's; it is no longer in flight.
    pub fn take(&mut self, id: UrbId) -> bool {
        let place = self.in_flight.iter().position(|one| *one == id);
        place.is_some_and(|place| self.in_flight.remove(place).is_some())
    }

    /// Takes all URBs back. Their ends mean nothing any more.
    pub fn stop(&mut self, station: &mut Station) {
        for id in self.in_flight.drain(..) {
            station.cancel(id);
        }
    }
}
