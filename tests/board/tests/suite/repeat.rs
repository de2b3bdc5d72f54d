//! Two runs of the same are the same, byte for byte.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use board_tests::{Board, Options};
use usb_simulator::bus::Bus;
use usb_simulator::time::BusTime;

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A conversation with everything in it that could depend on the machine: time, memory, sleeping, printing, callbacks.
fn trace() -> String {
    let boot = "import device, time\nbuffer = bytearray(256)\n\
        def on_transfer(*a):\n  print(a, time.ticks_us())\n  device.usb.submit_xfer(3, buffer)\n\
        device.start(open_itf_cb=lambda _: device.usb.submit_xfer(3, buffer), xfer_cb=on_transfer)\n";
    let mut board = Board::start(Options::boot(boot));
    let trace = Shared::default();
    board.host.with_bus(|bus| bus.record_trace(Box::new(trace.clone())));
    board.reconnect();
    board.prompt();
    for length in [1, 64, 200] {
        board.host.write(3, &vec![length; usize::from(length)], true, BusTime::from_millis(1_000)).expect("OUT");
        board.run("sum(range(10000)), time.ticks_us(), time.ticks_ms()");
    }
    board.run("import gc; gc.collect(); gc.mem_free(), id(buffer) == id(buffer)");
    board.send("while True: pass\r\r");
    board.wait(50);
    board.send("\x03");
    board.prompt();
    board.soft_reset();
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    board.host.with_bus(Bus::finish_recording).expect("the recording");
    String::from_utf8(trace.0.take()).expect("text")
}

#[test]
fn same_conversation_same_trace() {
    let (first, second) = (trace(), trace());
    assert!(first.lines().count() > 100, "{first}");
    let differs = first.lines().zip(second.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None, "the first line that differs");
    assert_eq!(first.len(), second.len());
}
