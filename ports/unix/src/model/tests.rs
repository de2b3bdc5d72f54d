//! The controller's own tests: the contract of the trait from the device end, USB 2.0 chapter 8 from the bus end.

mod control;
mod data;
mod late;
mod misuse;
mod state;

use usb_simulator::port::{Fault, Reply, Toggle, Token, Transaction};
use usb_simulator::time::BusTime;
use usb_stack::SetupPacket;
use usb_stack::controller::{Direction, EndpointAddress, EndpointConfig, Event, TransferType};

use super::Model;
use crate::shape::Shape;

const SHAPES: [Shape; 3] = [Shape::RP2040, Shape::SAMD, Shape::MINIMAL];
const D0: Toggle = Toggle::Data0;
const D1: Toggle = Toggle::Data1;
const REQUEST: [u8; 8] = [0x80, 6, 0, 1, 0, 0, 18, 0];

/// An address from its byte.
fn ep(byte: u8) -> EndpointAddress {
    EndpointAddress::from_byte(byte)
}

fn config(byte: u8, transfer_type: TransferType, max_packet_size: u16) -> EndpointConfig {
    EndpointConfig { address: ep(byte), transfer_type, max_packet_size }
}

/// A controller with both ends in one hand.
struct Bench {
    model: Model,
    address: u8,
    isochronous: bool,
}

impl Bench {
    /// Not connected.
    fn new(shape: Shape) -> Self {
        Self { model: Model::new(shape), address: 0, isochronous: false }
    }

    /// Connected, reset, endpoint 0 open with 64 bytes, nothing to tell.
    fn ready(shape: Shape) -> Self {
        let mut bench = Self::new(shape);
        bench.model.connect();
        bench.model.bus_reset();
        assert_eq!(bench.events(), [Event::Reset]);
        bench.model.open(&config(0, TransferType::Control, 64)).unwrap();
        bench
    }

    fn with(shape: Shape, byte: u8, transfer_type: TransferType, size: u16) -> Self {
        let mut bench = Self::ready(shape);
        bench.model.open(&config(byte, transfer_type, size)).unwrap();
        bench.isochronous = transfer_type == TransferType::Isochronous;
        bench
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.model.next_event()).collect()
    }

    fn go(&mut self, token: Token, endpoint: u8, toggle: Toggle, data: &[u8], fault: Option<Fault>) -> Reply {
        self.model.transaction(&Transaction {
            start: BusTime::ZERO,
            token_end: BusTime::ZERO,
            data_end: BusTime::ZERO,
            token,
            address: self.address,
            endpoint,
            toggle,
            data,
            room: 1023,
            isochronous: self.isochronous,
            fault,
        })
    }

    fn setup(&mut self) -> Reply {
        self.go(Token::Setup, 0, D0, &REQUEST, None)
    }

    fn out(&mut self, endpoint: u8, toggle: Toggle, data: &[u8]) -> Reply {
        self.go(Token::Out, endpoint, toggle, data, None)
    }

    fn input(&mut self, endpoint: u8) -> Reply {
        self.go(Token::In, endpoint, D0, &[], None)
    }

    /// The oldest run that waits, taken out.
    fn take(&mut self, number: u8) -> (Vec<u8>, bool) {
        let run = self.model.received(number).unwrap();
        let mut bytes = vec![0; run.len];
        self.model.read(number, 0, &mut bytes);
        self.model.release(number);
        (bytes, run.short)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.model.violations(), []);
        }
    }
}

fn data(toggle: Toggle, bytes: &[u8]) -> Reply {
    Reply::Data { toggle, bytes: bytes.to_vec() }
}

/// Both directions of the endpoint number, for `is_open` and the like.
const BOTH: [Direction; 2] = [Direction::Out, Direction::In];
