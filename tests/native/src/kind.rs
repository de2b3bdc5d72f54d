//! What a device under test has below its stack: the unix port's virtual controller in one of its shapes, or the RP2040's
//! driver on a model of the chip's registers.

use std::ops::Deref;

use port_rp2::{Chip, Driver};
use port_unix::{BusEnd, Shape, VirtualController};
use rp2_model::{ModelBus, ModelRegisters};
use usb_simulator::port::{Port, PortError, Reply, Transaction};
use usb_simulator::time::BusTime;
use usb_stack::Controller;
use usb_stack::controller::{EndpointAddress, EndpointConfig, Event, Limits, OpenError, Received};

/// A kind of controller. It can be asked for what its [`Shape`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    shape: Shape,
    chip: Option<Chip>,
}

impl Kind {
    /// A virtual controller.
    pub const fn virtual_controller(shape: Shape) -> Self {
        Self { shape, chip: None }
    }

    /// The driver of a chip.
    pub const fn chip(chip: Chip) -> Self {
        Self { shape: Shape::RP2040, chip: Some(chip) }
    }

    /// Bulk IN packets are not sent at the end of a frame (erratum RP2040-E15).
    pub fn waits_for_frames(self) -> bool {
        self.chip.is_some_and(Chip::fails_at_end_of_frame)
    }

    /// When the interrupt comes late, it still learns in which order the endpoints were served. A chip has a flag for each
    /// endpoint instead.
    pub fn remembers_order(self) -> bool {
        self.chip.is_none()
    }

    /// A new one, and its bus end.
    pub fn pair(self) -> (AnyController, AnyBus) {
        match self.chip {
            None => {
                let (controller, bus) = port_unix::pair(self.shape);
                (AnyController::Virtual(controller), AnyBus::Virtual(bus))
            }
            Some(chip) => {
                let (registers, bus) = rp2_model::pair(chip);
                (AnyController::Chip(Box::new(Driver::new(registers))), AnyBus::Chip(bus))
            }
        }
    }
}

impl From<Shape> for Kind {
    fn from(shape: Shape) -> Self {
        Self::virtual_controller(shape)
    }
}

impl Deref for Kind {
    type Target = Shape;

    fn deref(&self) -> &Shape {
        &self.shape
    }
}

/// The controller of any [`Kind`].
pub enum AnyController {
    /// The unix port's.
    Virtual(VirtualController),
    /// A chip's.
    Chip(Box<Driver<ModelRegisters>>),
}

/// Its bus end.
#[derive(Clone)]
pub enum AnyBus {
    /// The unix port's.
    Virtual(BusEnd),
    /// A chip's.
    Chip(ModelBus),
}

impl AnyBus {
    /// The interrupt line.
    pub fn irq(&self) -> bool {
        match self {
            Self::Virtual(bus) => bus.irq(),
            Self::Chip(bus) => bus.irq(),
        }
    }

    /// A millisecond passes in which nothing happens on the bus.
    pub fn rest(&self) {
        if let Self::Chip(bus) = self {
            bus.pass_us(1000);
        }
    }

    /// The driver has not finished with the last bus reset: it needs time, and the host gives it 10 ms (USB 2.0 section
    /// 7.1.7.5).
    pub fn is_busy_with_reset(&self) -> bool {
        matches!(self, Self::Chip(bus) if bus.model().has_call_back())
    }

    /// A packet waits for the next frame.
    pub fn waits_for_frame(&self) -> bool {
        matches!(self, Self::Chip(bus) if bus.waits_for_frame())
    }

    /// What was done wrong so far, by the stack or (on a chip) by the driver.
    pub fn violations(&self) -> Vec<String> {
        match self {
            Self::Virtual(bus) => bus.wire().model().violations().iter().map(|found| format!("{found:?}")).collect(),
            Self::Chip(bus) => bus.model().violations().iter().map(|found| format!("{found:?}")).collect(),
        }
    }

