//! Alternate settings.

use std::vec;
use std::vec::Vec;

use crate::controller::EndpointConfig;
use crate::device::{Answer, Event, Submit};
use crate::testing::{Bench, Failure, FakeController, configuration, endpoint, interface};
use crate::{EndpointAddress, SetupPacket};

const IN: EndpointAddress = EndpointAddress::from_byte(0x81);
const OUT: EndpointAddress = EndpointAddress::from_byte(0x01);

fn set_interface(interface: u8, alternate: u8) -> [u8; 8] {
    [0x01, 11, alternate, 0, interface, 0, 0, 0]
}

/// Interface 0: setting 0 has IN, setting 1 a larger IN and OUT, setting 3 nothing. Interface 1 has an endpoint too.
fn bench() -> Bench {
    let parts = [
        interface(0, 0, 1),
        endpoint(0x81, 2, 8),
        interface(0, 1, 2),
        endpoint(0x81, 2, 64),
        endpoint(0x01, 2, 64),
        interface(0, 3, 0),
        interface(1, 0, 1),
        endpoint(0x82, 2, 64),
    ];
    Bench::with(FakeController::new(), configuration(&parts))
}

/// SET_INTERFACE, heard by the program.
fn switch(bench: &mut Bench, alternate: u8) {
    bench.setup(set_interface(0, alternate));
    assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(set_interface(0, alternate)))]);
    assert!(bench.answer(Answer::Stall), "the program cannot reject it");
    assert_eq!(bench.status_in(), Ok(()));
    assert_eq!(bench.events(), []);
}

fn alternate(bench: &mut Bench) -> Vec<u8> {
    bench.setup([0x81, 10, 0, 0, 0, 0, 1, 0]);
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Stall));
    bench.data_stage_in(1).unwrap().concat()
}

#[test]
fn a_configuration_starts_with_setting_0() {
    let mut bench = bench().configured();
    assert_eq!(bench.device.controller().open_endpoints(), [0x81, 0x82]);
    assert_eq!(alternate(&mut bench), [0]);
}

#[test]
fn packet_memory_for_every_setting_is_reserved_first() {
    let sizes: [u16; 4] = [8, 16, 64, 32];
    let parts: Vec<_> = sizes
        .iter()
        .zip(0..)
        .flat_map(|(size, alternate)| [interface(0, alternate, 1), endpoint(0x81, 2, *size)])
        .collect();
    let mut bench = Bench::with(FakeController::new(), configuration(&parts)).configured();
    let in_sizes = |of: &[EndpointConfig]| -> Vec<u16> {
        of.iter().filter(|config| config.address == IN).map(|config| config.max_packet_size).collect()
    };
    let controller = bench.device.controller();
    assert_eq!(in_sizes(&controller.reserved), sizes);
    assert_eq!(in_sizes(&controller.opened), [8]);
    bench.reset();
    assert_eq!(bench.device.controller().reserved, []);
}

#[test]
fn a_setting_closes_the_endpoints_of_the_one_before() {
    let mut bench = bench().configured();
    switch(&mut bench, 1);
    assert_eq!(bench.device.controller().open_endpoints(), [0x01, 0x81, 0x82]);
    assert_eq!(alternate(&mut bench), [1]);
    switch(&mut bench, 3);
    assert_eq!(bench.device.controller().open_endpoints(), [0x82]);
    assert_eq!(alternate(&mut bench), [3]);
    switch(&mut bench, 0);
    assert_eq!(bench.device.controller().open_endpoints(), [0x81, 0x82]);
    assert_eq!(alternate(&mut bench), [0]);
}

#[test]
fn settings_that_do_not_exist_are_stalled_and_change_nothing() {
    let mut bench = bench().configured();
    for setup in [set_interface(0, 2), set_interface(1, 1), set_interface(2, 0), [0x01, 11, 0, 1, 0, 0, 0, 0]] {
        assert_eq!(bench.control_out(setup, &[]), Err(Failure::Stall));
    }
    assert_eq!(bench.events(), []);
    assert_eq!(bench.device.controller().open_endpoints(), [0x81, 0x82]);
}

