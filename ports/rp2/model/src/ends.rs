//! The two ends.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use port_rp2::registers::{Chip, Register, Registers, sie_status};
use usb_simulator::port::{Port, PortError, Reply, Transaction};
use usb_simulator::time::BusTime;

use crate::model::Model;

/// The end that the driver has.
pub struct ModelRegisters(Rc<RefCell<Model>>);

/// The end that plugs into the bus. The device runs between two steps of the bus: call its interrupt handler while
/// [`ModelBus::irq`] is up.
#[derive(Clone)]
pub struct ModelBus(Rc<RefCell<Model>>);

/// A new chip's two ends.
pub fn pair(chip: Chip) -> (ModelRegisters, ModelBus) {
    let model = Rc::new(RefCell::new(Model::new(chip)));
    (ModelRegisters(Rc::clone(&model)), ModelBus(model))
}

impl ModelBus {
    /// The controller itself; neither end may be used while this is held.
    pub fn model(&self) -> RefMut<'_, Model> {
        self.0.borrow_mut()
    }

    /// The interrupt line. A call-back that was asked for is given by looking.
    pub fn irq(&self) -> bool {
        let mut model = self.0.borrow_mut();
        let irq = model.irq();
        if model.call_back_at.is_some_and(|at| at <= model.now) {
            model.call_back_at = None;
        }
        irq
    }
}

impl Registers for ModelRegisters {
    fn chip(&self) -> Chip {
        self.0.borrow().chip
    }

    fn read(&self, register: Register) -> u32 {
        self.0.borrow_mut().read(register)
    }

    fn write(&mut self, register: Register, value: u32) {
        self.0.borrow_mut().write(register, value);
    }

    fn set(&mut self, register: Register, bits: u32) {
        let mut model = self.0.borrow_mut();
        let value = model.register(register) | bits;
        model.write(register, value);
    }

    fn clear(&mut self, register: Register, bits: u32) {
        let mut model = self.0.borrow_mut();
        let value = model.register(register) & !bits;
        model.write(register, value);
    }

    fn half(&self, at: u16) -> u16 {
        self.0.borrow_mut().half(at)
    }

    fn set_half(&mut self, at: u16, value: u16) {
        self.0.borrow_mut().set_half(at, value);
    }

    fn word(&self, at: u16) -> u32 {
        self.0.borrow_mut().word(at)
    }

    fn set_word(&mut self, at: u16, value: u32) {
        self.0.borrow_mut().set_word(at, value);
    }

    fn settle(&mut self) {
        self.0.borrow_mut().unsettled.clear();
    }

    fn now_us(&self) -> u32 {
        self.0.borrow().now_us()
    }

    fn restart(&mut self) {
        self.0.borrow_mut().restart();
    }

    fn call_back(&mut self, us: u32) {
        let mut model = self.0.borrow_mut();
        model.call_back_at = Some(model.now + BusTime::from_micros(u64::from(us)));
    }

    fn force_j(&mut self, on: bool) {
        self.0.borrow_mut().force_j(on);
    }
}

impl Port for ModelBus {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        let mut model = self.0.borrow_mut();
        model.now = until;
        // The host's SE0 is over by the time that anything else happens.
        if model.call_back_at.is_some_and(|at| at <= until) {
            model.changes += 1;
        }
        Ok(until)
    }

    fn changes(&self) -> u64 {
        self.0.borrow().changes
    }

    fn pull_up(&self) -> bool {
        self.0.borrow().pull_up()
    }

    fn resume_requested(&self) -> bool {
        self.0.borrow().waking
    }

    fn reset(&mut self, _start: BusTime, _end: BusTime) -> Result<(), PortError> {
        let mut model = self.0.borrow_mut();
        model.bus_reset_begins();
        model.bus_reset_ends();
        Ok(())
    }

    fn suspend(&mut self, _at: BusTime) -> Result<(), PortError> {
        self.0.borrow_mut().bus_suspend();
        Ok(())
    }

    fn resume(&mut self, _at: BusTime) -> Result<(), PortError> {
        self.0.borrow_mut().bus_resume();
        Ok(())
    }

    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError> {
        let mut model = self.0.borrow_mut();
        model.frame_start = at;
        model.bus_frame(frame);
        Ok(())
    }

    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        Ok(self.0.borrow_mut().transaction(transaction))
    }
}

impl ModelBus {
    /// The host's reset has begun, and lasts until [`ModelBus::end_reset`]: what a test needs that looks in between.
    pub fn begin_reset(&self) {
        self.model().bus_reset_begins();
    }

    /// The host's reset is over.
    pub fn end_reset(&self) {
        self.model().bus_reset_ends();
    }

    /// The address that the device answers to.
    pub fn address(&self) -> u8 {
        self.model().register(Register::Address) as u8
    }

    /// An IN buffer is ready but waits for the next frame to be handed over (erratum RP2040-E15).
    pub fn waits_for_frame(&self) -> bool {
        self.model().has_held_back()
    }

    /// The controller says that it is connected.
    pub fn is_connected(&self) -> bool {
        self.model().status & sie_status::CONNECTED != 0
    }

    /// Time goes on, with nothing on the bus.
    pub fn pass_us(&self, us: u64) {
        let mut model = self.model();
        model.now += BusTime::from_micros(us);
        // With a host that sends frames there is always one that began just now.
        model.frame_start = model.now;
    }
}
