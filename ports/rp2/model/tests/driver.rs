//! What only the driver of a chip does: the order of its accesses, the errata, the limits of its packet memory. What it has in
//! common with every controller, the suite of tests/native tests, on this model too.

use port_rp2::{Chip, Driver};
use rp2_model::{ModelBus, ModelRegisters, Violation, pair};
use usb_simulator::port::{Port, Reply, Toggle, Token, Transaction};
use usb_simulator::time::BusTime;
use usb_stack::controller::{Direction, EndpointAddress, EndpointConfig, Event, OpenError, Received, TransferType};
use usb_stack::{Controller, SetupPacket};

const CHIPS: [Chip; 3] = [Chip::Rp2040B1, Chip::Rp2040B2, Chip::Rp2350];

/// A driver and its chip.
struct Rig {
    driver: Driver<ModelRegisters>,
    bus: ModelBus,
}

impl Rig {
    /// Connected, reset by the host, endpoint 0 open.
    fn new(chip: Chip) -> Self {
        let (registers, bus) = pair(chip);
        let mut rig = Self { driver: Driver::new(registers), bus };
        rig.driver.connect();
        rig.bus.begin_reset();
        rig.bus.end_reset();
        assert_eq!(rig.events(), [Event::Reset]);
        rig.open(0, Direction::Out, TransferType::Control, 64).unwrap();
        rig
    }

    /// The same after the time that a host leaves a device after a reset.
    fn rested(chip: Chip) -> Self {
        let mut rig = Self::new(chip);
        rig.rest();
        rig.frame();
        rig
    }

    fn rest(&mut self) {
        for _ in 0..10 {
            self.bus.pass_us(1000);
            if self.bus.irq() {
                assert_eq!(self.events(), []);
            }
        }
    }

    fn frame(&mut self) {
        let now = self.bus.model().time();
        self.bus.start_of_frame(now, 1).unwrap();
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.driver.next_event()).collect()
    }

    fn open(
        &mut self,
        number: u8,
        direction: Direction,
        transfer_type: TransferType,
        size: u16,
    ) -> Result<(), OpenError> {
        let address = EndpointAddress::new(number, direction);
        self.driver.open(EndpointConfig { address, transfer_type, max_packet_size: size })
    }

    fn token(&mut self, token: Token, endpoint: u8, toggle: Toggle, data: &[u8]) -> Reply {
        let at = self.bus.model().time();
        let (address, fault, isochronous) = (0, None, false);
        let (start, token_end, data_end, room) = (at, at, at, 64);
        let all = Transaction {
            start,
            token_end,
            data_end,
            token,
            address,
            endpoint,
            toggle,
            data,
            room,
            isochronous,
            fault,
        };
        self.bus.transaction(&all).unwrap()
    }

    fn fetch(&mut self, endpoint: u8) -> Reply {
        self.token(Token::In, endpoint, Toggle::Data0, &[])
    }

    fn violations(&self) -> Vec<Violation> {
        self.bus.model().violations().to_vec()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.violations(), [], "the driver broke the rules of the hardware");
        }
    }
}

fn data(toggle: Toggle, bytes: &[u8]) -> Reply {
    Reply::Data { toggle, bytes: bytes.to_vec() }
}

#[test]
fn nothing_is_touched_before_connect() {
    let (registers, bus) = pair(Chip::Rp2040B2);
    let mut driver = Driver::new(registers);
    driver.disconnect();
    let endpoints = [EndpointAddress::CONTROL_OUT, EndpointAddress::CONTROL_IN, EndpointAddress::new(1, Direction::In)];
    for address in endpoints {
        let config = EndpointConfig { address, transfer_type: TransferType::Bulk, max_packet_size: 64 };
        assert_eq!(driver.open(config), Err(OpenError::Unsupported));
        driver.close(address);
        driver.cancel(address);
        driver.set_halt(address, true);
        driver.set_halt(address, false);
        driver.reset_toggle(address);
        assert_eq!(driver.send(address.number(), &[1]), None);
        driver.arm(address.number(), &mut [0; 64]);
        driver.arm_ahead(address.number());
        assert_eq!(driver.received(address.number()), None);
        driver.read(address.number(), 0, &mut [0; 64]);
        driver.release(address.number());
    }
    driver.close_all();
    driver.set_address(1);
    driver.enable_sof(true);
    driver.remote_wakeup();
    assert_eq!(driver.next_event(), None);
    assert_eq!(bus.model().violations(), []);
    assert!(!bus.pull_up());
    driver.connect();
    assert!(bus.pull_up());
    assert_eq!(bus.model().violations(), []);
}

