//! The device end.

use usb_stack::Controller;
use usb_stack::controller::{EndpointAddress, EndpointConfig, Event, Limits, OpenError, Received};

use crate::wire::{Hold, Wire};

/// The end of a [`Wire`] that the device stack drives.
#[derive(Debug)]
pub struct VirtualController(Hold);

impl VirtualController {
    /// The device end of a static wire; constant, so that a `usb_stack::Device` can be a static too.
    pub const fn on(wire: &'static Wire) -> Self {
        Self(Hold::Static(wire))
    }

    pub(crate) fn held(hold: Hold) -> Self {
        Self(hold)
    }

    /// What both ends share.
    pub fn wire(&self) -> &Wire {
        &self.0
    }
}

impl Controller for VirtualController {
    fn limits(&self) -> Limits {
        self.0.model().limits()
    }

    fn footprint(&self, config: EndpointConfig) -> Option<u32> {
        self.0.model().footprint(&config).ok()
    }

    fn reserve(&mut self, config: EndpointConfig) {
        self.0.model().reserve(config);
    }

    fn connect(&mut self) {
        self.0.model().connect();
    }

    fn disconnect(&mut self) {
        self.0.model().disconnect();
    }

    fn next_event(&mut self) -> Option<Event> {
        self.0.model().next_event()
    }

    fn set_address(&mut self, address: u8) {
        self.0.model().set_address(address);
    }

    fn open(&mut self, config: EndpointConfig) -> Result<(), OpenError> {
        self.0.model().open(&config)
    }

    fn close(&mut self, endpoint: EndpointAddress) {
        self.0.model().close(endpoint);
    }

    fn close_all(&mut self) {
        self.0.model().close_all();
    }

    fn send(&mut self, number: u8, data: &[u8]) -> Option<usize> {
        self.0.model().send(number, data)
    }

    fn acknowledged(&self, number: u8) -> usize {
        self.0.model().acknowledged(number)
    }

    fn arm(&mut self, number: u8, room: &mut [u8]) {
        self.0.model().arm(number, room);
    }

    fn arm_ahead(&mut self, number: u8) {
        self.0.model().arm_ahead(number);
    }

    fn received(&self, number: u8) -> Option<Received> {
        self.0.model().received(number)
    }

    fn read(&mut self, number: u8, offset: usize, into: &mut [u8]) {
        self.0.model().read(number, offset, into);
    }

    fn release(&mut self, number: u8) {
        self.0.model().release(number);
    }

    fn cancel(&mut self, endpoint: EndpointAddress) {
        self.0.model().cancel(endpoint);
    }

    fn set_halt(&mut self, endpoint: EndpointAddress, halted: bool) {
        self.0.model().set_halt(endpoint, halted);
    }

    fn reset_toggle(&mut self, endpoint: EndpointAddress) {
        self.0.model().reset_toggle(endpoint);
    }

    fn remote_wakeup(&mut self) {
        self.0.model().remote_wakeup();
    }

    fn enable_sof(&mut self, enabled: bool) {
        self.0.model().enable_sof(enabled);
    }
}
