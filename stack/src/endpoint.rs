//! The endpoint table: 16 bytes for each endpoint and direction.

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

    #[inline(always)]
    fn bit(endpoint: EndpointAddress) -> u32 {
        1u32.wrapping_shl(place(endpoint) as u32)
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

    /// A bit for each member, that of the endpoint at [`place`] p is bit p.
    pub fn bits(self) -> u32 {
        self.0
    }
}

/// Where an endpoint is in the table: OUT and IN of each number, one after the other.
#[inline(always)]
pub(crate) fn place(endpoint: EndpointAddress) -> usize {
    usize::from(endpoint.number()) << 1 | usize::from(endpoint.byte() >> 7)
}

/// The endpoint at a [`place`].
pub(crate) fn endpoint_at(place: usize) -> EndpointAddress {
    let direction = if place & 1 != 0 { Direction::In } else { Direction::Out };
    EndpointAddress::new((place >> 1) as u8, direction)
}

/// Runs of one endpoint that the controller may hold at once. Two keep a double-buffered controller busy.
const RUNS: usize = 2;
/// Packets in the longest run, so that its bytes fit in 16 bits whatever the packet size (at most 1023).
pub(crate) const RUN_PACKETS: usize = 64;

/// It is open. See [`Endpoint::is`].
pub(crate) const OPEN: u8 = 1 << 0;
/// It is open, and not a built-in driver's.
pub(crate) const PROGRAMS: u8 = 1 << 1;
/// It is isochronous.
pub(crate) const ISOCHRONOUS: u8 = 1 << 2;
/// It answers STALL.
pub(crate) const HALTED: u8 = 1 << 3;
/// A transfer is in flight.
pub(crate) const IN_FLIGHT: u8 = 1 << 4;

/// One endpoint in one direction.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    /// Largest payload of a packet.
    pub max_packet_size: u16,
    /// bInterfaceNumber of the interface that it belongs to.
    pub interface: u8,
    /// What is so of it: [`OPEN`] and those below it. In the two bits from [`OUTCOME`] on, how the last transfer ended;
    /// that counts while the endpoint is in [`Latches::complete`](crate::latch::Latches).
    state: u8,
    /// IN: the runs that the controller holds, oldest first, each as one more than its bytes; 0 is none, so that a
    /// device that was never connected is all zeros and takes no flash. OUT: the first place is [`Endpoint::kept`].
    runs: [u16; RUNS],
    /// Bytes of the transfer in flight; once it has ended, the sequence number of that moment.
    length: u32,
    /// Bytes of it that have been moved.
    pub done: u32,
}

/// The lowest bit of the outcome in [`Endpoint::state`].
const OUTCOME: u8 = 6;

impl Endpoint {
    const CLOSED: Self = Self { max_packet_size: 0, interface: 0, state: 0, runs: [0; RUNS], length: 0, done: 0 };

    /// All of this is so.
    #[inline(always)]
    pub fn is(&self, what: u8) -> bool {
        self.state & what == what
    }

    /// Of the states in `of`, those in `what` are so and the others are not.
    #[inline(always)]
    pub fn is_only(&self, what: u8, of: u8) -> bool {
        self.state & of == what
    }

    /// The endpoint answers STALL from now on, or does no more.
    #[inline(always)]
    pub fn set_halted(&mut self, halted: bool) {
        self.state = self.state & !HALTED | if halted { HALTED } else { 0 };
    }

    /// Closed; a transfer in flight is dropped. A completion that the program has not heard of stays.
    pub fn close(&mut self) {
        self.state &= 3 << OUTCOME;
        self.forget_runs();
    }

    /// Bytes of the transfer in flight.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The transfer in flight has ended.
    pub fn end(&mut self, outcome: Outcome, at: Sequence) {
        self.state = self.state & !(IN_FLIGHT | 3 << OUTCOME) | (outcome as u8) << OUTCOME;
        self.length = at;
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        match self.state >> OUTCOME {
            0 => Outcome::Success,
            1 => Outcome::Failed,
            _ => Outcome::Stalled,
        }
    }

    /// Starts a transfer.
    pub fn start(&mut self, length: u32) {
        self.state |= IN_FLIGHT;
        self.length = length;
        self.done = 0;
    }

