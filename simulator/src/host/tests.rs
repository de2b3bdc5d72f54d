use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::bus::urb::{Stage, Status};
use crate::bus::{Bus, RawTransaction};
use crate::class::cdc::{LineCoding, Serial};
use crate::port::{Port, PortError, Reply, Toggle, Token, Transaction};
use crate::scripted::Scripted;

const DEVICE: [u8; 18] = [18, 1, 0, 2, 0xef, 2, 1, 64, 0x8a, 0x2e, 5, 0, 0, 1, 1, 2, 3, 1];
/// A CDC ACM function: communications interface 0 with endpoint 0x83, data interface 1 with 0x01 and 0x81.
const SERIAL: [u8; 75] = [
    9, 2, 75, 0, 2, 1, 0, 0x80, 125, 8, 11, 0, 2, 2, 2, 0, 0, // configuration, association
    9, 4, 0, 0, 1, 2, 2, 0, 0, 5, 0x24, 0, 0x20, 1, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 6, 5, 0x24, 6, 0,
    1, // interface 0
    7, 5, 0x83, 3, 8, 0, 16, 9, 4, 1, 0, 2, 10, 0, 0, 0, 7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x81, 2, 64, 0, 0,
];
const SECOND: BusTime = BusTime::from_millis(1000);

fn scripted() -> Scripted {
    Scripted::new(&DEVICE, &SERIAL).with(|device| {
        device.strings = ["Maker", "Grüße 🎹", "0001"].map(str::to_owned).to_vec();
        device.echo = true;
    })
}

fn host(device: Scripted) -> (Host<Bus>, Rc<RefCell<Scripted>>) {
    let device = Rc::new(RefCell::new(device));
    (Host::new(Bus::new(Box::new(device.clone()))), device)
}

fn enumerated(device: Scripted) -> (Host<Bus>, Rc<RefCell<Scripted>>) {
    let (mut host, device) = host(device);
    host.enumerate(SECOND).unwrap();
    (host, device)
}

#[test]
fn enumeration_asks_in_the_order_of_linux() {
    let (mut host, device) = host(scripted());
    let found = host.enumerate(SECOND).unwrap();
    assert_eq!(found.string(2), Some("Grüße 🎹"));
    let asked: Vec<(u8, u8, u8, u8)> = device.borrow().requests.iter().map(|(s, _)| (s[1], s[3], s[2], s[6])).collect();
    let expected = [
        (6, 1, 0, 64),
        (5, 0, 1, 0),
        (6, 1, 0, 18),
        (6, 2, 0, 9),
        (6, 2, 0, 75),
        (6, 3, 0, 255),
        (6, 3, 1, 255),
        (6, 3, 2, 255),
        (6, 3, 3, 255),
        (9, 0, 1, 0),
    ];
    assert_eq!(asked, expected);
    let log = device.borrow().line_log.clone();
    assert_eq!(log.iter().filter(|(_, what)| *what == "reset").count(), 2);
}

#[test]
fn small_endpoint_zero_packets_are_honoured() {
    for size in [8, 16, 32] {
        let (mut host, device) = host(scripted().with(|device| device.device[7] = size));
        host.enumerate(SECOND).unwrap();
        assert_eq!(device.borrow().requests.len(), 10);
    }
}

#[test]
fn a_slow_device_is_waited_for_in_every_stage() {
    let (mut host, _device) = host(scripted().with(|device| device.thinking = BusTime::from_millis(30)));
    assert!(host.enumerate(SECOND).is_ok());
}

#[test]
fn a_device_that_comes_late_is_waited_for_and_one_that_does_not_come_is_an_error() {
    let (mut host, device) = host(scripted().with(|device| device.attach_at = BusTime::from_millis(700)));
    assert_eq!(
        host.enumerate(BusTime::from_millis(500)).unwrap_err(),
        HostError::NotAttached(BusTime::from_millis(500))
    );
    assert!(host.enumerate(SECOND).is_ok());
    let reset = device.borrow().line_log.iter().find(|(_, what)| *what == "reset").unwrap().0;
    assert!(reset >= BusTime::from_millis(800), "{reset}");
}

#[test]
fn errors_name_request_stage_and_reason() {
    let (mut host, device) = enumerated(scripted());
    let error = host.control_in(Request::new(0x80, 6, 0x0600, 0, 10)).unwrap_err();
    assert_eq!(error.to_string(), "GET_DESCRIPTOR(device qualifier): data stage: STALL");
    assert_eq!(error.errno(), 32);
    device.borrow_mut().refused.push((0x40, 7));
    let error = host.control_out(Request::new(0x40, 7, 1, 2, 0), b"abc").unwrap_err();
    assert_eq!(error.to_string(), "vendor request 0x07 (wValue 0x0001, wIndex 0x0002): data stage: STALL");
    device.borrow_mut().thinking = SECOND;
    let slow = host.control_in_within(Request::new(0x82, 0, 0, 1, 2), BusTime::from_millis(50)).unwrap_err();
    assert!(slow.to_string().starts_with("GET_STATUS(endpoint 0x01): data stage: no end after 50 ms (1 NAK"), "{slow}");
    assert!(slow.is_timeout());
}