#[test]
fn transfers_of_the_setting_before_are_dropped_and_others_stay() {
    let mut bench = bench().configured();
    let other = EndpointAddress::from_byte(0x82);
    bench.app.buffers.insert(0x81, vec![1; 8]);
    bench.app.buffers.insert(0x82, vec![2; 8]);
    assert_eq!(bench.device.submit(&mut bench.app, IN, 8), Submit::Queued);
    assert_eq!(bench.device.submit(&mut bench.app, other, 8), Submit::Queued);
    switch(&mut bench, 1);
    assert_eq!(bench.token_in(1), crate::testing::Reply::Nak);
    assert_eq!(bench.token_in(2), crate::testing::Reply::Data(vec![2; 8]));
    assert!(matches!(bench.events()[..], [Event::Complete { endpoint, .. }] if endpoint == other));
    assert_eq!(bench.device.submit(&mut bench.app, IN, 8), Submit::Queued);
}

#[test]
fn submitting_follows_what_the_program_has_been_told() {
    let mut bench = bench().configured();
    for address in [0x01, 0x81] {
        bench.app.buffers.insert(address, vec![1; 8]);
    }
    bench.setup(set_interface(0, 1));
    assert_eq!(bench.device.submit(&mut bench.app, IN, 8), Submit::Discarded, "open before");
    assert_eq!(bench.device.submit(&mut bench.app, OUT, 8), Submit::Refused, "not open before");
    assert_eq!(bench.events().len(), 1);
    assert_eq!(bench.device.submit(&mut bench.app, IN, 8), Submit::Queued, "from the SETUP stage on");
    assert_eq!(bench.device.submit(&mut bench.app, OUT, 8), Submit::Queued);
}

#[test]
fn a_program_that_agrees_hears_of_the_status_stage() {
    let mut bench = bench().configured();
    let setup = set_interface(0, 1);
    bench.setup(setup);
    assert_eq!(bench.events(), [Event::Setup(SetupPacket::new(setup))]);
    assert!(bench.answer(Answer::Continue));
    assert_eq!(bench.status_in(), Ok(()));
    assert_eq!(bench.events(), [Event::AckStage(SetupPacket::new(setup))]);
}

#[test]
fn the_present_setting_again_resets_toggles_and_halts() {
    let mut bench = bench().configured();
    bench.app.buffers.insert(0x81, vec![1; 8]);
    assert_eq!(bench.device.submit(&mut bench.app, IN, 8), Submit::Queued);
    assert_eq!(bench.token_in(1), crate::testing::Reply::Data(vec![1; 8]));
    assert_eq!(bench.events().len(), 1);
    assert!(bench.device.controller().is_data1(0x81));
    bench.device.set_halt(&mut bench.app, IN, true);
    switch(&mut bench, 0);
    assert!(!bench.device.controller().is_data1(0x81));
    assert!(!bench.device.is_halted(IN));
}

#[test]
fn the_serial_ports_interfaces_have_setting_0_only_and_survive_it() {
    let mut bench = Bench::with_serial().configured();
    assert_eq!(bench.control_out(set_interface(1, 0), &[]), Ok(()));
    assert_eq!(bench.control_out(set_interface(1, 1), &[]), Err(Failure::Stall));
    assert_eq!(bench.control_in([0x81, 10, 0, 0, 1, 0, 1, 0]), Ok(vec![0]));
    assert_eq!(bench.control_in([0x81, 0, 0, 0, 1, 0, 2, 0]), Ok(vec![0, 0]));
    assert_eq!(bench.token_out(2, b"hi"), crate::testing::Reply::Ack);
    assert_eq!(bench.app.input, b"hi");
    assert_eq!(bench.events(), []);
}

#[test]
fn a_request_that_overtakes_the_news_of_a_setting_leaves_the_endpoints_usable() {
    let mut bench = bench().configured();
    bench.app.buffers.insert(0x81, vec![1; 8]);
    bench.setup(set_interface(0, 1));
    assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![1]));
    assert_eq!(bench.events(), []);
    assert_eq!(bench.device.submit(&mut bench.app, IN, 8), Submit::Queued);
}

#[test]
fn a_configuration_chosen_again_starts_with_setting_0() {
    let mut bench = bench().configured();
    switch(&mut bench, 1);
    assert_eq!(bench.control_out([0x00, 9, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(bench.events(), [Event::Reset, Event::Configured]);
    assert_eq!(alternate(&mut bench), [0]);
    assert_eq!(bench.device.controller().open_endpoints(), [0x81, 0x82]);
}
