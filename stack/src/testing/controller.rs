//! A controller that is a few queues.

use std::collections::{BTreeMap, VecDeque};
use std::vec::Vec;

use crate::controller::{
    Controller, Direction, EndpointAddress, EndpointConfig, Event as BusEvent, Limits, OpenError, Received,
    TransferType,
};
use crate::setup::SetupPacket;

/// What an endpoint answers to a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    Ack,
    Data(Vec<u8>),
    Nak,
    Stall,
    Silent,
}

#[derive(Default)]
struct FakeEndpoint {
    max_packet_size: usize,
    halted: bool,
    data1: bool,
    runs: VecDeque<Vec<u8>>,
    armed: usize,
    waiting: VecDeque<Vec<u8>>,
}

/// A controller with `buffers` packet buffers for each endpoint but 0.
pub struct FakeController {
    pub buffers: usize,
    /// Packets that one IN run may have.
    pub run_packets: usize,
    pub packet_memory: u32,
    pub address: u8,
    pub pull_up: bool,
    pub sof: bool,
    pub woken: usize,
    /// Announced since all endpoints were closed.
    pub reserved: Vec<EndpointConfig>,
    pub opened: Vec<EndpointConfig>,
    endpoints: BTreeMap<u8, FakeEndpoint>,
    events: VecDeque<BusEvent>,
}

impl FakeController {
    pub fn new() -> Self {
        Self {
            buffers: 1,
            run_packets: 1,
            packet_memory: 4096,
            address: 0,
            pull_up: false,
            sof: false,
            woken: 0,
            reserved: Vec::new(),
            opened: Vec::new(),
            endpoints: BTreeMap::new(),
            events: VecDeque::new(),
        }
    }

    /// The address of every open endpoint but 0.
    pub fn open_endpoints(&self) -> Vec<u8> {
        self.endpoints.keys().copied().filter(|address| address & 0x0f != 0).collect()
    }

    pub fn is_data1(&self, address: u8) -> bool {
        self.endpoints[&address].data1
    }

    /// Packet size of an open OUT endpoint.
    pub fn max_packet_size(&self, number: u8) -> Option<usize> {
        self.endpoints.get(&number).map(|endpoint| endpoint.max_packet_size)
    }

    pub fn host_event(&mut self, event: BusEvent) {
        if event == BusEvent::Reset {
            self.events.clear();
        }
        self.events.push_back(event);
    }

    pub fn host_setup(&mut self, bytes: [u8; 8]) {
        for address in [0x00, 0x80] {
            let size = self.endpoints[&address].max_packet_size;
            let fresh = FakeEndpoint { max_packet_size: size, data1: true, ..FakeEndpoint::default() };
            self.endpoints.insert(address, fresh);
        }
        self.events.retain(|event| {
            !matches!(event, BusEvent::Setup(_) | BusEvent::Sent { number: 0 } | BusEvent::Received { number: 0 })
        });
        self.events.push_back(BusEvent::Setup(SetupPacket::new(bytes)));
    }

    pub fn host_in(&mut self, number: u8) -> Reply {
        let Some(endpoint) = self.endpoints.get_mut(&(number | 0x80)) else {
            return Reply::Silent;
        };
        if endpoint.halted {
            return Reply::Stall;
        }
        let Some(run) = endpoint.runs.front_mut() else {
            return Reply::Nak;
        };
        endpoint.data1 = !endpoint.data1;
        let packet: Vec<u8> = run.drain(..run.len().min(endpoint.max_packet_size)).collect();
        if run.is_empty() {
            endpoint.runs.pop_front();
            self.events.push_back(BusEvent::Sent { number });
        }
        Reply::Data(packet)
    }

    pub fn host_out(&mut self, number: u8, data: &[u8]) -> Reply {
        let Some(endpoint) = self.endpoints.get_mut(&number) else {
            return Reply::Silent;
        };
        assert!(data.len() <= endpoint.max_packet_size);
        if endpoint.halted {
            return Reply::Stall;
        }
        if endpoint.armed == 0 {
            return Reply::Nak;
        }
        endpoint.data1 = !endpoint.data1;
        endpoint.armed -= 1;
        endpoint.waiting.push_back(data.to_vec());
        self.events.push_back(BusEvent::Received { number });
        Reply::Ack
    }

    fn drop_events(&mut self, endpoint: EndpointAddress) {
        let number = endpoint.number();
        let event = match endpoint.direction() {
            Direction::In => BusEvent::Sent { number },
            Direction::Out => BusEvent::Received { number },
        };
        self.events.retain(|found| *found != event);
    }

    fn arm_packets(&mut self, number: u8, packets: usize) {
        let buffers = if number == 0 { 1 } else { self.buffers };
        let endpoint = self.endpoints.get_mut(&number).expect("armed while closed");
        assert!(!endpoint.halted, "armed while halted");
        let free = buffers - endpoint.waiting.len();
        endpoint.armed = endpoint.armed.max(packets.max(1).min(free));
    }
}