#[test]
fn a_configuration_that_lies_stops_enumeration_with_the_rule() {
    let (mut host, _device) = host(scripted().with(|device| device.configuration[2] = 80));
    let error = host.enumerate(SECOND).unwrap_err();
    assert_eq!(
        error.to_string(),
        "data stage of GET_DESCRIPTOR: configuration descriptor, byte 2: wTotalLength is 80, but 75 bytes came"
    );
}

#[test]
fn halts_are_seen_and_cleared_with_both_toggles() {
    let (mut host, device) = enumerated(scripted());
    host.write(1, b"one", false, SECOND).unwrap();
    device.borrow_mut().halted.push(0x01);
    let error = host.write(1, b"two", false, SECOND).unwrap_err();
    assert!(error.is_stall());
    assert_eq!(error.to_string(), "OUT transfer to endpoint 0x01: STALL");
    assert_eq!(host.control_in(Request::new(0x82, 0, 0, 1, 2)).unwrap(), [1, 0]);
    host.clear_halt(0x01).unwrap();
    host.write(1, b"three", false, SECOND).unwrap();
    let received: Vec<Vec<u8>> = device.borrow().received.iter().map(|(_, bytes)| bytes.clone()).collect();
    assert_eq!(received, [b"one".to_vec(), b"three".to_vec()]);
}

#[test]
fn a_read_that_does_not_end_gives_what_had_come_and_leaves_nothing_queued() {
    let (mut host, _device) = enumerated(scripted());
    host.write(1, &[7; 64], false, SECOND).unwrap();
    match host.read(0x81, 128, BusTime::from_millis(20)).unwrap_err() {
        HostError::Transfer { partial, failure: Failure::Timeout { .. }, stage: None, .. } => {
            assert_eq!(partial, [7; 64])
        }
        other => panic!("{other}"),
    }
    host.write(1, b"next", false, SECOND).unwrap();
    assert_eq!(host.read(0x81, 64, SECOND).unwrap(), b"next");
}

#[test]
fn a_device_that_goes_during_a_transfer_is_reported() {
    let (mut host, _device) = enumerated(scripted());
    let id = host.submit_read(0x81, 64);
    host.unplug().unwrap();
    match host.wait(id, SECOND).unwrap_err() {
        HostError::Transfer { failure: Failure::Ended(Status::Detached), .. } => {}
        other => panic!("{other}"),
    }
    assert_eq!(host.reset().unwrap_err(), HostError::Detached);
    host.plug().unwrap();
    assert_eq!(host.enumerate(SECOND).unwrap().address, 2);
}

#[test]
fn a_remote_wakeup_brings_the_frames_back() {
    let (mut host, _device) = enumerated(scripted().with(|device| device.wake_after = Some(BusTime::from_millis(50))));
    host.with_bus(Bus::take_events);
    host.allow_remote_wakeup(true).unwrap();
    host.suspend().unwrap();
    assert!(!host.wait_wakeup(BusTime::from_millis(20)).unwrap());
    assert!(host.wait_wakeup(BusTime::from_millis(100)).unwrap());
    assert_eq!(host.control_in(Request::new(0x82, 0, 0, 1, 2)).unwrap(), [0, 0]);
}

#[test]
fn a_raw_transaction_needs_a_running_bus() {
    let (mut host, _device) = enumerated(scripted());
    let raw = RawTransaction { token: Token::In, address: 1, endpoint: 1, toggle: Toggle::Data0, data: Vec::new() };
    assert_eq!(host.transaction(raw.clone()).unwrap(), Reply::Nak);
    host.suspend().unwrap();
    assert!(matches!(host.transaction(raw), Err(HostError::Usage(_))));
}

#[test]
fn a_serial_port_is_opened_as_cdc_acm_does_and_echoes() {
    let (mut host, device) = enumerated(scripted().with(|device| {
        device.answers.push((0xa1, 0x21, 0, 0, LineCoding::new(9600).bytes().to_vec()));
    }));
    let mut port = Serial::open(&mut host, 0).unwrap();
    let opened: Vec<(u8, Vec<u8>)> =
        device.borrow().requests[10..].iter().map(|(s, data)| (s[1], data.clone())).collect();
    assert_eq!(opened, [(0x20, vec![0, 0xc2, 1, 0, 0, 0, 8]), (0x22, vec![])]);
    assert_eq!(port.line_coding(&mut host).unwrap(), LineCoding::new(9600));
    let sent: Vec<u8> = (0..1000u16).map(|at| at as u8).collect();
    port.write(&mut host, &sent, SECOND).unwrap();
    let got = port.read_until(&mut host, SECOND, |bytes| bytes.len() >= 1000).unwrap();
    assert_eq!(got, sent);
    assert_eq!(port.close(&mut host).unwrap(), b"");
    assert_eq!(device.borrow().requests.last().unwrap().0[2], 0);
}

