//! What the program hears, and in which order.

use std::vec;

use crate::controller::Event as BusEvent;
use crate::device::{Answer, Event, Outcome, Submit};
use crate::testing::{Bench, Reply};
use crate::{EndpointAddress, SetupPacket};

const BULK_IN: EndpointAddress = EndpointAddress::from_byte(0x81);
const INTERRUPT_IN: EndpointAddress = EndpointAddress::from_byte(0x82);

fn submit(bench: &mut Bench, endpoint: EndpointAddress) -> Submit {
    bench.app.buffers.insert(endpoint.byte(), vec![1; 4]);
    bench.device.submit(&mut bench.app, endpoint, 4)
}

fn done(endpoint: EndpointAddress) -> Event {
    Event::Complete { endpoint, result: Outcome::Success, len: 4 }
}

const VENDOR: [u8; 8] = [0x40, 1, 0, 0, 0, 0, 0, 0];

#[test]
fn events_come_in_bus_order_across_endpoints_and_the_control_pipe() {
    let mut bench = Bench::new().configured();
    for order in [[BULK_IN, INTERRUPT_IN], [INTERRUPT_IN, BULK_IN]] {
        for endpoint in order {
            assert_eq!(submit(&mut bench, endpoint), Submit::Queued);
        }
        assert_eq!(bench.token_in(order[0].number()), Reply::Data(vec![1; 4]));
        bench.setup(VENDOR);
        assert_eq!(bench.token_in(order[1].number()), Reply::Data(vec![1; 4]));
        let setup = Event::Setup(SetupPacket::new(VENDOR));
        assert_eq!(bench.events(), [done(order[0]), setup, done(order[1])]);
        assert!(bench.answer(Answer::Stall));
    }
}

#[test]
fn a_completion_before_a_reset_is_heard_before_it_and_one_in_flight_never() {
    let mut bench = Bench::new().configured();
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued);
    assert_eq!(submit(&mut bench, INTERRUPT_IN), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(vec![1; 4]));
    bench.reset();
    bench.reset();
    assert_eq!(bench.events(), [done(BULK_IN), Event::Reset]);
}

#[test]
fn a_configuration_that_a_reset_overtakes_is_not_told() {
    let mut bench = Bench::new().configured();
    bench.reset();
    assert_eq!(bench.control_out([0x00, 5, 6, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(bench.control_out([0x00, 9, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    bench.reset();
    assert_eq!(bench.events(), [Event::Reset]);
    assert!(!bench.device.is_configured());
}

#[test]
fn a_request_that_a_reset_overtakes_is_not_told_but_the_end_of_one_is() {
    let mut bench = Bench::new().configured();
    bench.setup(VENDOR);
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Continue));
    assert_eq!(bench.status_in(), Ok(()));
    bench.setup(VENDOR);
    bench.reset();
    assert_eq!(bench.events(), [Event::AckStage(SetupPacket::new(VENDOR)), Event::Reset]);
}

#[test]
fn the_end_of_a_request_is_heard_even_when_the_next_one_is_there() {
    let mut bench = Bench::new().configured();
    let next = [0x40, 2, 0, 0, 0, 0, 0, 0];
    bench.setup(VENDOR);
    assert_eq!(bench.events().len(), 1);
    assert!(bench.answer(Answer::Continue));
    assert_eq!(bench.status_in(), Ok(()));
    bench.setup(next);
    let expected = [Event::AckStage(SetupPacket::new(VENDOR)), Event::Setup(SetupPacket::new(next))];
    assert_eq!(bench.events(), expected);
}

#[test]
fn submitting_follows_what_the_program_has_been_told() {
    let mut bench = Bench::new();
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Refused, "no host");
    bench.addressed();
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Refused, "not configured");
    assert_eq!(bench.control_out([0x00, 9, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Refused, "not told that it is");
    assert_eq!(bench.events(), [Event::Configured]);
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued);
    bench.reset();
    assert_eq!(submit(&mut bench, INTERRUPT_IN), Submit::Discarded, "not told of the reset");
    assert_eq!(bench.events(), [Event::Reset]);
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Refused);
    assert_eq!(bench.control_out([0x00, 5, 6, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(bench.control_out([0x00, 9, 1, 0, 0, 0, 0, 0], &[]), Ok(()));
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Refused, "configured again, but not told");
    assert_eq!(bench.events(), [Event::Configured]);
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued, "nothing is left of the transfer before");
}

#[test]
fn what_is_latched_wakes_the_task() {
    let mut bench = Bench::new().configured();
    let woken = bench.app.woken;
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued);
    assert_eq!(bench.app.woken, woken);
    assert_eq!(bench.token_in(1), Reply::Data(vec![1; 4]));
    assert_eq!(bench.app.woken, woken + 1);
    assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![1]));
    assert_eq!(bench.app.woken, woken + 1, "the stack needs nobody for this");
}

