//! Standard requests in the Default, Address and Configured states.

use std::string::ToString;
use std::vec;

use crate::controller::Event as BusEvent;
use crate::descriptor::{Rule, Table};
use crate::device::{Answer, Event, Submit};
use crate::testing::{Bench, Failure, FakeString, Reply, configuration, endpoint, interface};
use crate::{EndpointAddress, SetupPacket};

const GET_DEVICE: [u8; 8] = [0x80, 6, 0, 1, 0, 0, 64, 0];
const GET_CONFIGURATION: [u8; 8] = [0x80, 8, 0, 0, 0, 0, 1, 0];
const GET_STATUS: [u8; 8] = [0x80, 0, 0, 0, 0, 0, 2, 0];

fn set_configuration(value: u8) -> [u8; 8] {
    [0x00, 9, value, 0, 0, 0, 0, 0]
}

fn status_of_endpoint(address: u8) -> [u8; 8] {
    [0x82, 0, 0, 0, address, 0, 2, 0]
}

#[test]
fn descriptors_are_served_in_every_state() {
    let mut bench = Bench::new();
    bench.reset();
    let device = bench.app.device.clone();
    assert_eq!(bench.control_in(GET_DEVICE), Ok(device.clone()));
    let mut bench = bench.configured();
    assert_eq!(bench.control_in(GET_DEVICE), Ok(device));
    let all = bench.app.configuration.clone();
    assert_eq!(bench.control_in([0x80, 6, 0, 2, 0, 0, 9, 0]), Ok(all[..9].to_vec()));
    assert_eq!(bench.control_in([0x80, 6, 0, 2, 0, 0, 0xff, 0xff]), Ok(all));
    assert_eq!(bench.control_in([0x80, 6, 1, 2, 0, 0, 9, 0]), Err(Failure::Stall), "there is one configuration");
}

#[test]
fn only_what_the_total_length_says_of_a_configuration_is_served() {
    let mut bench = Bench::new();
    let length = bench.app.configuration.len();
    bench.app.configuration.extend_from_slice(&[1, 2, 3]);
    bench.reset();
    assert_eq!(bench.control_in([0x80, 6, 0, 2, 0, 0, 0xff, 0xff]).map(|bytes| bytes.len()), Ok(length));
}

#[test]
fn strings_and_the_binary_object_store_are_served_or_stalled() {
    let mut bench = Bench::new();
    bench.reset();
    bench.app.strings.insert(1, FakeString::Text("ab".to_string()));
    assert_eq!(bench.control_in([0x80, 6, 0, 3, 0, 0, 255, 0]), Ok(vec![4, 3, 9, 4]));
    assert_eq!(bench.control_in([0x80, 6, 1, 3, 9, 4, 255, 0]), Ok(vec![6, 3, b'a', 0, b'b', 0]));
    assert_eq!(bench.control_in([0x80, 6, 2, 3, 9, 4, 255, 0]), Err(Failure::Stall));
    assert_eq!(bench.control_in([0x80, 6, 0, 15, 0, 0, 5, 0]), Err(Failure::Stall));
    bench.app.bos = Some(vec![5, 15, 12, 0, 1, 7, 16, 2, 0, 0, 0, 0]);
    assert_eq!(bench.control_in([0x80, 6, 0, 15, 0, 0, 255, 0]), Ok(bench.app.bos.clone().unwrap()));
    assert_eq!(bench.control_in([0x80, 6, 0, 6, 0, 0, 10, 0]), Err(Failure::Stall), "device qualifier");
}

#[test]
fn the_longest_string_needs_no_zero_length_packet_when_the_host_asks_for_exactly_that() {
    let mut bench = Bench::new();
    bench.reset();
    bench.app.strings.insert(1, FakeString::Text("x".repeat(200)));
    bench.setup([0x80, 6, 1, 3, 9, 4, 255, 0]);
    let packets = bench.data_stage_in(255).unwrap();
    assert_eq!(packets.iter().map(|packet| packet.len()).collect::<std::vec::Vec<_>>(), [64, 64, 64, 62]);
    assert_eq!(packets[0][0], 254);
}

#[test]
fn an_address_counts_from_the_end_of_the_status_stage_on() {
    let mut bench = Bench::new();
    bench.reset();
    bench.setup([0x00, 5, 42, 0, 0, 0, 0, 0]);
    assert_eq!(bench.device.controller().address, 0);
    assert_eq!(bench.status_in(), Ok(()));
    assert_eq!(bench.device.controller().address, 42);
    assert_eq!(bench.control_out([0x00, 5, 128, 0, 0, 0, 0, 0], &[]), Err(Failure::Stall));
    bench.setup([0x00, 5, 43, 0, 0, 0, 0, 0]);
    assert_eq!(bench.control_in(GET_CONFIGURATION), Ok(vec![0]), "a SETUP instead of the status");
    assert_eq!(bench.device.controller().address, 42);
}

