use std::cell::RefCell;
use std::rc::Rc;

use super::urb::{Mishap, Stage, TransferType};
use super::*;
use crate::port::Fault;
use crate::scripted::Scripted;

const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 0x8a, 0x2e, 5, 0, 0, 1, 0, 0, 0, 1];
const GET_DEVICE: [u8; 8] = [0x80, 6, 0, 1, 0, 0, 18, 0];
const SET_CONFIGURATION: [u8; 8] = [0, 9, 1, 0, 0, 0, 0, 0];

/// A bus with a scripted device that has been reset and is at the first frame; address 0 serves as well as any.
fn running(device: Scripted) -> (Bus, Rc<RefCell<Scripted>>) {
    let device = Rc::new(RefCell::new(device));
    let mut bus = Bus::new(Box::new(device.clone()));
    bus.run_until(BusTime::from_millis(1)).unwrap();
    bus.reset(RESET).unwrap();
    bus.run_until(BusTime::from_millis(12)).unwrap();
    assert!(bus.is_running());
    control(&mut bus, SET_CONFIGURATION);
    (bus, device)
}

fn device() -> Scripted {
    Scripted::new(&DEVICE, &[])
}

fn finish(bus: &mut Bus, id: UrbId) -> Completion {
    let limit = bus.now() + BusTime::from_millis(500);
    bus.wait(id, limit).unwrap().expect("the transfer should have ended")
}

fn control(bus: &mut Bus, setup: [u8; 8]) -> Completion {
    let id = bus.submit(Urb::control(0, 64, setup, &[]));
    finish(bus, id)
}

fn bulk_out(bytes: &[u8]) -> Urb {
    Urb::out(0, 1, TransferType::Bulk, 64, bytes)
}

fn bulk_in(length: usize) -> Urb {
    Urb::input(0, 1, TransferType::Bulk, 64, length)
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| at as u8).collect()
}

