//! Byte streams through bulk endpoints in any order of transfers, packets, noise, requests and halts, with a program and an
//! interrupt that come when they like: what arrives is what was sent, once and in order.

use std::cell::RefCell;
use std::rc::Rc;

use native_tests::{Broken, Rig, SHAPES, descriptors, pattern, setup};
use proptest::collection::vec;
use proptest::prelude::*;
use usb_simulator::port::Fault;
use usb_stack::{EndpointAddress, Outcome, Submit};

#[derive(Clone, Debug)]
enum Step {
    SubmitIn(usize),
    SubmitOut(usize),
    Fetch(usize),
    Send(usize),
    Noise(Vec<Option<Fault>>),
    HoldTask(bool),
    HoldInterrupt(bool),
    Request,
    Suspend,
    HaltIn,
    ClearIn,
    ClearOut,
    Disturb(u8),
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0usize), 1usize..20, 60usize..70, Just(64), Just(128), Just(192), 0usize..1000]
}

/// Steps that may happen whether or not packets are lost.
fn common() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => length().prop_map(Step::SubmitIn),
        6 => length().prop_map(Step::SubmitOut),
        6 => (1usize..8).prop_map(Step::Fetch),
        10 => prop_oneof![3 => Just(64usize), 1 => 0usize..64].prop_map(Step::Send),
        2 => any::<bool>().prop_map(Step::HoldTask),
        2 => any::<bool>().prop_map(Step::HoldInterrupt),
        1 => Just(Step::Request),
        1 => Just(Step::Suspend),
        2 => (2u8..4).prop_map(Step::Disturb),
    ]
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Fault::LoseToken)),
        1 => Just(Some(Fault::CorruptData)),
        1 => Just(Some(Fault::LoseHandshake)),
    ]
}

/// A rig and the two streams.
struct Streams {
    rig: Rig,
    /// All that was submitted to the IN endpoint, and how much of it the host has.
    submitted: Vec<u8>,
    fetched: Vec<u8>,
    /// All that the host has begun to send, and the packet that is not acknowledged yet.
    sent: Vec<u8>,
    pending: Option<Vec<u8>>,
    delivered: Rc<RefCell<Vec<u8>>>,
}

impl Streams {
    fn new(shape: native_tests::Kind) -> Self {
        let mut rig = Rig::configured(shape, descriptors::vendor());
        let delivered = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&delivered);
        rig.on_complete = Some(Box::new(move |_, app, complete| {
            assert_eq!(complete.result, Outcome::Success);
            if complete.endpoint == 1 {
                let address = EndpointAddress::from_byte(1);
                sink.borrow_mut().extend(&app.buffer(address).contents()[..complete.len]);
            }
        }));
        Self { rig, submitted: vec![], fetched: vec![], sent: vec![], pending: None, delivered }
    }

    fn submit_in(&mut self, length: usize) {
        let begin = self.submitted.len();
        let data = pattern(begin + length).split_off(begin);
        if self.rig.submit_in(1, &data) == Submit::Queued {
            self.submitted.extend(data);
        }
    }

    /// False if nothing comes.
    fn fetch(&mut self) -> bool {
        match self.rig.fetch_packet(1, 64) {
            Ok(bytes) => {
                self.fetched.extend(bytes);
                true
            }
            Err(broken) => {
                assert!(matches!(broken, Broken::Nak | Broken::Silent | Broken::Stall));
                false
            }
        }
    }

    /// Sends a packet, or again the one that the device has not taken. False if it does not take it now.
    fn send(&mut self, length: usize) -> bool {
        let packet = self.pending.take().unwrap_or_else(|| {
            let begin = self.sent.len();
            let data = pattern(begin + length).split_off(begin);
            self.sent.extend(&data);
            data
        });
        let taken = self.rig.send_packet(1, &packet);
        if taken.is_err() {
            self.pending = Some(packet);
        }
        taken.is_ok()
    }

    fn release(&mut self) {
        self.rig.hold_task = false;
        self.rig.hold_interrupt = false;
        self.rig.wire.noise.clear();
        self.rig.turn();
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::SubmitIn(length) => self.submit_in(length),
            Step::SubmitOut(length) => {
                self.rig.submit_out(1, length);
            }
            Step::Fetch(packets) => {
                let _ = (0..packets).all(|_| self.fetch());
            }
            Step::Send(length) => {
                self.send(length);
            }
            Step::Noise(faults) => self.rig.wire.noise = faults.into(),
            Step::HoldTask(hold) => self.rig.hold_task = hold,
            Step::HoldInterrupt(hold) => self.rig.hold_interrupt = hold,
            Step::Request => {
                self.release();
                assert_eq!(self.rig.control_in(setup(0xc0, 1, 0, 0, 100)), Ok(vec![0; 100]));
            }
            Step::Suspend => {
                self.rig.suspend();
                self.rig.resume();
            }
            Step::HaltIn => {
                self.release();
                self.rig.halt(0x81).unwrap();
                assert_eq!(self.rig.fetch_packet(1, 64), Err(Broken::Stall));
                self.rig.clear_halt(0x81).unwrap();
            }
            Step::ClearIn => {
                self.release();
                self.rig.clear_halt(0x81).unwrap();
            }
            Step::ClearOut => {
                self.release();
                self.rig.clear_halt(0x01).unwrap();
            }
            Step::Disturb(number) => {
                self.rig.submit_in(number, &[1; 8]);
                self.rig.submit_out(number, 8);
                if number == 2 {
                    let _ = (self.rig.fetch_packet(2, 8), self.rig.send_packet(2, &[3; 8]));
                } else {
                    let _ = (self.rig.fetch_isochronous(3), self.rig.send_isochronous(3, &[4; 8]));
                }
            }
        }
        self.rig.turn();
    }

    /// Everything on the way arrives, and nothing else.
    fn finish(mut self) {
        self.release();
        while self.fetch() {}
        assert!(self.fetched == self.submitted, "IN: {} of {} bytes", self.fetched.len(), self.submitted.len());
        // An empty packet ends the transfer that is open; before that, packets may wait for a transfer.
        for _ in 0..4 {
            self.rig.submit_out(1, 1000);
            self.send(0);
        }
        assert_eq!(self.pending, None);
        let delivered = self.delivered.borrow();
        assert!(*delivered == self.sent, "OUT: {} of {} bytes", delivered.len(), self.sent.len());
    }
}

fn run(shape: usize, steps: Vec<Step>) {
    let mut streams = Streams::new(SHAPES[shape]);
    for step in steps {
        streams.step(step);
    }
    streams.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn survive_noise(
        shape in 0usize..SHAPES.len(),
        steps in vec(prop_oneof![8 => common(), 1 => vec(fault(), 1..30).prop_map(Step::Noise)], 1..150),
    ) {
        run(shape, steps);
    }

    #[test]
    fn survive_halts_and_cleared_toggles(
        shape in 0usize..SHAPES.len(),
        steps in vec(
            prop_oneof![20 => common(), 1 => Just(Step::HaltIn), 1 => Just(Step::ClearIn), 1 => Just(Step::ClearOut)],
            1..150,
        ),
    ) {
        run(shape, steps);
    }
}