    /// No transfer is in flight any more.
    pub fn stop(&mut self) {
        self.state &= !IN_FLIGHT;
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

    /// Bytes in the controller's runs, while it [has room](Self::has_room_for_run) for another.
    pub fn queued(&self) -> usize {
        usize::from(self.runs[0].saturating_sub(1))
    }

    /// The controller took another run.
    pub fn push_run(&mut self, bytes: usize) {
        // At most RUN_PACKETS packets: it fits.
        let run = (bytes as u16).wrapping_add(1);
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
pub(crate) struct Endpoints<const N: usize> {
    /// OUT and IN of each number.
    entries: [[Endpoint; 2]; N],
    /// Stands for every endpoint that has no place in the table, and is never open.
    beyond: Endpoint,
}

impl<const N: usize> Endpoints<N> {
    pub const fn new() -> Self {
        Self { entries: [[Endpoint::CLOSED; 2]; N], beyond: Endpoint::CLOSED }
    }

    /// The endpoint's entry.
    #[inline(never)]
    pub fn get(&self, endpoint: EndpointAddress) -> &Endpoint {
        self.entries.as_flattened().get(place(endpoint)).unwrap_or(&self.beyond)
    }

    /// The endpoint's entry.
    #[inline(never)]
    pub fn get_mut(&mut self, endpoint: EndpointAddress) -> &mut Endpoint {
        self.entries.as_flattened_mut().get_mut(place(endpoint)).unwrap_or(&mut self.beyond)
    }

    /// Every endpoint that has a place in the table.
    pub fn addresses() -> impl Iterator<Item = EndpointAddress> {
        (0..N.wrapping_mul(2)).map(endpoint_at)
    }

    /// The endpoint was opened. A completion that the program has not heard of stays.
    pub fn opened(&mut self, config: &EndpointConfig, interface: u8, is_programs: bool) {
        if usize::from(config.address.number()) >= N {
            return;
        }
        let entry = self.get_mut(config.address);
        entry.max_packet_size = config.max_packet_size;
        entry.interface = interface;
        entry.close();
        let is_isochronous = config.transfer_type == TransferType::Isochronous;
        entry.state |= OPEN | (u8::from(is_programs) * PROGRAMS) | (u8::from(is_isochronous) * ISOCHRONOUS);
    }

    /// Every endpoint was closed.
    pub fn close_all(&mut self) {
        self.entries.as_flattened_mut().iter_mut().for_each(Endpoint::close);
    }

    /// When the transfer ended whose end the program has not heard of.
    pub fn ended_at(&self, place: usize) -> Option<Sequence> {
        self.entries.as_flattened().get(place).map(|entry| entry.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_its_endpoints_once_each() {
        let mut set = EndpointSet::new();
        for byte in [0x8f, 0x01, 0x81, 0x0f, 0x01] {
            set.insert(EndpointAddress::from_byte(byte));
        }
        let places = (0..32).filter(|place| set.bits() & 1 << place != 0);
        let found: std::vec::Vec<u8> = places.map(|place| endpoint_at(place).byte()).collect();
        assert_eq!(found, [0x01, 0x81, 0x0f, 0x8f]);
    }

    #[test]
    fn what_has_no_place_in_the_table_is_never_open() {
        let mut endpoints = Endpoints::<2>::new();
        for number in 1..16 {
            let address = EndpointAddress::new(number, Direction::In);
            let config = EndpointConfig { address, transfer_type: TransferType::Bulk, max_packet_size: 64 };
            endpoints.opened(&config, 0, true);
            assert_eq!(endpoints.get(address).is(OPEN | PROGRAMS), number == 1);
        }
    }

    #[test]
    fn runs_are_first_in_first_out_and_a_zero_length_run_counts() {
        let mut endpoint = Endpoint::CLOSED;
        endpoint.push_run(64);
        assert_eq!(endpoint.queued(), 64);
        endpoint.push_run(0);
        assert!(!endpoint.has_room_for_run());
        assert_eq!(endpoint.pop_run(), Some(64));
        assert!(endpoint.has_room_for_run());
        assert_eq!(endpoint.queued(), 0);
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
