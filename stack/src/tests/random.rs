//! Hosts and programs that do anything at any time: nothing may panic, and no rule of the controller be broken (the
//! fake controller asserts that nothing is sent or armed while closed or halted, nor released or read while nothing
//! waits).

use std::vec;
use std::vec::Vec;

use crate::controller::Event as BusEvent;
use crate::device::{Answer, Event};
use crate::testing::{Bench, FakeController, FakeString, configuration, endpoint, interface, serial_configuration};
use crate::{Direction, EndpointAddress};

/// Numbers that look random (Knuth's 64-bit linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn setup(&mut self) -> [u8; 8] {
        if self.below(20) == 0 {
            return [0x80, 6, 1, 3, 9, 4, 255, 0];
        }
        [
            self.pick(&[0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x21, 0xa1, 0x40, 0xc0, 0x41, 0xff]),
            self.pick(&[0, 1, 3, 5, 6, 8, 9, 10, 11, 0x20, 0x21, 0x22]),
            self.pick(&[0, 0, 1, 1, 2, 3]),
            self.pick(&[0, 0, 1, 2, 3, 15]),
            self.pick(&[0, 1, 2, 0x81, 0x01, 0x82, 0x02, 0x83, 0x03]),
            0,
            self.pick(&[0, 0, 1, 2, 7, 9, 18, 64, 65, 255]),
            self.pick(&[0, 0, 0, 1, 255]),
        ]
    }
}

fn bench(numbers: &mut Numbers) -> Bench {
    let mut controller = FakeController::new();
    controller.buffers = 1 + numbers.below(2);
    controller.run_packets = 1 + numbers.below(3);
    let settings = [
        interface(0, 0, 2),
        endpoint(0x01, 2, 64),
        endpoint(0x81, 3, 8),
        interface(0, 1, 2),
        endpoint(0x01, 2, 16),
        endpoint(0x82, 1, 200),
        interface(1, 0, 1),
        endpoint(0x03, 1, 100),
    ];
    let with_serial = numbers.below(2) == 0;
    let descriptor = if with_serial { serial_configuration() } else { configuration(&settings) };
    let mut bench = Bench::with(controller, descriptor);
    bench.app.builtin = if with_serial { 2 } else { 0 };
    bench.app.device[7] = numbers.pick(&[8, 16, 32, 64]);
    bench.app.input_room = 100;
    bench.app.strings.insert(1, FakeString::Ask);
    bench.app.bos = Some(vec![5, 15, 5, 0, 0]);
    for address in (0..16).flat_map(|number| [number, number | 0x80]) {
        bench.app.buffers.insert(address, vec![address; 200]);
    }
    bench.reset();
    bench
}

/// One thing that the host does.
fn host(bench: &mut Bench, numbers: &mut Numbers) {
    let number = numbers.below(4) as u8;
    match numbers.below(16) {
        0 if numbers.below(8) == 0 => bench.device.controller().host_event(BusEvent::Reset),
        0 => bench.device.controller().host_event(numbers.pick(&[BusEvent::Suspend, BusEvent::Resume])),
        1 => bench.device.controller().host_event(BusEvent::StartOfFrame),
        2 | 3 => {
            let setup = numbers.setup();
            bench.device.controller().host_setup(setup);
        }
        // Keeps the device configured for most of the time.
        4 if !bench.device.is_configured() => {
            let _ = bench.control_out([0x00, 5, 5, 0, 0, 0, 0, 0], &[]);
            let _ = bench.control_out([0x00, 9, 1, 0, 0, 0, 0, 0], &[]);
        }
        5..=9 => drop(bench.device.controller().host_in(number)),
        _ => {
            let longest = bench.device.controller().max_packet_size(number).unwrap_or(0);
            let length = numbers.pick(&[0, 1, 8, longest]).min(longest);
            drop(bench.device.controller().host_out(number, &vec![1; length]));
        }
    }
}

/// One thing that the program does.
fn program(bench: &mut Bench, numbers: &mut Numbers) -> Vec<Event> {
    let direction = numbers.pick(&[Direction::In, Direction::Out]);
    let endpoint = EndpointAddress::new(numbers.below(5) as u8, direction);
    match numbers.below(10) {
        0..=3 => {
            let length = numbers.pick(&[0, 1, 8, 63, 64, 65, 200, 300]);
            let _ = bench.device.submit(&mut bench.app, endpoint, length);
        }
        4 => bench.device.set_halt(&mut bench.app, endpoint, numbers.below(2) == 0),
        5 => drop(bench.device.serial().write(&vec![7; numbers.below(300)])),
        6 => {
            bench.app.input_room = numbers.below(100);
            bench.device.serial().poll(&mut bench.app);
        }
        7 => drop(bench.device.remote_wakeup()),
        8 if numbers.below(20) == 0 => {
            bench.device.disconnect();
            bench.device.connect();
            bench.reset();
        }
        8 => {
            let place = numbers.below(bench.app.configuration.len());
            // A descriptor that changes, and mostly changes back.
            let old = core::mem::replace(&mut bench.app.configuration[place], numbers.below(256) as u8);
            host(bench, numbers);
            bench.interrupt();
            bench.app.configuration[place] = old;
        }
        _ => {
            if !bench.app.moved.remove(&endpoint.byte()) && numbers.below(10) == 0 {
                bench.app.moved.insert(endpoint.byte());
            }
        }
    }
    let mut heard = Vec::new();
    for _ in 0..numbers.below(3) {
        heard.extend(bench.device.next_event());
        if numbers.below(4) != 0 {
            let len = numbers.below(300);
            let answer = [Answer::Stall, Answer::Continue, Answer::Data { len }, Answer::Text, Answer::NoText];
            bench.app.answered = (numbers.below(2) == 0).then(|| "x".repeat(len));
            let answer = numbers.pick(&answer);
            bench.answer(answer);
        }
    }
    heard
}

#[test]
fn nothing_that_a_host_and_a_program_do_breaks_a_rule() {
    let mut heard = [0; 8];
    for seed in 0..1000 {
        let mut numbers = Numbers(seed);
        let mut bench = bench(&mut numbers);
        for _ in 0..400 {
            host(&mut bench, &mut numbers);
            if numbers.below(3) != 0 {
                bench.interrupt();
            }
            for event in program(&mut bench, &mut numbers) {
                let kind = match event {
                    Event::Reset => 0,
                    Event::Configured => 1,
                    Event::Setup(_) => 2,
                    Event::DataStage(_) => 3,
                    Event::AckStage(_) => 4,
                    Event::Complete { .. } => 5,
                    Event::Suspend(_) => 6,
                    Event::String(_) => 7,
                };
                heard[kind] += 1;
            }
        }
    }
    assert!(heard.iter().all(|count| *count > 20), "every kind of event came up: {heard:?}");
}