#[test]
fn the_default_state_answers_no_more_than_it_must() {
    let mut bench = Bench::new();
    bench.reset();
    for setup in [GET_CONFIGURATION, GET_STATUS, status_of_endpoint(0), [0x81, 10, 0, 0, 0, 0, 1, 0]] {
        assert_eq!(bench.control_in(setup), Err(Failure::Stall), "{setup:?}");
    }
    assert_eq!(bench.control_out(set_configuration(1), &[]), Err(Failure::Stall));
    assert!(!bench.device.is_configured());
}

#[test]
fn the_address_state_knows_the_device_and_endpoint_0_only() {
    let mut bench = Bench::new();
    bench.addressed();
    assert_eq!(bench.control_in(GET_CONFIGURATION), Ok(vec![0]));
    assert_eq!(bench.control_in(GET_STATUS), Ok(vec![0, 0]));
    assert_eq!(bench.control_in(status_of_endpoint(0x80)), Ok(vec![0, 0]));
    assert_eq!(bench.control_in(status_of_endpoint(0x81)), Err(Failure::Stall));
    assert_eq!(bench.control_in([0x81, 0, 0, 0, 0, 0, 2, 0]), Err(Failure::Stall));
    assert_eq!(bench.control_in([0x81, 10, 0, 0, 0, 0, 1, 0]), Err(Failure::Stall));
    assert_eq!(bench.control_out([0x01, 11, 0, 0, 0, 0, 0, 0], &[]), Err(Failure::Stall));
    assert_eq!(bench.control_out([0x02, 3, 0, 0, 0x81, 0, 0, 0], &[]), Err(Failure::Stall));
    assert_eq!(bench.events(), []);
}

#[test]
fn only_the_value_of_the_configuration_is_accepted() {
    let mut bench = Bench::new();
    bench.app.configuration[5] = 3;
    bench.addressed();
    for value in [1, 2, 4, 255] {
        assert_eq!(bench.control_out(set_configuration(value), &[]), Err(Failure::Stall), "{value}");
    }
    assert_eq!(bench.control_out([0x00, 9, 3, 1, 0, 0, 0, 0], &[]), Err(Failure::Stall));
    assert_eq!(bench.events(), []);
    assert_eq!(bench.control_out(set_configuration(3), &[]), Ok(()));
    assert_eq!(bench.events(), [Event::Configured]);
    assert_eq!(bench.control_in(GET_CONFIGURATION), Ok(vec![3]));
    assert_eq!(bench.control_out(set_configuration(4), &[]), Err(Failure::Stall));
    assert_eq!(bench.control_in(GET_CONFIGURATION), Ok(vec![3]), "a rejected value changes nothing");
    assert_eq!(bench.events(), []);
}

#[test]
fn the_present_configuration_again_is_a_change() {
    let mut bench = Bench::new().configured();
    let halted = EndpointAddress::from_byte(0x81);
    bench.device.set_halt(&mut bench.app, halted, true);
    assert_eq!(bench.control_out(set_configuration(1), &[]), Ok(()));
    assert!(!bench.device.is_halted(halted));
    assert_eq!(bench.events(), [Event::Reset, Event::Configured]);
}

#[test]
fn configuration_0_closes_the_endpoints() {
    let mut bench = Bench::new().configured();
    assert_eq!(bench.device.controller().open_endpoints(), [0x01, 0x03, 0x81, 0x82, 0x83]);
    assert_eq!(bench.control_out(set_configuration(0), &[]), Ok(()));
    assert!(bench.device.controller().open_endpoints().is_empty());
    assert!(!bench.device.is_configured());
    assert_eq!(bench.events(), [Event::Reset]);
    assert_eq!(bench.control_out(set_configuration(0), &[]), Ok(()));
    assert_eq!(bench.events(), [], "there was nothing to leave");
}