#[test]
fn two_packets_wait_for_the_host_and_go_out_in_order() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        rig.open(1, Direction::In, TransferType::Bulk, 64).unwrap();
        assert_eq!(rig.events(), []);
        rig.frame();
        assert_eq!(rig.events(), []);
        // An odd number of packets first, so that the controller's own count stands at the second buffer.
        for (round, count) in [3u8, 4, 1, 2].into_iter().enumerate() {
            let mut sent = 0;
            let mut got = 0;
            while got < count {
                while sent < count && rig.driver.send(1, &[sent; 5]).is_some() {
                    sent += 1;
                }
                assert!(sent - got <= 2);
                match rig.fetch(1) {
                    Reply::Data { bytes, .. } => assert_eq!(bytes, [got; 5], "{chip:?}, round {round}"),
                    other => panic!("{chip:?}, round {round}: {other:?}"),
                }
                got += 1;
                assert_eq!(rig.events(), [Event::Sent { number: 1 }]);
            }
            assert_eq!(rig.fetch(1), Reply::Nak);
        }
    }
}

#[test]
fn a_second_packet_arrives_while_the_first_is_not_read() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        rig.open(2, Direction::Out, TransferType::Bulk, 8).unwrap();
        let mut toggle = Toggle::Data0;
        for round in 0..5u8 {
            rig.driver.arm_ahead(2);
            for packet in 0..2 {
                assert_eq!(rig.token(Token::Out, 2, toggle, &[round, packet, 7]), Reply::Ack, "{chip:?}");
                toggle = toggle.flipped();
            }
            assert_eq!(rig.token(Token::Out, 2, toggle, &[9]), Reply::Nak);
            assert_eq!(rig.events(), [Event::Received { number: 2 }; 2]);
            for packet in 0..2 {
                assert_eq!(rig.driver.received(2), Some(Received { len: 3, short: true }));
                let mut bytes = [0; 4];
                rig.driver.read(2, 1, &mut bytes);
                assert_eq!(bytes, [packet, 7, 0, 0]);
                rig.driver.release(2);
                // One packet alone moves the controller's count to the other buffer.
                if packet == 0 && round == 2 {
                    rig.driver.arm(2, &mut []);
                    assert_eq!(rig.token(Token::Out, 2, toggle, &[round, 2, 7]), Reply::Ack);
                    toggle = toggle.flipped();
                    assert_eq!(rig.events(), [Event::Received { number: 2 }]);
                }
            }
            if round == 2 {
                let mut bytes = [0; 3];
                rig.driver.read(2, 0, &mut bytes);
                assert_eq!(bytes, [2, 2, 7]);
                rig.driver.release(2);
            }
            assert_eq!(rig.driver.received(2), None);
        }
    }
}

#[test]
fn what_was_not_acknowledged_is_taken_back_with_its_toggle() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        rig.open(1, Direction::In, TransferType::Interrupt, 8).unwrap();
        rig.open(2, Direction::In, TransferType::Bulk, 64).unwrap();
        rig.frame();
        assert_eq!(rig.events(), []);
        assert_eq!(rig.driver.send(1, &[1]), Some(1));
        assert_eq!(rig.fetch(1), data(Toggle::Data0, &[1]));
        for byte in 2..4 {
            assert_eq!(rig.driver.send(2, &[byte]), Some(1));
        }
        assert_eq!(rig.fetch(2), data(Toggle::Data0, &[2]));
        rig.driver.cancel(EndpointAddress::new(2, Direction::In));
        assert_eq!(rig.events(), [Event::Sent { number: 1 }]);
        assert_eq!(rig.fetch(2), Reply::Nak);
        assert_eq!(rig.driver.send(2, &[4]), Some(1));
        assert_eq!(rig.fetch(2), data(Toggle::Data1, &[4]));
    }
}

