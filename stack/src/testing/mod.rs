//! A controller and a program for the tests of this crate, and a bench that puts the device between them and a host.

mod app;
mod controller;

use std::collections::{BTreeMap, BTreeSet};
use std::vec;
use std::vec::Vec;

use crate::controller::Event as BusEvent;
use crate::device::{Answer, Device, Event};
use crate::setup::SetupPacket;

pub use app::{FakeApp, FakeString};
pub use controller::{FakeController, Reply};

/// An interface descriptor of vendor class.
pub fn interface(number: u8, alternate: u8, endpoints: u8) -> Vec<u8> {
    vec![9, 4, number, alternate, endpoints, 0xff, 0, 0, 0]
}

/// An endpoint descriptor.
pub fn endpoint(address: u8, attributes: u8, size: u16) -> Vec<u8> {
    let size = size.to_le_bytes();
    vec![7, 5, address, attributes, size[0], size[1], 1]
}

/// A configuration descriptor of these parts, value 1, that can wake the host.
pub fn configuration(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![9, 2, 0, 0, 1, 1, 0, 0xa0, 50];
    bytes.extend(parts.concat());
    let length = (bytes.len() as u16).to_le_bytes();
    bytes[2..4].copy_from_slice(&length);
    bytes
}

/// The serial port's two interfaces, then interface 2 of vendor class with a bulk pair.
pub fn serial_configuration() -> Vec<u8> {
    configuration(&[
        vec![8, 11, 0, 2, 2, 2, 0, 0],
        vec![9, 4, 0, 0, 1, 2, 2, 0, 4],
        vec![5, 0x24, 0, 0x20, 1],
        endpoint(0x81, 3, 8),
        vec![9, 4, 1, 0, 2, 10, 0, 0, 0],
        endpoint(0x02, 2, 64),
        endpoint(0x82, 2, 64),
        interface(2, 0, 2),
        endpoint(0x03, 2, 64),
        endpoint(0x83, 2, 64),
    ])
}

/// How a control transfer went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The device stalled it.
    Stall,
    /// The device kept the host waiting.
    Nak,
}

/// Device, program and host.
pub struct Bench {
    pub device: Device<FakeController, 16>,
    pub app: FakeApp,
}

impl Bench {
    /// A device with interface 0 of vendor class: bulk 0x01 and 0x81, interrupt 0x82, isochronous 0x03 and 0x83.
    pub fn new() -> Self {
        let parts = [
            interface(0, 0, 5),
            endpoint(0x01, 2, 64),
            endpoint(0x81, 2, 64),
            endpoint(0x82, 3, 8),
            endpoint(0x03, 1, 100),
            endpoint(0x83, 1, 100),
        ];
        Self::with(FakeController::new(), configuration(&parts))
    }

    pub fn with(controller: FakeController, configuration: Vec<u8>) -> Self {
        let app = FakeApp {
            device: vec![18, 1, 0, 2, 0, 0, 0, 64, 1, 2, 3, 4, 0, 1, 1, 2, 3, 1],
            configuration,
            bos: None,
            strings: BTreeMap::from([(0, FakeString::Raw(vec![4, 3, 9, 4]))]),
            answered: None,
            builtin: 0,
            buffers: BTreeMap::new(),
            moved: BTreeSet::new(),
            woken: 0,
            input: Vec::new(),
            input_room: usize::MAX,
            touched: 0,
            lies: Vec::new(),
        };
        let mut bench = Self { device: Device::new(controller), app };
        bench.device.connect();
        bench
    }

    /// The serial port at interfaces 0 and 1, the program's interface 2.
    pub fn with_serial() -> Self {
        let mut bench = Self::with(FakeController::new(), serial_configuration());
        bench.app.builtin = 2;
        bench
    }

    pub fn interrupt(&mut self) {
        self.device.interrupt(&mut self.app);
    }

    pub fn bus(&mut self, event: BusEvent) {
        self.device.controller().host_event(event);
        self.interrupt();
    }

    pub fn reset(&mut self) {
        self.bus(BusEvent::Reset);
    }

    /// Resets, gives address 5, chooses configuration 1, and has the program told.
    pub fn configured(mut self) -> Self {
        self.addressed();
        self.control_out([0x00, 9, 1, 0, 0, 0, 0, 0], &[]).expect("SET_CONFIGURATION");
        assert_eq!(self.events(), [Event::Configured]);
        self
    }

    /// Resets, gives address 5, and has the program told.
    pub fn addressed(&mut self) {
        self.reset();
        self.control_out([0x00, 5, 5, 0, 0, 0, 0, 0], &[]).expect("SET_ADDRESS");
        assert_eq!(self.events(), [Event::Reset]);
    }

    /// All events that wait.
    pub fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.device.next_event()).collect()
    }

    pub fn answer(&mut self, answer: Answer) -> bool {
        self.device.answer(&mut self.app, answer)
    }

    pub fn setup(&mut self, bytes: [u8; 8]) {
        self.device.controller().host_setup(bytes);
        self.interrupt();
    }

    /// An IN token.
    pub fn token_in(&mut self, number: u8) -> Reply {
        let reply = self.device.controller().host_in(number);
        self.interrupt();
        reply
    }

    /// An OUT token with its packet.
    pub fn token_out(&mut self, number: u8, data: &[u8]) -> Reply {
        let reply = self.device.controller().host_out(number, data);
        self.interrupt();
        reply
    }

    fn max_packet_size_0(&self) -> usize {
        usize::from(self.app.device[7])
    }

    /// The data stage of a control IN, SETUP not included: the packets that the host got.
    pub fn data_stage_in(&mut self, wanted: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let mut packets: Vec<Vec<u8>> = Vec::new();
        while packets.iter().map(Vec::len).sum::<usize>() < wanted {
            match self.token_in(0) {
                Reply::Data(packet) => packets.push(packet),
                Reply::Stall => return Err(Failure::Stall),
                _ => return Err(Failure::Nak),
            }
            if packets.last().is_some_and(|packet| packet.len() < self.max_packet_size_0()) {
                break;
            }
        }
        Ok(packets)
    }

    pub fn data_stage_out(&mut self, data: &[u8]) -> Result<(), Failure> {
        for packet in data.chunks(self.max_packet_size_0()) {
            match self.token_out(0, packet) {
                Reply::Ack => {}
                Reply::Stall => return Err(Failure::Stall),
                _ => return Err(Failure::Nak),
            }
        }
        Ok(())
    }

    pub fn status_in(&mut self) -> Result<(), Failure> {
        match self.token_in(0) {
            Reply::Data(packet) if packet.is_empty() => Ok(()),
            Reply::Stall => Err(Failure::Stall),
            Reply::Nak => Err(Failure::Nak),
            other => panic!("status stage: {other:?}"),
        }
    }

    pub fn status_out(&mut self) -> Result<(), Failure> {
        match self.token_out(0, &[]) {
            Reply::Ack => Ok(()),
            Reply::Stall => Err(Failure::Stall),
            _ => Err(Failure::Nak),
        }
    }

    /// A whole control IN that needs no program: the bytes.
    pub fn control_in(&mut self, setup: [u8; 8]) -> Result<Vec<u8>, Failure> {
        self.setup(setup);
        let packets = self.data_stage_in(usize::from(SetupPacket::new(setup).length()))?;
        self.status_out()?;
        Ok(packets.concat())
    }

    /// A whole control OUT, or one without data, that needs no program.
    pub fn control_out(&mut self, setup: [u8; 8], data: &[u8]) -> Result<(), Failure> {
        self.setup(setup);
        self.data_stage_out(data)?;
        self.status_in()
    }
}