impl Controller for FakeController {
    fn limits(&self) -> Limits {
        Limits { endpoints: 16, packet_memory: self.packet_memory }
    }

    fn footprint(&self, config: EndpointConfig) -> Option<u32> {
        config.is_legal().then_some(u32::from(config.max_packet_size))
    }

    fn reserve(&mut self, config: EndpointConfig) {
        assert!(self.open_endpoints().is_empty(), "announced when endpoints are open already");
        self.reserved.push(config);
    }

    fn connect(&mut self) {
        self.pull_up = true;
    }

    fn disconnect(&mut self) {
        self.pull_up = false;
        self.endpoints.clear();
        self.events.clear();
        self.address = 0;
    }

    fn next_event(&mut self) -> Option<BusEvent> {
        let event = self.events.pop_front();
        if event == Some(BusEvent::Reset) {
            self.address = 0;
            self.sof = false;
            self.reserved.clear();
            self.endpoints.retain(|address, _| address & 0x0f == 0);
        }
        event
    }

    fn set_address(&mut self, address: u8) {
        self.address = address;
    }

    fn open(&mut self, config: EndpointConfig) -> Result<(), OpenError> {
        self.opened.push(config);
        let size = usize::from(config.max_packet_size);
        let fresh = || FakeEndpoint { max_packet_size: size, ..FakeEndpoint::default() };
        if config.transfer_type == TransferType::Control {
            self.endpoints.insert(0x00, fresh());
            self.endpoints.insert(0x80, fresh());
            return Ok(());
        }
        self.close(config.address);
        let used: u32 =
            self.endpoints.iter().filter(|(a, _)| *a & 0x0f != 0).map(|(_, e)| e.max_packet_size as u32).sum();
        if used + u32::from(config.max_packet_size) > self.packet_memory {
            return Err(OpenError::NoMemory);
        }
        self.endpoints.insert(config.address.byte(), fresh());
        Ok(())
    }

    fn close(&mut self, endpoint: EndpointAddress) {
        self.endpoints.remove(&endpoint.byte());
        self.drop_events(endpoint);
    }

    fn close_all(&mut self) {
        self.reserved.clear();
        for address in self.open_endpoints() {
            self.close(EndpointAddress::from_byte(address));
        }
    }

    fn send(&mut self, number: u8, data: &[u8]) -> Option<usize> {
        let (buffers, packets) = if number == 0 { (1, 1) } else { (self.buffers, self.run_packets) };
        let endpoint = self.endpoints.get_mut(&(number | 0x80)).expect("sent while closed");
        assert!(!endpoint.halted, "sent while halted");
        if endpoint.runs.len() >= buffers {
            return None;
        }
        let taken = data.len().min(endpoint.max_packet_size * packets);
        endpoint.runs.push_back(data[..taken].to_vec());
        Some(taken)
    }

    fn arm(&mut self, number: u8, room: &mut [u8]) {
        let size = self.endpoints[&number].max_packet_size;
        self.arm_packets(number, room.len() / size);
    }

    fn arm_ahead(&mut self, number: u8) {
        self.arm_packets(number, usize::MAX);
    }

    fn received(&self, number: u8) -> Option<Received> {
        let endpoint = self.endpoints.get(&number)?;
        let run = endpoint.waiting.front()?;
        Some(Received { len: run.len(), short: run.len() < endpoint.max_packet_size })
    }

    fn read(&mut self, number: u8, offset: usize, into: &mut [u8]) {
        let run = self.endpoints[&number].waiting.front().expect("read with nothing waiting");
        let count = (run.len() - offset).min(into.len());
        into[..count].copy_from_slice(&run[offset..offset + count]);
    }

    fn release(&mut self, number: u8) {
        let endpoint = self.endpoints.get_mut(&number).expect("released while closed");
        endpoint.waiting.pop_front().expect("released with nothing waiting");
    }

    fn cancel(&mut self, endpoint: EndpointAddress) {
        self.drop_events(endpoint);
        if let Some(endpoint) = self.endpoints.get_mut(&endpoint.byte()) {
            endpoint.runs.clear();
            endpoint.waiting.clear();
            endpoint.armed = 0;
        }
    }

    fn set_halt(&mut self, endpoint: EndpointAddress, halted: bool) {
        let endpoint = self.endpoints.get_mut(&endpoint.byte()).expect("halted while closed");
        endpoint.halted = halted;
        endpoint.runs.clear();
        endpoint.armed = 0;
        endpoint.data1 &= halted;
    }

    fn reset_toggle(&mut self, endpoint: EndpointAddress) {
        self.endpoints.get_mut(&endpoint.byte()).expect("toggle of a closed endpoint").data1 = false;
    }

    fn remote_wakeup(&mut self) {
        self.woken += 1;
    }

    fn enable_sof(&mut self, enabled: bool) {
        self.sof = enabled;
    }
}