#[test]
fn an_event_found_outside_the_interrupt_raises_it() {
    let mut rig = Rig::rested(Chip::Rp2040B2);
    rig.open(1, Direction::In, TransferType::Interrupt, 8).unwrap();
    rig.driver.send(1, &[1]).unwrap();
    assert_eq!(rig.fetch(1), data(Toggle::Data0, &[1]));
    rig.driver.set_halt(EndpointAddress::new(1, Direction::In), true);
    assert!(rig.bus.irq());
    assert_eq!(rig.events(), [Event::Sent { number: 1 }]);
    assert!(!rig.bus.irq());
    assert_eq!(rig.fetch(1), Reply::Stall);
}

#[test]
fn a_setup_empties_endpoint_0_and_lifts_its_stall() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        let request = [0x80, 6, 0, 1, 0, 0, 64, 0];
        assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
        // What is meant for the transfer before must not become the answer to this one.
        assert_eq!(rig.driver.send(0, &[1; 8]), Some(8));
        assert_eq!(rig.fetch(0), Reply::Nak);
        assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
        rig.driver.send(0, &[2; 8]).unwrap();
        assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
        assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
        assert_eq!(rig.fetch(0), Reply::Nak);
        rig.driver.set_halt(EndpointAddress::CONTROL_IN, true);
        rig.driver.set_halt(EndpointAddress::CONTROL_OUT, true);
        assert_eq!(rig.fetch(0), Reply::Stall);
        assert_eq!(rig.token(Token::Out, 0, Toggle::Data1, &[]), Reply::Stall);
        assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
        assert_eq!(rig.fetch(0), Reply::Nak);
        assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
        rig.driver.send(0, &[3; 8]).unwrap();
        assert_eq!(rig.fetch(0), data(Toggle::Data1, &[3; 8]));
    }
}

#[test]
fn the_status_stage_speaks_for_the_last_packet_before_it() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        let request = [0x80, 6, 0, 2, 0, 0, 80, 0];
        // The second time the host wants less than there is: the packet that ends the data stage is a full one.
        for wanted in [80, 64] {
            let request = [request[0], request[1], 0, 2, 0, 0, wanted, 0];
            assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
            assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
            rig.driver.arm(0, &mut []);
            let mut toggle = Toggle::Data1;
            if wanted == 80 {
                rig.driver.send(0, &[1; 64]).unwrap();
                assert_eq!(rig.fetch(0), data(Toggle::Data1, &[1; 64]));
                assert!(rig.bus.irq(), "another packet has to follow");
                assert_eq!(rig.events(), [Event::Sent { number: 0 }]);
                toggle = Toggle::Data0;
            }
            let last = vec![2; if wanted == 80 { 16 } else { 64 }];
            rig.driver.send(0, &last).unwrap();
            assert_eq!(rig.fetch(0), data(toggle, &last));
            assert!(!rig.bus.irq());
            assert_eq!(rig.token(Token::Out, 0, Toggle::Data1, &[]), Reply::Ack);
            assert!(rig.bus.irq());
            assert_eq!(rig.events(), [Event::Sent { number: 0 }, Event::Received { number: 0 }]);
            assert_eq!(rig.driver.received(0), Some(Received { len: 0, short: true }));
            rig.driver.release(0);
            assert!(!rig.bus.irq());
        }
        // A host that has no use for the status stage is heard all the same.
        assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
        assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
        rig.driver.arm(0, &mut []);
        rig.driver.send(0, &[3; 8]).unwrap();
        assert_eq!(rig.fetch(0), data(Toggle::Data1, &[3; 8]));
        assert!(!rig.bus.irq());
        let request = [0, 9, 1, 0, 0, 0, 0, 0];
        assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
        assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
        rig.driver.send(0, &[]).unwrap();
        assert_eq!(rig.fetch(0), data(Toggle::Data1, &[]));
        assert!(rig.bus.irq());
        assert_eq!(rig.events(), [Event::Sent { number: 0 }]);
    }
}

