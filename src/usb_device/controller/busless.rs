//! A controller on a machine without USB: nothing ever happens on its bus.
//!
//! It lets the library run where MicroPython runs in an emulator that has no USB controller (ports/qemu on a Cortex-M0), so
//! that its code, its tables and its object model are tested on the instruction set of the boards.

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
        Limits { endpoints: 16, packet_memory: 3712 }
    }

    fn footprint(&self, config: &EndpointConfig) -> Result<u32, OpenError> {
        Ok(u32::from(config.max_packet_size))
    }

    fn connect(&mut self) {}

    fn disconnect(&mut self) {}

    fn next_event(&mut self) -> Option<Event> {
        None
    }

    fn set_address(&mut self, _address: u8) {}

    fn open(&mut self, _config: &EndpointConfig) -> Result<(), OpenError> {
        Ok(())
    }

    fn close(&mut self, _endpoint: EndpointAddress) {}

    fn close_all(&mut self) {}

    fn send(&mut self, _number: u8, _data: &[u8]) -> Option<usize> {
        None
    }

    fn arm(&mut self, _number: u8, _room: &mut [u8]) {}

    fn received(&self, _number: u8) -> Option<Received> {
        None
    }

    fn read(&mut self, _number: u8, _offset: usize, _into: &mut [u8]) {}

    fn release(&mut self, _number: u8) {}

    fn cancel(&mut self, _endpoint: EndpointAddress) {}

    fn set_halt(&mut self, _endpoint: EndpointAddress, _halted: bool) {}

    fn reset_toggle(&mut self, _endpoint: EndpointAddress) {}

    fn remote_wakeup(&mut self) {}

    fn enable_sof(&mut self, _enabled: bool) {}
}
