//! A controller on a machine without USB: nothing ever happens on its bus.
//!
//! It lets the library run where MicroPython runs in an emulator that has no USB controller (ports/qemu on a Cortex-M0), so
//! that its code, its tables and its object model are tested on the instruction set of the boards.
//!
//! What a driver would read from registers or copy goes through [`black_box`], so that the compiler cannot know that nothing happens:
//! the whole stack is compiled as for a chip, and what the build says about its size and its panics is true.

use core::hint::black_box;

use usb_stack::controller::{Controller, EndpointAddress, EndpointConfig, Event, Limits, OpenError, Received};

/// The controller.
pub struct Port;

/// Endpoint numbers in each direction, endpoint 0 included.
pub const ENDPOINTS: usize = 16;

/// The driver at start-up.
pub const fn port() -> Port {
    Port
}

impl Controller for Port {
    fn limits(&self) -> Limits {
        black_box(Limits { endpoints: 16, packet_memory: 3712 })
    }

    fn footprint(&self, config: EndpointConfig) -> Option<u32> {
        black_box(config.is_legal().then_some(u32::from(config.max_packet_size)))
    }

    fn reserve(&mut self, config: EndpointConfig) {
        black_box(config);
    }

    fn connect(&mut self) {}

    fn disconnect(&mut self) {}

    fn next_event(&mut self) -> Option<Event> {
        black_box(None)
    }

    fn set_address(&mut self, _address: u8) {}

    fn open(&mut self, _config: EndpointConfig) -> Result<(), OpenError> {
        black_box(Ok(()))
    }

    fn close(&mut self, _endpoint: EndpointAddress) {}

    fn close_all(&mut self) {}

    fn send(&mut self, number: u8, data: &[u8]) -> Option<usize> {
        black_box((number, data));
        black_box(None)
    }

    fn arm(&mut self, number: u8, room: &mut [u8]) {
        black_box((number, room));
    }

    fn received(&self, _number: u8) -> Option<Received> {
        black_box(None)
    }

    fn read(&mut self, number: u8, offset: usize, into: &mut [u8]) {
        black_box((number, offset, into));
    }

    fn release(&mut self, _number: u8) {}

    fn cancel(&mut self, _endpoint: EndpointAddress) {}

    fn set_halt(&mut self, _endpoint: EndpointAddress, _halted: bool) {}

    fn reset_toggle(&mut self, _endpoint: EndpointAddress) {}

    fn remote_wakeup(&mut self) {}

    fn enable_sof(&mut self, _enabled: bool) {}
}

/// The main program looks at all that it waits for, and then waits again.
pub const fn about_to_look() {}