#[test]
fn a_serial_port_without_a_union_descriptor_is_refused_with_the_reason() {
    let (mut host, _device) = enumerated(scripted().with(|device| device.configuration[42] = 0x10));
    let error = Serial::open(&mut host, 0).unwrap_err();
    assert_eq!(error.to_string(), "interface 0: no union descriptor (CDC 1.2 section 5.2.3.2)");
}

/// An accessor whose device program runs between steps, and that can be interrupted.
struct Embedded {
    bus: Bus,
    device: Rc<RefCell<Scripted>>,
    turns: usize,
    interrupt_at: usize,
}

impl BusAccess for Embedded {
    fn with<R>(&mut self, act: impl FnOnce(&mut Bus) -> R) -> R {
        act(&mut self.bus)
    }

    fn let_device_run(&mut self) -> Result<(), Interrupted> {
        self.turns += 1;
        // The device may be touched here: the bus holds no borrow.
        self.device.borrow_mut().echo = true;
        if self.turns == self.interrupt_at { Err(Interrupted) } else { Ok(()) }
    }
}

#[test]
fn the_device_gets_its_turn_between_steps_and_can_interrupt_a_transfer() {
    let device = Rc::new(RefCell::new(scripted()));
    let bus = Bus::new(Box::new(device.clone()));
    let mut host = Host::new(Embedded { bus, device, turns: 0, interrupt_at: usize::MAX });
    host.enumerate(SECOND).unwrap();
    assert!(host.access().turns > 100);
    host.access().interrupt_at = host.access().turns + 3;
    assert_eq!(host.read(0x81, 64, SECOND).unwrap_err(), HostError::Interrupted);
    host.write(1, b"still alive", false, SECOND).unwrap();
    assert_eq!(host.read(0x81, 64, SECOND).unwrap(), b"still alive");
}

#[test]
fn queued_control_transfers_end_in_order() {
    let (mut host, _device) = enumerated(scripted());
    let ids = [
        host.submit_control([0x80, 6, 0, 1, 0, 0, 18, 0], &[]),
        host.submit_control([0x80, 6, 0, 15, 0, 0, 5, 0], &[]),
        host.submit_control([0x80, 6, 0, 2, 0, 0, 75, 0], &[]),
    ];
    assert_eq!(host.wait(ids[2], SECOND).unwrap().data, SERIAL);
    assert_eq!(host.wait(ids[0], SECOND).unwrap().data, DEVICE);
    match host.wait(ids[1], SECOND).unwrap_err() {
        HostError::Transfer { stage: Some(Stage::Data), failure: Failure::Ended(Status::Stall), .. } => {}
        other => panic!("{other}"),
    }
}

/// A device that answers whatever comes to its mind.
struct Random(u32);

impl Random {
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % below
    }
}

impl Port for Random {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        Ok(until)
    }
    fn changes(&self) -> u64 {
        u64::from(self.0)
    }
    fn pull_up(&self) -> bool {
        true
    }
    fn resume_requested(&self) -> bool {
        self.0 & 1 == 1
    }
    fn reset(&mut self, _: BusTime, _: BusTime) -> Result<(), PortError> {
        Ok(())
    }
    fn suspend(&mut self, _: BusTime) -> Result<(), PortError> {
        Ok(())
    }
    fn resume(&mut self, _: BusTime) -> Result<(), PortError> {
        Ok(())
    }
    fn start_of_frame(&mut self, _: BusTime, _: u16) -> Result<(), PortError> {
        Ok(())
    }
    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        if transaction.token != Token::In {
            let other = [Reply::Ack, Reply::Nak, Reply::Stall, Reply::Silent][self.next(4) as usize].clone();
            return Ok(if self.next(20) > 0 { Reply::Ack } else { other });
        }
        Ok(match self.next(40) {
            0 => Reply::Nak,
            1 => Reply::Stall,
            2 => Reply::Silent,
            3 => Reply::Data { toggle: Toggle::Data0, bytes: vec![0; self.next(1024) as usize] },
            _ => {
                // Mostly descriptors with a byte or two changed, so that some runs come far.
                let mut bytes = [DEVICE.as_slice(), SERIAL.as_slice()][self.next(2) as usize].to_vec();
                bytes.truncate(transaction.room);
                if self.next(4) == 0 && !bytes.is_empty() {
                    let at = self.next(bytes.len() as u32) as usize;
                    bytes[at] = self.next(256) as u8;
                }
                Reply::Data { toggle: transaction.toggle, bytes }
            }
        })
    }
}

#[test]
fn a_device_that_answers_at_random_is_survived() {
    let mut ends = Vec::new();
    for seed in 0..2_000 {
        let mut host = Host::new(Bus::new(Box::new(Random(seed))));
        match host.enumerate(SECOND) {
            Ok(_) => ends.push("enumerated"),
            Err(HostError::Transfer { .. }) => ends.push("transfer"),
            Err(HostError::Descriptor(_)) => ends.push("descriptor"),
            Err(other) => panic!("seed {seed}: {other}"),
        }
        if host.device().is_some() && Serial::open(&mut host, 0).is_ok() {
            ends.push("opened");
        }
    }
    for end in ["transfer", "descriptor"] {
        assert!(ends.contains(&end), "{end} never happened");
    }
}