    /// The address that the device answers to.
    pub fn address(&self) -> Option<u8> {
        match self {
            Self::Virtual(bus) => bus.wire().model().address(),
            Self::Chip(bus) => Some(bus.address()),
        }
    }
}

/// Calls the same method of whatever it is.
macro_rules! either {
    ($self:ident, $type:ident, $method:ident($($argument:expr),*)) => {
        match $self {
            $type::Virtual(it) => it.$method($($argument),*),
            $type::Chip(it) => it.$method($($argument),*),
        }
    };
}

impl Controller for AnyController {
    fn limits(&self) -> Limits {
        either!(self, AnyController, limits())
    }
    fn footprint(&self, config: EndpointConfig) -> Option<u32> {
        either!(self, AnyController, footprint(config))
    }
    fn reserve(&mut self, config: EndpointConfig) {
        either!(self, AnyController, reserve(config))
    }
    fn connect(&mut self) {
        either!(self, AnyController, connect())
    }
    fn disconnect(&mut self) {
        either!(self, AnyController, disconnect())
    }
    fn next_event(&mut self) -> Option<Event> {
        either!(self, AnyController, next_event())
    }
    fn set_address(&mut self, address: u8) {
        either!(self, AnyController, set_address(address))
    }
    fn open(&mut self, config: EndpointConfig) -> Result<(), OpenError> {
        either!(self, AnyController, open(config))
    }
    fn close(&mut self, endpoint: EndpointAddress) {
        either!(self, AnyController, close(endpoint))
    }
    fn close_all(&mut self) {
        either!(self, AnyController, close_all())
    }
    fn send(&mut self, number: u8, data: &[u8]) -> Option<usize> {
        either!(self, AnyController, send(number, data))
    }
    fn acknowledged(&self, number: u8) -> usize {
        either!(self, AnyController, acknowledged(number))
    }
    fn arm(&mut self, number: u8, room: &mut [u8]) {
        either!(self, AnyController, arm(number, room))
    }
    fn arm_ahead(&mut self, number: u8) {
        either!(self, AnyController, arm_ahead(number))
    }
    fn received(&self, number: u8) -> Option<Received> {
        either!(self, AnyController, received(number))
    }
    fn read(&mut self, number: u8, offset: usize, into: &mut [u8]) {
        either!(self, AnyController, read(number, offset, into))
    }
    fn release(&mut self, number: u8) {
        either!(self, AnyController, release(number))
    }
    fn cancel(&mut self, endpoint: EndpointAddress) {
        either!(self, AnyController, cancel(endpoint))
    }
    fn set_halt(&mut self, endpoint: EndpointAddress, halted: bool) {
        either!(self, AnyController, set_halt(endpoint, halted))
    }
    fn reset_toggle(&mut self, endpoint: EndpointAddress) {
        either!(self, AnyController, reset_toggle(endpoint))
    }
    fn remote_wakeup(&mut self) {
        either!(self, AnyController, remote_wakeup())
    }
    fn enable_sof(&mut self, enabled: bool) {
        either!(self, AnyController, enable_sof(enabled))
    }
}

impl Port for AnyBus {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        either!(self, AnyBus, run_until(until))
    }
    fn changes(&self) -> u64 {
        either!(self, AnyBus, changes())
    }
    fn pull_up(&self) -> bool {
        either!(self, AnyBus, pull_up())
    }
    fn resume_requested(&self) -> bool {
        either!(self, AnyBus, resume_requested())
    }
    fn reset(&mut self, start: BusTime, end: BusTime) -> Result<(), PortError> {
        either!(self, AnyBus, reset(start, end))
    }
    fn suspend(&mut self, at: BusTime) -> Result<(), PortError> {
        either!(self, AnyBus, suspend(at))
    }
    fn resume(&mut self, at: BusTime) -> Result<(), PortError> {
        either!(self, AnyBus, resume(at))
    }
    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError> {
        either!(self, AnyBus, start_of_frame(at, frame))
    }
    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        either!(self, AnyBus, transaction(transaction))
    }
}
