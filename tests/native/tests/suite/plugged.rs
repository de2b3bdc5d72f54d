//! The device on the simulator's bus: frames, bit times, three strikes, as a computer's controller does it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use native_tests::{App, Plugged, Reaction, Rig, SHAPES, descriptors, done, pattern};
use usb_simulator::bus::Injection;
use usb_simulator::host::{BusAccess, Host, HostError, Request};
use usb_simulator::port::{Fault, Token};
use usb_simulator::time::BusTime;
use usb_stack::Event;

const SOON: BusTime = BusTime::from_millis(500);

/// A host that has enumerated a device.
fn host(plugged: Plugged) -> Host<Plugged> {
    let mut host = Host::new(plugged);
    host.enumerate(BusTime::from_millis(1000)).unwrap();
    host.access().rig.heard.clear();
    host
}

fn vendor(shape: native_tests::Kind) -> Host<Plugged> {
    host(Plugged::new(Rig::new(shape, descriptors::vendor())))
}

#[test]
fn transfers_both_ways_on_every_endpoint() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        for number in [1, 2] {
            for length in [1, 8, 63, 64, 65, 500, 4096] {
                let data = pattern(length);
                host.access().rig.submit_in(number, &data);
                let id = host.submit_read(number, length);
                assert_eq!(host.wait(id, BusTime::from_millis(5000)).unwrap().data, data);
                host.access().rig.submit_out(number, length);
                assert_eq!(host.write(number, &data, false, BusTime::from_millis(5000)), Ok(length));
                assert_eq!(host.access().rig.filled(number), data);
                assert_eq!(host.access().rig.take_complete(), [done(number | 0x80, length), done(number, length)]);
            }
        }
    }
}

#[test]
fn isochronous_streams() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        let data = pattern(192 * 10);
        host.access().rig.submit_in(3, &data);
        let packets = host.isochronous(0x83, &[], vec![192; 10], SOON).unwrap();
        let got: Vec<u8> = packets.iter().flat_map(|packet| packet.data.clone()).collect();
        assert_eq!(got, data);
        host.access().rig.submit_out(3, data.len());
        host.isochronous(0x03, &data, vec![192; 10], SOON).unwrap();
        assert_eq!(host.access().rig.filled(3), data);
    }
}

#[test]
fn bulk_fills_the_frames() {
    for shape in SHAPES {
        // A chip with erratum RP2040-E15 sends nothing at the end of a frame.
        let least_in = if shape.waits_for_frames() { 950 } else { 1000 };
        let mut host = vendor(shape);
        let data = pattern(100_000);
        host.access().rig.submit_in(1, &data);
        let begin = host.now();
        assert_eq!(host.read(0x81, data.len(), SOON), Ok(data.clone()));
        let rate = 100_000_000 / host.now().since(begin).micros();
        assert!(rate >= least_in, "{shape:?}: IN {rate} kB/s");
        host.access().rig.submit_out(1, data.len());
        let begin = host.now();
        assert_eq!(host.write(1, &data, false, SOON), Ok(data.len()));
        let rate = 100_000_000 / host.now().since(begin).micros();
        assert!(rate >= 1000, "{shape:?}: OUT {rate} kB/s");
    }
}

#[test]
fn noise_on_every_endpoint_is_healed() {
    for shape in SHAPES {
        for fault in [Fault::LoseToken, Fault::CorruptData, Fault::LoseHandshake] {
            let mut host = vendor(shape);
            let data = pattern(2000);
            for skip in (0..30).step_by(3) {
                for token in [Token::In, Token::Out] {
                    host.with_bus(|bus| bus.inject(Injection { token, endpoint: 1, skip, times: 2, fault }));
                }
            }
            host.access().rig.submit_in(1, &data);
            assert_eq!(host.read(0x81, 2000, SOON), Ok(data.clone()), "{fault:?}");
            host.access().rig.submit_out(1, 2000);
            // The last packet's acknowledgement may be lost when the transfer has ended: the next one takes the repetition.
            let id = host.submit_write(1, &data, false);
            host.run_for(BusTime::from_millis(50)).unwrap();
            host.access().rig.submit_out(1, 64);
            host.wait(id, SOON).unwrap();
            let first = host.access().rig.take_complete();
            assert!(first.contains(&done(0x01, 2000)), "{fault:?}: {first:?}");
        }
    }
}

#[test]
fn three_strikes_end_a_transfer_and_the_device_lives_on() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        host.access().rig.submit_in(1, &pattern(10));
        let (token, endpoint, fault) = (Token::In, 1, Fault::CorruptData);
        // A chip may hold the packet back for the next frame; only what is sent can be corrupted.
        host.run_for(BusTime::from_millis(2)).unwrap();
        host.with_bus(|bus| bus.inject(Injection { token, endpoint, skip: 0, times: 3, fault }));
        assert!(matches!(host.read(0x81, 64, SOON), Err(HostError::Transfer { .. })));
        assert_eq!(host.read(0x81, 64, SOON), Ok(pattern(10)));
    }
}

#[test]
fn a_request_that_the_host_gives_up_leaves_no_trace() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        host.access().rig.hold_task = true;
        let request = Request::new(0xc0, 1, 0, 0, 8);
        let error = host.control_in_within(request, BusTime::from_millis(20)).unwrap_err();
        assert!(error.is_timeout(), "{error}");
        host.access().rig.hold_task = false;
        host.access().let_device_run().unwrap();
        assert_eq!(host.control_in(request), Ok(vec![0; 8]));
    }
}