#[test]
fn frames_come_each_millisecond_with_their_number() {
    let (mut bus, device) = running(device());
    let from = device.borrow().frames.len();
    let until = bus.now() + BusTime::from_millis(100);
    bus.run_until(until).unwrap();
    let frames = device.borrow().frames[from..].to_vec();
    assert_eq!(frames.len(), 100);
    assert!(frames.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn a_step_is_one_transaction_or_one_jump() {
    let (mut bus, device) = running(device());
    bus.submit(bulk_out(&bytes(192)));
    let limit = bus.now() + BusTime::from_millis(1);
    let mut counts = Vec::new();
    while bus.now() < limit {
        bus.step(limit).unwrap();
        counts.push(device.borrow().received.len());
    }
    assert!(counts.windows(2).all(|pair| pair[1] - pair[0] <= 1));
    assert_eq!(counts.last(), Some(&3));
}

#[test]
fn nineteen_packets_of_a_bulk_transfer_fit_into_a_frame() {
    let (mut bus, device) = running(device());
    bus.submit(bulk_out(&vec![0x55; 64 * 1000]));
    let first = bus.frame() + 1;
    let mut packets = [0; 12];
    while bus.frame() < first + 11 {
        let before = device.borrow().received.len();
        bus.step(BusTime::NEVER).unwrap();
        if bus.frame() >= first {
            packets[(bus.frame() - first) as usize] += device.borrow().received.len() - before;
        }
    }
    assert_eq!(packets[..11], [19; 11]);
}

#[test]
fn a_control_transfer_has_three_stages_and_its_data() {
    let (mut bus, device) = running(device());
    let completion = control(&mut bus, GET_DEVICE);
    assert_eq!((completion.status, completion.stage), (Status::Done, Stage::Status));
    assert_eq!(completion.data, DEVICE);
    assert_eq!(device.borrow().requests.last().unwrap().0, GET_DEVICE);
}

#[test]
fn a_refused_request_ends_with_stall_and_the_next_one_works() {
    let (mut bus, _device) = running(device());
    let refused = control(&mut bus, [0x80, 6, 0, 15, 0, 0, 5, 0]);
    assert_eq!((refused.status, refused.stage), (Status::Stall, Stage::Data));
    assert_eq!(control(&mut bus, GET_DEVICE).status, Status::Done);
}

#[test]
fn an_endpoint_that_answers_nak_is_asked_again_after_a_change_only() {
    let (mut bus, device) = running(device());
    let later = bus.now() + BusTime::from_millis(50);
    device.borrow_mut().timeline = vec![(later, 0x81, b"abc".to_vec())];
    let id = bus.submit(bulk_in(64));
    let completion = finish(&mut bus, id);
    assert_eq!((completion.data.as_slice(), completion.naks), (b"abc".as_slice(), 1));
    assert!(completion.at > later && completion.at < later + BusTime::from_micros(100), "{}", completion.at);
}

#[test]
fn an_empty_packet_closes_a_transfer_only_if_asked_for() {
    let (mut bus, device) = running(device());
    let id = bus.submit(bulk_out(&bytes(128)));
    finish(&mut bus, id);
    assert_eq!(device.borrow().received.len(), 2);
    let id = bus.submit(Urb { zero_packet: true, ..bulk_out(&bytes(128)) });
    assert_eq!(finish(&mut bus, id).actual, 128);
    assert_eq!(device.borrow().received[2..].iter().map(|(_, one)| one.len()).collect::<Vec<_>>(), [64, 64, 0]);
    let id = bus.submit(bulk_out(&[]));
    finish(&mut bus, id);
    assert_eq!(device.borrow().received.len(), 6);
}

#[test]
fn queued_transfers_of_an_endpoint_go_in_order_and_short_packets_part_them() {
    let (mut bus, _device) = running(device().with(|device| device.echo = true));
    let reads = [bus.submit(bulk_in(256)), bus.submit(bulk_in(256)), bus.submit(bulk_in(64))];
    for length in [70, 3, 64] {
        bus.submit(bulk_out(&bytes(length)));
    }
    let got: Vec<usize> = reads.into_iter().map(|id| finish(&mut bus, id).data.len()).collect();
    assert_eq!(got, [70, 3, 64]);
}

#[test]
fn a_packet_longer_than_the_room_left_is_babble() {
    let (mut bus, device) = running(device());
    let now = bus.now();
    device.borrow_mut().timeline = vec![(now, 0x81, bytes(64)), (now, 0x81, bytes(64))];
    let id = bus.submit(bulk_in(100));
    let completion = finish(&mut bus, id);
    assert_eq!(completion.status, Status::Babble { got: 64, room: 36 });
    assert_eq!((completion.status.errno(), completion.actual), (-75, 64));
}

#[test]
fn lost_and_damaged_packets_are_repeated_without_loss_or_doubling() {
    for fault in [Fault::LoseToken, Fault::CorruptData, Fault::LoseHandshake] {
        for token in [Token::Out, Token::In] {
            let (mut bus, _device) = running(device().with(|device| device.echo = true));
            bus.inject(Injection { token, endpoint: 1, skip: 1, times: 2, fault });
            let sent = bytes(300);
            bus.submit(bulk_out(&sent));
            let id = bus.submit(bulk_in(300));
            let completion = finish(&mut bus, id);
            assert_eq!((completion.status, &completion.data), (Status::Done, &sent), "{fault:?} {token:?}");
        }
    }
}

#[test]
fn control_transfers_survive_noise_in_every_stage() {
    for fault in [Fault::LoseToken, Fault::CorruptData, Fault::LoseHandshake] {
        for token in [Token::Setup, Token::Out, Token::In] {
            let (mut bus, _device) = running(device());
            bus.inject(Injection { token, endpoint: 0, skip: 0, times: 1, fault });
            let completion = control(&mut bus, GET_DEVICE);
            assert_eq!(
                (completion.status, completion.data.as_slice()),
                (Status::Done, DEVICE.as_slice()),
                "{fault:?} {token:?}"
            );
        }
    }
}

#[test]
fn three_bad_answers_in_a_row_end_a_transfer() {
    let (mut bus, _device) = running(device());
    bus.inject(Injection { token: Token::Out, endpoint: 1, skip: 0, times: 3, fault: Fault::LoseToken });
    let id = bus.submit(bulk_out(&[1]));
    let completion = finish(&mut bus, id);
    assert_eq!((completion.status, completion.errors), (Status::NoAnswer(Mishap::Silence), 3));
    let id = bus.submit(Urb::control(9, 64, GET_DEVICE, &[]));
    assert_eq!(finish(&mut bus, id).status, Status::NoAnswer(Mishap::Silence));
}

#[test]
fn an_interrupt_endpoint_is_served_once_in_each_interval() {
    let (mut bus, device) = running(device());
    let now = bus.now();
    device.borrow_mut().timeline = (0..10).map(|_| (now, 0x82, vec![1])).collect();
    let urb = || Urb::input(0, 2, TransferType::Interrupt, 8, 8).every(4);
    let mut frames = Vec::new();
    for _ in 0..10 {
        let id = bus.submit(urb());
        finish(&mut bus, id);
        frames.push(bus.frame());
    }
    assert!(frames.windows(2).all(|pair| pair[1] - pair[0] == 4), "{frames:?}");
}

#[test]
fn isochronous_packets_go_one_in_each_frame_and_are_never_repeated() {
    let (mut bus, device) = running(device());
    let now = bus.now();
    device.borrow_mut().timeline = vec![(now, 0x83, vec![1; 10]), (now, 0x83, vec![2; 10])];
    let out = bus.submit(Urb::isochronous(0, 0x03, 32, &bytes(30), vec![10; 3]));
    let input = bus.submit(Urb::isochronous(0, 0x83, 32, &[], vec![32; 3]));
    let packets = finish(&mut bus, input).packets;
    assert_eq!(
        packets.iter().map(|packet| (packet.ok, packet.data.len())).collect::<Vec<_>>(),
        [(true, 10), (true, 10), (false, 0)]
    );
    assert!(packets.windows(2).all(|pair| pair[1].frame == pair[0].frame + 1));
    assert_eq!(finish(&mut bus, out).actual, 30);
    assert_eq!(device.borrow().received.len(), 3);
}

#[test]
fn a_cancelled_transfer_tells_what_had_been_moved() {
    let (mut bus, device) = running(device());
    let now = bus.now();
    device.borrow_mut().timeline = vec![(now, 0x81, bytes(64))];
    let id = bus.submit(bulk_in(640));
    let limit = bus.now() + BusTime::from_millis(5);
    bus.run_until(limit).unwrap();
    bus.cancel(id);
    let completion = bus.take(id).unwrap();
    assert_eq!((completion.status, completion.data.len()), (Status::Cancelled, 64));
    assert!(!bus.is_queued(id));
}

#[test]
fn a_setup_packet_goes_out_whatever_the_device_answered_to_a_cancelled_request() {
    let (mut bus, device) = running(device());
    device.borrow_mut().thinking = BusTime::from_millis(1_000);
    for _ in 0..2 {
        let id = bus.submit(Urb::control(0, 64, GET_DEVICE, &[]));
        let limit = bus.now() + BusTime::from_millis(5);
        bus.run_until(limit).unwrap();
        bus.cancel(id);
        assert_eq!(bus.take(id).unwrap().stage, Stage::Data);
    }
}

#[test]
fn a_device_is_suspended_after_three_idle_milliseconds_and_resumed_for_twenty() {
    let (mut bus, device) = running(device());
    let idle = bus.now();
    bus.suspend().unwrap();
    bus.run_until(idle + BusTime::from_millis(10)).unwrap();
    assert_eq!(device.borrow().line_log.last(), Some(&(idle + IDLE_TO_SUSPEND, "suspend")));
    let frames = device.borrow().frames.len();
    bus.resume().unwrap();
    bus.run_until(idle + BusTime::from_millis(29)).unwrap();
    assert_eq!(device.borrow().frames.len(), frames);
    bus.run_until(idle + BusTime::from_millis(32)).unwrap();
    assert!(device.borrow().frames.len() > frames);
}

#[test]
fn a_device_can_wake_the_bus() {
    let (mut bus, _device) = running(device().with(|device| device.wake_after = Some(BusTime::from_millis(7))));
    bus.take_events();
    let idle = bus.now();
    bus.suspend().unwrap();
    bus.run_until(idle + BusTime::from_millis(40)).unwrap();
    assert_eq!(bus.take_events(), [(idle + BusTime::from_millis(10), BusEvent::Wakeup)]);
    assert!(bus.is_running());
}

#[test]
fn pulling_the_cable_ends_every_transfer() {
    let (mut bus, device) = running(device());
    let id = bus.submit(bulk_in(64));
    bus.unplug().unwrap();
    assert_eq!(bus.take(id).unwrap().status, Status::Detached);
    let late = bus.submit(bulk_in(64));
    assert_eq!(bus.take(late).unwrap().status, Status::Detached);
    let limit = bus.now() + BusTime::from_millis(5);
    bus.run_until(limit).unwrap();
    assert_eq!(device.borrow().line_log.last().unwrap().1, "suspend");
    bus.plug().unwrap();
    assert!(bus.is_attached());
}

#[test]
fn raw_transactions_return_the_answer_of_the_wire() {
    let (mut bus, _device) = running(device());
    let raw =
        |address, endpoint, token| RawTransaction { token, address, endpoint, toggle: Toggle::Data0, data: Vec::new() };
    let mut ask = |one| {
        bus.request_raw(one);
        let limit = bus.now() + BusTime::from_millis(2);
        bus.run_until(limit).unwrap();
        bus.take_raw()
    };
    assert_eq!(ask(raw(0, 1, Token::In)), Some(Reply::Nak));
    assert_eq!(ask(raw(5, 1, Token::In)), Some(Reply::Silent));
    assert_eq!(ask(raw(0, 1, Token::Out)), Some(Reply::Ack));
}
