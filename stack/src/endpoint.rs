//! The endpoint table: 16 bytes for each endpoint and direction, and sets of endpoints for what is yes or no.

use crate::controller::{Direction, EndpointAddress, EndpointConfig, TransferType};
use crate::device::Outcome;
use crate::latch::Sequence;

/// A set of endpoint addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EndpointSet(u32);

impl EndpointSet {
    pub const fn new() -> Self {
        Self(0)
    }

    /// The bit's number: 0 to 15 for OUT, 16 to 31 for IN.
    #[inline(always)]
    pub fn place(endpoint: EndpointAddress) -> u32 {
        let byte = u32::from(endpoint.byte());
        (byte & 0x0f) | (byte & 0x80) >> 3
    }

    #[inline(always)]
    fn bit(endpoint: EndpointAddress) -> u32 {
        1u32.wrapping_shl(Self::place(endpoint))
    }

    #[inline(always)]
    pub fn contains(self, endpoint: EndpointAddress) -> bool {
        self.0 & Self::bit(endpoint) != 0
    }

    pub fn insert(&mut self, endpoint: EndpointAddress) {
        self.0 |= Self::bit(endpoint);
    }

    pub fn remove(&mut self, endpoint: EndpointAddress) {
        self.0 &= !Self::bit(endpoint);
    }

    pub fn clear(&mut self) {
        self.0 = 0;
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The endpoints of the set, one after the other.
impl Iterator for EndpointSet {
    type Item = EndpointAddress;

    fn next(&mut self) -> Option<EndpointAddress> {
        if self.0 == 0 {
            return None;
        }
        let index = self.0.trailing_zeros() as u8;
        self.0 &= self.0.wrapping_sub(1);
        let direction = if index < 16 { Direction::Out } else { Direction::In };
        Some(EndpointAddress::new(index, direction))
    }
}

/// Runs of one endpoint that the controller may hold at once. Two keep a double-buffered controller busy.
const RUNS: usize = 2;
/// Packets in the longest run, so that its bytes fit in 16 bits whatever the packet size (at most 1023).
pub(crate) const RUN_PACKETS: usize = 64;

/// One endpoint in one direction.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    /// Largest payload of a packet.
    pub max_packet_size: u16,
    /// bInterfaceNumber of the interface that it belongs to.
    pub interface: u8,
    /// How the last transfer ended; it counts while the endpoint is in [`Endpoints::complete`].
    outcome: Outcome,
    /// IN: the runs that the controller holds, oldest first, each as one more than its bytes; 0 is none, so that a
    /// device that was never connected is all zeros and takes no flash. OUT: the first place is [`Endpoint::kept`].
    runs: [u16; RUNS],
    /// Bytes of the transfer in flight; once it has ended, the sequence number of that moment.
    length: u32,
    /// Bytes of it that have been moved.
    pub done: u32,
}

impl Endpoint {
    const CLOSED: Self =
        Self { max_packet_size: 0, interface: 0, outcome: Outcome::Success, runs: [0; RUNS], length: 0, done: 0 };

    /// Bytes of the transfer in flight.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// Starts a transfer.
    pub fn start(&mut self, length: u32) {
        self.length = length;
        self.done = 0;
    }

    /// OUT: bytes of the oldest waiting run that have been taken already.
    pub fn kept(&self) -> u16 {
        self.runs[0]
    }

    /// See [`Endpoint::kept`].
    pub fn set_kept(&mut self, bytes: u16) {
        self.runs[0] = bytes;
    }

    /// The controller holds no run any more, or (OUT) none of which a part was taken.
    pub fn forget_runs(&mut self) {
        self.runs = [0; RUNS];
    }

    /// The controller holds a run.
    pub fn has_runs(&self) -> bool {
        self.runs[0] != 0
    }

    /// The controller can take another run.
    pub fn has_room_for_run(&self) -> bool {
        self.runs[1] == 0
    }

    /// Bytes in the controller's runs.
    pub fn queued(&self) -> u32 {
        let [oldest, next] = self.runs;
        u32::from(oldest.saturating_sub(1)).wrapping_add(u32::from(next.saturating_sub(1)))
    }

    /// The controller took another run.
    pub fn push_run(&mut self, bytes: usize) {
        // At most RUN_PACKETS packets: it fits.
        let run = (bytes as u16).saturating_add(1);
        match &mut self.runs {
            [oldest @ 0, _] => *oldest = run,
            [_, next] => *next = run,
        }
    }

    /// The host took the oldest run: its bytes.
    pub fn pop_run(&mut self) -> Option<u16> {
        let [oldest, next] = self.runs;
        self.runs = [next, 0];
        oldest.checked_sub(1)
    }
}

/// All endpoints but 0.
#[repr(C)]
pub(crate) struct Endpoints<const N: usize> {
    pub open: EndpointSet,
    /// Open, and not a built-in driver's.
    pub programs: EndpointSet,
    pub isochronous: EndpointSet,
    /// Answers STALL.
    pub halted: EndpointSet,
    /// A transfer is in flight.
    pub in_flight: EndpointSet,
    /// A transfer has ended and the program has not heard of it.
    pub complete: EndpointSet,
    /// SET_INTERFACE has opened or closed it and the program has not heard of that.
    pub untold: EndpointSet,
    /// Of those in `untold`: it was open before.
    pub was_open: EndpointSet,
    /// OUT and IN of each number. Last, see [`Device`](crate::Device).
    entries: [[Endpoint; 2]; N],
}

impl<const N: usize> Endpoints<N> {
    pub const fn new() -> Self {
        Self {
            entries: [[Endpoint::CLOSED; 2]; N],
            open: EndpointSet::new(),
            programs: EndpointSet::new(),
            isochronous: EndpointSet::new(),
            halted: EndpointSet::new(),
            in_flight: EndpointSet::new(),
            complete: EndpointSet::new(),
            untold: EndpointSet::new(),
            was_open: EndpointSet::new(),
        }
    }