#[test]
fn suspend_and_remote_wakeup() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        host.suspend().unwrap();
        assert_eq!(host.access().rig.take_heard(), [Event::Suspend(true)]);
        host.resume().unwrap();
        assert_eq!(host.access().rig.take_heard(), [Event::Suspend(false)]);
        host.allow_remote_wakeup(true).unwrap();
        host.suspend().unwrap();
        assert!(host.access().rig.device.remote_wakeup());
        assert_eq!(host.wait_wakeup(SOON), Ok(true));
        assert_eq!(host.access().rig.take_heard(), [Event::Suspend(true), Event::Suspend(false)]);
        assert_eq!(host.control_in(Request::new(0x80, 0, 0, 0, 2)), Ok(vec![3, 0]));
    }
}

#[test]
fn unplugged_and_plugged_in_again() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        for _ in 0..3 {
            host.access().rig.submit_in(1, &pattern(100));
            host.unplug().unwrap();
            host.run_for(BusTime::from_millis(20)).unwrap();
            assert!(host.access().rig.device.is_suspended(), "without a look at VBUS it sees a quiet bus");
            host.plug().unwrap();
            host.enumerate(BusTime::from_millis(1000)).unwrap();
            let heard = host.access().rig.take_heard();
            let configured = heard.iter().filter(|event| **event == Event::Configured).count();
            assert_eq!((heard[0], configured), (Event::Suspend(true), 1), "{heard:?}");
            host.access().rig.submit_in(1, &[1, 2, 3]);
            assert_eq!(host.read(0x81, 64, SOON), Ok(vec![1, 2, 3]));
            host.access().rig.heard.clear();
        }
    }
}

#[test]
fn the_device_may_leave_and_come_back() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        host.access().rig.device.disconnect();
        host.run_for(BusTime::from_millis(10)).unwrap();
        assert!(!host.with_bus(|bus| bus.is_attached()));
        host.access().rig.device.connect();
        host.enumerate(BusTime::from_millis(1000)).unwrap();
        host.access().rig.submit_in(1, &[4]);
        assert_eq!(host.read(0x81, 64, SOON), Ok(vec![4]));
    }
}

#[test]
fn a_halt_and_its_end() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        host.access().rig.set_halt(0x81, true);
        assert!(host.read(0x81, 64, SOON).unwrap_err().is_stall());
        host.clear_halt(0x81).unwrap();
        host.access().rig.submit_in(1, &[6]);
        assert_eq!(host.read(0x81, 64, SOON), Ok(vec![6]));
    }
}

#[test]
fn an_interrupt_endpoint_is_read_in_every_frame() {
    for shape in SHAPES {
        let mut host = vendor(shape);
        host.access().rig.submit_in(2, &[0; 8]);
        let mut count = 0;
        host.access().rig.on_complete = Some(Box::new(move |device, app, complete| {
            count += 1;
            let address = usb_stack::EndpointAddress::from_byte(complete.endpoint);
            *app.buffer(address) = native_tests::Buffer::new(&[count; 8]);
            device.submit(app, address, 8);
        }));
        let begin = host.now();
        for report in 0..100 {
            assert_eq!(host.read(0x82, 8, SOON), Ok(vec![report; 8]));
        }
        let frames = host.now().since(begin).millis();
        assert!(frames <= 101, "{frames} frames for 100 reports");
    }
}

#[test]
fn a_terminal_on_the_serial_port() {
    for shape in SHAPES {
        let mut app = App::new(descriptors::serial_and_vendor());
        app.builtin = 2;
        app.on_setup = Box::new(|_| Reaction::Stall);
        let mut host = host(Plugged::new(Rig::with(shape, app)));
        let before = host.now();
        host.control_out(Request::new(0x21, 0x22, 3, 0, 0), &[]).unwrap();
        host.access().rig.device.serial().write(b"hello");
        assert_eq!(host.read(0x82, 64, SOON), Ok(b"hello".to_vec()));
        let quiet = host.now().since(before).millis();
        assert!((99..=102).contains(&quiet), "{quiet} ms");
        host.write(2, &pattern(1000), false, SOON).unwrap();
        assert_eq!(host.access().rig.app.serial_in, pattern(1000));
    }
}

#[test]
fn a_device_that_comes_late_loses_nothing() {
    for shape in SHAPES {
        for late in [10, 60, 250, 999, 1900].map(BusTime::from_micros) {
            let mut plugged = Plugged::new(Rig::new(shape, descriptors::vendor()));
            plugged.every = late;
            let mut host = host(plugged);
            let data = pattern(3000);
            host.access().rig.submit_in(1, &data);
            host.access().rig.submit_out(1, 3000);
            let long = BusTime::from_millis(5000);
            assert_eq!(host.read(0x81, 3000, long), Ok(data.clone()), "{late} late");
            assert_eq!(host.write(1, &data, false, long), Ok(3000));
            assert_eq!(host.control_in(Request::new(0xc0, 1, 0, 0, 300)), Ok(vec![0; 300]));
            assert_eq!(host.access().rig.filled(1), data);
        }
    }
}

/// A writer whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_same_run_gives_the_same_trace_byte_for_byte() {
    let run = |shape| {
        let trace = Shared::default();
        let mut plugged = Plugged::new(Rig::new(shape, descriptors::vendor()));
        plugged.bus.record_trace(Box::new(trace.clone()));
        let mut host = host(plugged);
        host.access().rig.submit_in(1, &pattern(1000));
        host.read(0x81, 1000, SOON).unwrap();
        host.suspend().unwrap();
        host.resume().unwrap();
        host.with_bus(|bus| bus.finish_recording()).unwrap();
        trace.0.lock().unwrap().clone()
    };
    for shape in SHAPES {
        let first = run(shape);
        assert!(first.len() > 1000);
        assert!(first == run(shape), "{shape:?}");
    }
}