#[test]
fn suspend_and_resume_are_told_while_configured() {
    let mut bench = Bench::new();
    bench.bus(BusEvent::Suspend);
    assert!(!bench.device.is_suspended(), "nobody is there");
    bench.addressed();
    bench.bus(BusEvent::Suspend);
    assert!(bench.device.is_suspended());
    assert_eq!(bench.events(), []);
    bench.bus(BusEvent::Resume);
    let mut bench = bench.configured();
    bench.bus(BusEvent::Suspend);
    assert_eq!(bench.events(), [Event::Suspend(true)]);
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued, "suspended counts as present");
    bench.bus(BusEvent::Resume);
    assert_eq!(bench.events(), [Event::Suspend(false)]);
    bench.bus(BusEvent::Suspend);
    bench.bus(BusEvent::Resume);
    assert_eq!(bench.events(), [], "it is as the program knows it");
}

#[test]
fn a_reset_while_suspended_is_a_resume_first() {
    let mut bench = Bench::new().configured();
    bench.bus(BusEvent::Suspend);
    assert_eq!(bench.events(), [Event::Suspend(true)]);
    bench.reset();
    assert_eq!(bench.events(), [Event::Suspend(false), Event::Reset]);
    let mut bench = bench.configured();
    bench.bus(BusEvent::Suspend);
    bench.reset();
    assert_eq!(bench.events(), [Event::Reset], "the program never heard of the suspend");
}

#[test]
fn a_request_from_a_bus_that_seemed_suspended_is_a_resume() {
    let mut bench = Bench::new().configured();
    bench.bus(BusEvent::Suspend);
    assert_eq!(bench.events(), [Event::Suspend(true)]);
    assert_eq!(bench.control_in([0x80, 8, 0, 0, 0, 0, 1, 0]), Ok(vec![1]));
    assert_eq!(bench.events(), [Event::Suspend(false)]);
}

#[test]
fn disconnecting_forgets_everything() {
    let mut bench = Bench::new().configured();
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued);
    assert_eq!(bench.token_in(1), Reply::Data(vec![1; 4]));
    bench.setup(VENDOR);
    bench.device.disconnect();
    assert_eq!(bench.events(), []);
    assert!(!bench.device.is_attached() && !bench.device.is_connected() && !bench.device.is_configured());
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Refused);
    bench.device.connect();
    let mut bench = bench.configured();
    assert_eq!(submit(&mut bench, BULK_IN), Submit::Queued);
}

#[test]
fn a_host_that_has_reset_the_bus_has_noticed_the_device() {
    let mut bench = Bench::new();
    bench.device.connect();
    assert!(!bench.device.is_noticed());
    bench.reset();
    assert!(bench.device.is_noticed());
    bench.setup([0x80, 6, 0, 1, 0, 0, 64, 0]);
    bench.reset();
    assert!(bench.device.is_noticed());
    bench.device.disconnect();
    assert!(!bench.device.is_noticed());
    bench.device.connect();
    assert!(!bench.device.is_noticed());
}

#[test]
fn a_connected_device_is_one_that_a_host_has_spoken_to() {
    let mut bench = Bench::new();
    bench.reset();
    assert!(!bench.device.is_connected());
    bench.setup([0x80, 6, 0, 1, 0, 0, 64, 0]);
    assert!(bench.device.is_connected());
    bench.reset();
    assert!(!bench.device.is_connected());
}