    /// The endpoint's entry, `None` beyond the table.
    pub fn get(&self, endpoint: EndpointAddress) -> Option<&Endpoint> {
        let [output, input] = self.entries.get(usize::from(endpoint.number()))?;
        Some(if endpoint.direction() == Direction::In { input } else { output })
    }

    /// The endpoint's entry, `None` beyond the table.
    #[inline(never)]
    pub fn get_mut(&mut self, endpoint: EndpointAddress) -> Option<&mut Endpoint> {
        let [output, input] = self.entries.get_mut(usize::from(endpoint.number()))?;
        Some(if endpoint.direction() == Direction::In { input } else { output })
    }

    /// The interface of an open endpoint.
    pub fn interface(&self, endpoint: EndpointAddress) -> Option<u8> {
        if !self.open.contains(endpoint) {
            return None;
        }
        self.get(endpoint).map(|entry| entry.interface)
    }

    /// The endpoint was opened. A completion that the program has not heard of stays.
    pub fn opened(&mut self, config: &EndpointConfig, interface: u8, is_programs: bool) {
        if let Some(entry) = self.get_mut(config.address) {
            entry.max_packet_size = config.max_packet_size;
            entry.interface = interface;
            self.closed(config.address);
            self.open.insert(config.address);
            if is_programs {
                self.programs.insert(config.address);
            }
            if config.transfer_type == TransferType::Isochronous {
                self.isochronous.insert(config.address);
            }
        }
    }

    /// The endpoint was closed; a transfer in flight is dropped.
    pub fn closed(&mut self, endpoint: EndpointAddress) {
        if let Some(entry) = self.get_mut(endpoint) {
            entry.forget_runs();
        }
        self.open.remove(endpoint);
        self.programs.remove(endpoint);
        self.isochronous.remove(endpoint);
        self.halted.remove(endpoint);
        self.in_flight.remove(endpoint);
    }

    /// Every endpoint was closed.
    pub fn close_all(&mut self) {
        for endpoint in self.open {
            self.closed(endpoint);
        }
        self.all_told();
    }

    /// Every endpoint was closed, and nobody has to hear of what they did.
    pub fn forget(&mut self) {
        self.close_all();
        self.complete.clear();
    }

    /// SET_INTERFACE changes the endpoint.
    pub fn changed(&mut self, endpoint: EndpointAddress) {
        if !self.untold.contains(endpoint) && self.open.contains(endpoint) {
            self.was_open.insert(endpoint);
        }
        self.untold.insert(endpoint);
    }

    /// The program knows of every SET_INTERFACE.
    pub fn all_told(&mut self) {
        self.untold.clear();
        self.was_open.clear();
    }

    /// The transfer in flight has ended.
    pub fn completed(&mut self, endpoint: EndpointAddress, outcome: Outcome, at: Sequence) {
        if let Some(entry) = self.get_mut(endpoint) {
            entry.outcome = outcome;
            entry.length = at.get();
            self.in_flight.remove(endpoint);
            self.complete.insert(endpoint);
        }
    }

    /// When the transfer ended whose end the program has not heard of.
    pub fn completed_at(&self, endpoint: EndpointAddress) -> Option<Sequence> {
        self.get(endpoint).and_then(|entry| Sequence::new(entry.length))
    }

    /// The program hears of the end: how it ended, and how many bytes were moved.
    pub fn take_completion(&mut self, endpoint: EndpointAddress) -> (Outcome, usize) {
        self.complete.remove(endpoint);
        self.get(endpoint).map_or((Outcome::Failed, 0), |entry| (entry.outcome, entry.done as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_yields_its_endpoints_once_each() {
        let mut set = EndpointSet::new();
        for byte in [0x8f, 0x01, 0x81, 0x0f] {
            set.insert(EndpointAddress::from_byte(byte));
        }
        let found: std::vec::Vec<u8> = set.map(EndpointAddress::byte).collect();
        assert_eq!(found, [0x01, 0x0f, 0x81, 0x8f]);
    }

    #[test]
    fn runs_are_first_in_first_out_and_a_zero_length_run_counts() {
        let mut endpoint = Endpoint::CLOSED;
        endpoint.push_run(64);
        endpoint.push_run(0);
        assert!(!endpoint.has_room_for_run());
        assert_eq!(endpoint.queued(), 64);
        assert_eq!(endpoint.pop_run(), Some(64));
        assert!(endpoint.has_runs());
        assert_eq!(endpoint.pop_run(), Some(0));
        assert_eq!(endpoint.pop_run(), None);
    }

    #[test]
    fn an_entry_takes_sixteen_bytes() {
        assert_eq!(size_of::<Endpoint>(), 16);
    }

    #[test]
    fn the_longest_run_fits_in_sixteen_bits() {
        assert!(RUN_PACKETS * 1023 < usize::from(u16::MAX));
    }
}