#[test]
fn erratum_5_is_worked_around_on_old_chips_only() {
    for chip in CHIPS {
        let (registers, bus) = pair(chip);
        let mut rig = Rig { driver: Driver::new(registers), bus };
        rig.driver.connect();
        rig.bus.model().busy_bus = true;
        let request = [0x80, 6, 0, 1, 0, 0, 64, 0];
        for _ in 0..2 {
            rig.bus.begin_reset();
            assert_eq!(rig.events(), [Event::Reset]);
            rig.open(0, Direction::Out, TransferType::Control, 64).unwrap();
            rig.rest();
            // SE0 goes on: nothing is forced.
            assert!(!rig.bus.model().pin_is_taken() && rig.bus.pull_up());
            rig.bus.end_reset();
            assert_eq!(rig.bus.is_connected(), chip != Chip::Rp2040B1);
            rig.bus.pass_us(1000);
            if rig.bus.irq() {
                assert_eq!(rig.events(), []);
            }
            assert_eq!(rig.bus.model().pin_is_taken(), chip == Chip::Rp2040B1);
            assert!(rig.bus.is_connected() && rig.bus.pull_up());
            rig.rest();
            assert!(!rig.bus.model().pin_is_taken());
            assert_eq!(rig.token(Token::Setup, 0, Toggle::Data0, &request), Reply::Ack);
            assert_eq!(rig.events(), [Event::Setup(SetupPacket::new(request))]);
        }
    }
}

#[test]
fn erratum_5_gives_the_pin_back_when_the_device_leaves() {
    let mut rig = Rig::new(Chip::Rp2040B1);
    assert!(rig.bus.model().pin_is_taken());
    rig.driver.disconnect();
    assert!(!rig.bus.model().pin_is_taken() && !rig.bus.pull_up());
}

#[test]
fn erratum_15_holds_bulk_in_packets_back_at_the_end_of_a_frame() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        rig.open(1, Direction::In, TransferType::Bulk, 64).unwrap();
        rig.open(2, Direction::In, TransferType::Interrupt, 64).unwrap();
        rig.frame();
        assert_eq!(rig.events(), []);
        rig.driver.send(1, &[1]).unwrap();
        assert_eq!(rig.fetch(1), data(Toggle::Data0, &[1]));
        assert_eq!(rig.events(), [Event::Sent { number: 1 }]);
        let begin = rig.bus.model().time();
        rig.bus.run_until(begin + BusTime::from_micros(850)).unwrap();
        for byte in 2..4 {
            rig.driver.send(1, &[byte]).unwrap();
            rig.driver.send(2, &[byte]);
        }
        assert_eq!(rig.fetch(2), data(Toggle::Data0, &[2]));
        let held_back = chip != Chip::Rp2350;
        assert_eq!(rig.fetch(1), if held_back { Reply::Nak } else { data(Toggle::Data1, &[2]) });
        assert_eq!(rig.bus.waits_for_frame(), held_back);
        rig.bus.run_until(begin + BusTime::FRAME).unwrap();
        rig.frame();
        assert_eq!(rig.bus.irq(), held_back || !rig.events().is_empty());
        rig.events();
        if held_back {
            assert_eq!(rig.fetch(1), data(Toggle::Data1, &[2]));
        }
        assert_eq!(rig.fetch(1), data(Toggle::Data0, &[3]));
    }
}