#[test]
fn the_status_of_the_device_tells_power_and_remote_wakeup() {
    let mut bench = Bench::new().configured();
    bench.app.configuration[7] = 0xe0;
    assert_eq!(bench.control_in(GET_STATUS), Ok(vec![1, 0]));
    assert_eq!(bench.control_out([0x00, 3, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(bench.control_in(GET_STATUS), Ok(vec![3, 0]));
    assert_eq!(bench.control_out([0x00, 1, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(bench.control_in(GET_STATUS), Ok(vec![1, 0]));
    assert_eq!(bench.control_out([0x00, 3, 2, 0, 0, 0, 0, 0], &[]), Err(Failure::Stall), "TEST_MODE");
    bench.app.configuration[7] = 0x80;
    assert_eq!(bench.control_out([0x00, 3, 1, 0, 0, 0, 0, 0], &[]), Err(Failure::Stall), "it cannot");
}

#[test]
fn remote_wakeup_needs_a_suspended_bus_and_leave() {
    let mut bench = Bench::new().configured();
    assert!(!bench.device.remote_wakeup());
    bench.bus(BusEvent::Suspend);
    assert!(!bench.device.remote_wakeup());
    bench.bus(BusEvent::Resume);
    assert_eq!(bench.control_out([0x00, 3, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert!(!bench.device.remote_wakeup());
    bench.bus(BusEvent::Suspend);
    assert!(bench.device.remote_wakeup());
    assert_eq!(bench.device.controller().woken, 1);
    bench.reset();
    bench.bus(BusEvent::Suspend);
    assert!(!bench.device.remote_wakeup(), "a reset takes the leave back");
}

#[test]
fn the_host_may_halt_what_can_be_halted() {
    let mut bench = Bench::new().configured();
    for address in [0x01, 0x81, 0x82] {
        assert_eq!(bench.control_in(status_of_endpoint(address)), Ok(vec![0, 0]));
        for (request, status) in [(3, 1), (3, 1), (1, 0), (1, 0)] {
            let setup = [0x02, request, 0, 0, address, 0, 0, 0];
            bench.setup(setup);
            assert_eq!(bench.status_in(), Err(Failure::Nak), "the program has not heard of it yet");
            assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))]);
            assert!(bench.answer(Answer::Stall), "what the program says does not count");
            assert_eq!(bench.status_in(), Ok(()));
            assert_eq!(bench.control_in(status_of_endpoint(address)), Ok(vec![status, 0]));
            assert_eq!(bench.events(), []);
        }
    }
    for address in [0x03, 0x83, 0x02, 0x8f] {
        assert_eq!(bench.control_out([0x02, 3, 0, 0, address, 0, 0, 0], &[]), Err(Failure::Stall), "{address:x}");
    }
    assert_eq!(bench.control_out([0x02, 3, 1, 0, 0x81, 0, 0, 0], &[]), Err(Failure::Stall), "unknown feature");
    assert_eq!(bench.control_out([0x02, 1, 0, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(bench.control_out([0x02, 3, 0, 0, 0, 0, 0, 0], &[]), Err(Failure::Stall));
}

#[test]
fn a_program_cannot_reject_what_an_interface_must_answer() {
    let mut bench = Bench::new().configured();
    for (setup, expected) in [([0x81, 0, 0, 0, 0, 0, 2, 0], vec![0, 0]), ([0x81, 10, 0, 0, 0, 0, 1, 0], vec![0])] {
        for answer in [Answer::Stall, Answer::Continue] {
            bench.setup(setup);
            assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))]);
            assert!(bench.answer(answer));
            assert_eq!(bench.data_stage_in(2).map(|packets| packets.concat()), Ok(expected.clone()));
            assert_eq!(bench.status_out(), Ok(()));
            assert_eq!(bench.events(), []);
        }
    }
    bench.app.buffers.insert(0x80, vec![9]);
    bench.setup([0x81, 10, 0, 0, 0, 0, 1, 0]);
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Data { len: 1 }));
    assert_eq!(bench.data_stage_in(1), Ok(vec![vec![9]]), "but it may answer in its own way");
}

#[test]
fn a_request_that_brings_data_gets_none_back() {
    let mut bench = Bench::with_serial().configured();
    // GET_STATUS and GET_INTERFACE with the direction turned round, for a built-in interface and for the program's.
    for request in [0, 10] {
        bench.setup([0x01, request, 0, 0, 0, 0, 2, 0]);
        assert_eq!((bench.token_in(0), bench.token_out(0, &[1, 2])), (Reply::Stall, Reply::Stall));
        for answer in [Answer::Stall, Answer::Continue] {
            bench.setup([0x01, request, 0, 0, 2, 0, 2, 0]);
            assert_eq!(bench.events().len(), 1);
            assert!(bench.answer(answer));
            assert_eq!((bench.token_in(0), bench.token_out(0, &[1, 2])), (Reply::Stall, Reply::Stall));
        }
        bench.app.buffers.insert(0x00, vec![0; 2]);
        bench.setup([0x01, request, 0, 0, 2, 0, 2, 0]);
        assert_eq!(bench.events().len(), 1);
        assert!(bench.answer(Answer::Data { len: 2 }), "the program may want the data");
        assert_eq!(bench.data_stage_out(&[1, 2]), Ok(()));
    }
}

#[test]
fn requests_go_to_whom_they_belong() {
    let mut bench = Bench::with_serial().configured();
    let asks = |bench: &mut Bench, setup: [u8; 8]| {
        bench.setup(setup);
        let asked = bench.events() == [Event::Setup(SetupPacket::new(setup))];
        assert_eq!(asked, bench.token_in(0) == Reply::Nak, "{setup:?}");
        asked
    };
    for (kind, request) in [(0x20, 1), (0x40, 1), (0x00, 6)] {
        let to = |recipient: u8, index: u8| [0x80 | kind | recipient, request, 0, 0x22, index, 0, 4, 0];
        assert!(asks(&mut bench, to(1, 2)), "{kind:x}: the program's interface");
        for builtin in [0, 1] {
            assert!(!asks(&mut bench, to(1, builtin)), "{kind:x}: a built-in interface");
        }
        assert!(!asks(&mut bench, to(2, 0x82)), "{kind:x}: a built-in endpoint");
        assert_eq!(asks(&mut bench, to(2, 0x83)), kind != 0, "{kind:x}: the program's endpoint");
        assert_eq!(asks(&mut bench, to(0, 7)), kind == 0x40, "{kind:x}: the device");
        assert_eq!(asks(&mut bench, to(3, 0)), kind == 0x40, "{kind:x}: other");
        assert_eq!(asks(&mut bench, to(1, 9)), kind == 0x40, "{kind:x}: no such interface");
    }
    assert!(
        asks(&mut bench, [0xa0, 1, 0, 0, 2, 0, 4, 0]),
        "a class request to the device is the interface's of wIndex"
    );
    assert!(!asks(&mut bench, [0xe0, 1, 0, 0, 2, 0, 4, 0]), "a reserved kind");
}

#[test]
fn a_descriptor_that_starts_to_lie_is_told_and_stalled() {
    let mut bench = Bench::new();
    bench.addressed();
    bench.app.device[7] = 9;
    assert_eq!(bench.control_in(GET_DEVICE), Err(Failure::Stall));
    bench.app.configuration[18] = 0;
    assert_eq!(bench.control_in([0x80, 6, 0, 2, 0, 0, 9, 0]), Err(Failure::Stall));
    assert_eq!(bench.control_out(set_configuration(1), &[]), Err(Failure::Stall));
    bench.app.bos = Some(vec![5, 15, 200, 0, 0]);
    assert_eq!(bench.control_in([0x80, 6, 0, 15, 0, 0, 5, 0]), Err(Failure::Stall));
    let cfg = Table::Configuration.lie(18, Rule::Length);
    let dev = Table::Device.lie(7, Rule::MaxPacketSize0);
    let bos = Table::Bos.lie(2, Rule::TotalLength);
    assert_eq!(bench.app.lies, [dev, cfg, cfg, bos]);
    assert_eq!(bench.events(), []);
}

#[test]
fn a_configuration_without_interfaces_can_be_chosen() {
    let mut bench = Bench::with(crate::testing::FakeController::new(), configuration(&[])).configured();
    let endpoint = EndpointAddress::from_byte(0x81);
    assert_eq!(bench.device.submit(&mut bench.app, endpoint, 1), Submit::Refused);
    assert_eq!(bench.control_in([0x81, 0, 0, 0, 0, 0, 2, 0]), Err(Failure::Stall));
}

#[test]
fn the_packet_size_of_endpoint_0_is_taken_at_every_reset() {
    let mut bench = Bench::with(crate::testing::FakeController::new(), configuration(&[interface(0, 0, 0)]));
    for size in [8, 64, 16, 32] {
        bench.app.device[7] = size;
        bench.reset();
        bench.setup(GET_DEVICE);
        let first = bench.data_stage_in(64).unwrap()[0].len();
        assert_eq!(first, usize::from(size).min(18));
        let opened = bench.device.controller().opened.last().map(|config| config.max_packet_size);
        assert_eq!(opened, Some(u16::from(size)));
    }
    let parts = [interface(0, 0, 1), endpoint(0x81, 2, 64)];
    bench.app.configuration = configuration(&parts);
    bench.addressed();
    assert_eq!(bench.control_out(set_configuration(1), &[]), Ok(()));
}