#[test]
fn erratum_15_holds_nothing_of_endpoint_0_back_whoever_listens_to_frames() {
    for chip in CHIPS {
        let mut rig = Rig::rested(chip);
        rig.driver.enable_sof(true);
        rig.open(1, Direction::In, TransferType::Bulk, 64).unwrap();
        rig.frame();
        assert_eq!(rig.events(), [Event::StartOfFrame]);
        let begin = rig.bus.model().time();
        rig.bus.run_until(begin + BusTime::from_micros(850)).unwrap();
        rig.driver.arm(0, &mut []);
        assert_eq!(rig.token(Token::Out, 0, Toggle::Data0, &[]), Reply::Ack);
        rig.driver.send(0, &[]).unwrap();
        assert_eq!(rig.fetch(0), data(Toggle::Data0, &[]));
        assert!(!rig.bus.waits_for_frame());
    }
}

#[test]
fn erratum_15_packets_held_back_can_be_taken_back() {
    let mut rig = Rig::rested(Chip::Rp2040B2);
    rig.open(1, Direction::In, TransferType::Bulk, 64).unwrap();
    rig.bus.pass_us(10_000);
    rig.driver.send(1, &[1]).unwrap();
    assert!(rig.bus.waits_for_frame());
    rig.driver.cancel(EndpointAddress::new(1, Direction::In));
    rig.frame();
    assert_eq!(rig.events(), []);
    assert_eq!(rig.fetch(1), Reply::Nak);
    rig.driver.send(1, &[2]).unwrap();
    assert_eq!(rig.fetch(1), data(Toggle::Data0, &[2]));
}

#[test]
fn packet_memory_runs_out_with_an_error() {
    let mut rig = Rig::rested(Chip::Rp2040B2);
    let room = rig.driver.limits().packet_memory;
    assert_eq!(room, 3712);
    for number in 1..=3 {
        rig.open(number, Direction::Out, TransferType::Isochronous, 1023).unwrap();
    }
    assert_eq!(rig.open(4, Direction::Out, TransferType::Isochronous, 1023), Err(OpenError::NoMemory));
    for number in 5..=9 {
        rig.open(number, Direction::In, TransferType::Bulk, 64).unwrap();
    }
    assert_eq!(rig.open(10, Direction::In, TransferType::Interrupt, 1), Err(OpenError::NoMemory));
    // Its own memory is kept for an endpoint.
    rig.driver.close(EndpointAddress::new(2, Direction::Out));
    assert_eq!(rig.open(4, Direction::Out, TransferType::Interrupt, 8), Err(OpenError::NoMemory));
    rig.open(2, Direction::Out, TransferType::Isochronous, 1000).unwrap();
    rig.driver.close_all();
    rig.open(4, Direction::Out, TransferType::Isochronous, 1023).unwrap();
}

#[test]
fn what_an_endpoint_is_first_given_is_the_most_that_was_announced() {
    let mut rig = Rig::rested(Chip::Rp2040B2);
    let address = EndpointAddress::new(1, Direction::Out);
    for max_packet_size in [8, 1023, 64] {
        let transfer_type = TransferType::Isochronous;
        rig.driver.reserve(EndpointConfig { address, transfer_type, max_packet_size });
    }
    rig.open(1, Direction::Out, TransferType::Interrupt, 8).unwrap();
    for number in 2..=3 {
        rig.open(number, Direction::Out, TransferType::Isochronous, 1023).unwrap();
    }
    assert_eq!(rig.open(4, Direction::Out, TransferType::Isochronous, 1023), Err(OpenError::NoMemory));
    rig.open(1, Direction::Out, TransferType::Isochronous, 1023).unwrap();
    rig.driver.close_all();
    for number in 2..=4 {
        rig.open(number, Direction::Out, TransferType::Isochronous, 1023).unwrap();
    }
}

#[test]
fn endpoints_that_do_not_exist_are_refused() {
    let mut rig = Rig::rested(Chip::Rp2040B2);
    for (number, transfer_type, size) in [
        (1, TransferType::Bulk, 65),
        (1, TransferType::Interrupt, 65),
        (1, TransferType::Isochronous, 1024),
        (1, TransferType::Control, 64),
        (0, TransferType::Control, 63),
        (0, TransferType::Bulk, 64),
    ] {
        assert_eq!(rig.open(number, Direction::In, transfer_type, size), Err(OpenError::Unsupported));
    }
    assert_eq!(rig.fetch(1), Reply::Silent);
}
