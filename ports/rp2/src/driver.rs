//! The driver: what the stack may ask of it.

use usb_stack::Controller;
use usb_stack::controller::{EndpointAddress, EndpointConfig, Event, Limits, OpenError, Received};

use crate::channel::{Channel, DATA1, HALTED, OPEN};
use crate::frames::{Frames, STACK};
use crate::line::Line;
use crate::memory::buffer_control::{FULL, LAST, LENGTH, STALL};
use crate::memory::{self, Slot};
use crate::registers::{Register, Registers, main, muxing, power, sie_control, sie_status};

/// The driver of the controller behind `R`.
///
/// Small and often used fields come first: a Cortex-M0+ reaches those with one instruction.
#[repr(C)]
pub struct Driver<R> {
    /// Bytes of packet memory that are gone until all endpoints are closed.
    pub(crate) memory_used: u32,
    /// Bytes of the data stage that the host still wants.
    pub(crate) control_left: u32,
    /// Slots with events to be delivered.
    pub(crate) pending: u32,
    pub(crate) frames: Frames,
    pub(crate) line: Line,
    /// The data stage of the control transfer goes to the host, so that what comes from it is the status stage.
    pub(crate) control_reads: bool,
    pub(crate) channels: [Channel; Slot::COUNT],
    pub(crate) registers: R,
}

impl<R: Registers> Driver<R> {
    /// A driver that is not connected; it touches nothing yet.
    pub const fn new(registers: R) -> Self {
        Self {
            pending: 0,
            frames: Frames::new(),
            line: Line::Off,
            memory_used: 0,
            control_reads: false,
            control_left: 0,
            channels: [Channel::CLOSED; Slot::COUNT],
            registers,
        }
    }

    /// The way to the chip.
    pub fn registers(&mut self) -> &mut R {
        &mut self.registers
    }

    pub(crate) fn channel(&mut self, slot: Slot) -> &mut Channel {
        &mut self.channels[slot.index()]
    }

    /// The slot of an endpoint that is open.
    #[inline(never)]
    fn open_slot(&self, endpoint: EndpointAddress) -> Option<Slot> {
        let slot = Slot::of(endpoint);
        self.channels[slot.index()].is(OPEN).then_some(slot)
    }

    /// The controller holds a bus reset or a SETUP that has not been delivered: what the stack does to endpoint 0 now is
    /// about a transfer that is no more.
    #[inline(always)]
    pub(crate) fn is_overtaken(&self, slot: Slot) -> bool {
        slot.is_control() && self.has_setup_or_reset()
    }

    #[inline(never)]
    fn has_setup_or_reset(&self) -> bool {
        self.registers.read(Register::SieStatus) & (sie_status::SETUP | sie_status::RESET) != 0
    }

    /// Since [`Controller::connect`]: before that the block is in reset and must not be touched.
    fn is_connected(&self) -> bool {
        self.line != Line::Off
    }

    /// What the driver remembers, as it is before [`Controller::connect`].
    fn forget(&mut self) {
        self.channels = [Channel::CLOSED; Slot::COUNT];
        self.pending = 0;
        self.frames = Frames::new();
        self.line = Line::Off;
        self.memory_used = 0;
        self.control_reads = false;
        self.control_left = 0;
    }

    /// Arms two buffers if so many bytes are room for two packets, one otherwise.
    fn arm_buffers(&mut self, number: u8, bytes: usize) {
        let slot = Slot::output(number);
        let channel = self.channel(slot);
        if !channel.is_ready() {
            return;
        }
        let packet = usize::from(channel.packet);
        let wanted = if packet != 0 && bytes >= 2 * packet { 2 } else { 1 };
        while !self.is_overtaken(slot) {
            let channel = &mut self.channels[slot.index()];
            if channel.flying() >= wanted || !channel.has_room() {
                return;
            }
            // Endpoint 0 has one buffer for both directions, and the status may come while data for the host stand in it:
            // it has no room for more than the empty packet that it has to be.
            let room = if slot.is_control() && self.control_reads { LAST } else { channel.packet };
            let first = channel.begin();
            self.hand_over(slot, first | room);
        }
    }

    /// A packet of the data stage is about to be handed over. If it is the last one, and what ends the status stage is
    /// armed already, nobody has to hear that the host has taken it: the status stage says so too, and a control transfer
    /// costs an interrupt less. TRANS_COMPLETE then announces the status stage alone (section 4.1.2.5.3).
    fn status_follows(&mut self, len: u16, packet: u16) {
        self.control_left = self.control_left.wrapping_sub(len.into());
        let is_last = len < packet || self.control_left == 0;
        if is_last && self.control_reads && self.channel(Slot::CONTROL_OUT).flying() != 0 {
            self.registers.clear(Register::SieControl, sie_control::CONTROL_INTERRUPT);
        }
    }
}

impl<R: Registers> Controller for Driver<R> {
    fn limits(&self) -> Limits {
        let packet_memory = u32::from(memory::SIZE.wrapping_sub(memory::BUFFERS));
        Limits { endpoints: crate::ENDPOINTS as u8, packet_memory }
    }

    fn footprint(&self, config: EndpointConfig) -> Option<u32> {
        crate::opening::footprint(config)
    }

    fn reserve(&mut self, config: EndpointConfig) {
        self.reserve_memory(config);
    }

    fn connect(&mut self) {
        // A reset of the whole block also ends what erratum RP2040-E15 may have done to it.
        self.registers.restart();
        self.line = Line::Quiet;
        for index in 0..memory::CONTROL_BUFFER / 4 {
            self.registers.set_word(4 * index, 0);
        }
        let registers = &mut self.registers;
        registers.write(Register::Muxing, muxing::TRANSCEIVER | muxing::SOFT_CONNECT);
        // Boards do not wire VBUS to a pin that the controller could look at: it is always there.
        registers.write(Register::Power, power::VBUS | power::VBUS_OVERRIDE);
        if registers.chip().isolates_transceiver() {
            registers.clear(Register::Main, main::ISOLATE);
        }
        registers.write(Register::Main, main::ENABLE);
        self.listen(0, false);
        self.registers.write(Register::SieControl, sie_control::CONTROL_INTERRUPT | sie_control::PULL_UP);
    }

    fn disconnect(&mut self) {
        if self.is_connected() {
            self.end_line_work();
            // Pull-up off, address 0, nothing open: as before the first connect.
            self.registers.restart();
            self.forget();
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        if !self.is_connected() {
            return None;
        }
        self.poll().map(|news| self.event(news))
    }

    #[inline(always)]
    fn is_quiet(&self) -> bool {
        self.pending == 0 && self.line == Line::Quiet && self.registers.read(Register::InterruptStatus) == 0
    }

    fn set_address(&mut self, address: u8) {
        if self.is_connected() && self.registers.read(Register::SieStatus) & sie_status::RESET == 0 {
            self.registers.write(Register::Address, u32::from(address));
        }
    }

    fn open(&mut self, config: EndpointConfig) -> Result<(), OpenError> {
        if self.is_connected() { self.open_endpoint(config) } else { Err(OpenError::Unsupported) }
    }

    fn close(&mut self, endpoint: EndpointAddress) {
        if let Some(slot) = self.open_slot(endpoint) {
            self.shut(slot);
        }
    }

    fn close_all(&mut self) {
        if self.is_connected() {
            self.shut_all();
        }
    }

    fn send(&mut self, number: u8, data: &[u8]) -> Option<usize> {
        let slot = Slot::input(number);
        if !self.channel(slot).is_ready() {
            return None;
        }
        if self.is_overtaken(slot) {
            return Some(data.len());
        }
        let channel = &mut self.channels[slot.index()];
        if !channel.has_room() {
            return None;
        }
        let packet = channel.packet;
        let data = data.get(..usize::from(packet)).unwrap_or(data);
        let first = channel.begin();
        self.registers.copy_in(channel.free_place(), data);
        let len = data.len() as u16;
        if slot.is_control() {
            self.status_follows(len, packet);
        }
        self.hand_over(slot, FULL | first | len);
        Some(data.len())
    }

    fn arm(&mut self, number: u8, room: &mut [u8]) {
        self.arm_buffers(number, room.len());
    }

    fn arm_ahead(&mut self, number: u8) {
        self.arm_buffers(number, usize::MAX);
    }

    fn received(&self, number: u8) -> Option<Received> {
        let slot = Slot::output(number);
        let channel = &self.channels[slot.index()];
        if !channel.is_waiting() {
            return None;
        }
        let len = self.registers.half(channel.waiting_at(slot)) & LENGTH;
        Some(Received { len: usize::from(len), short: len < channel.packet })
    }

    fn read(&mut self, number: u8, offset: usize, into: &mut [u8]) {
        let Some(run) = self.received(number) else { return };
        let channel = &self.channels[Slot::output(number).index()];
        let len = run.len.saturating_sub(offset).min(into.len());
        let at = channel.waiting_place().wrapping_add(offset as u16);
        if let Some(into) = into.get_mut(..len) {
            self.registers.copy_out(at, into);
        }
    }

    fn release(&mut self, number: u8) {
        self.channel(Slot::output(number)).release();
    }

    fn cancel(&mut self, endpoint: EndpointAddress) {
        if let Some(slot) = self.open_slot(endpoint) {
            self.take_back(slot);
            self.forget_events(slot);
        }
    }

    fn set_halt(&mut self, endpoint: EndpointAddress, halted: bool) {
        let Some(slot) = self.open_slot(endpoint) else { return };
        if self.is_overtaken(slot) {
            return;
        }
        self.take_back(slot);
        let channel = self.channel(slot);
        channel.set(HALTED, halted);
        // It is the next one when the halt ends.
        channel.set(DATA1, false);
        // Without this the controller ignores endpoint 0's STALL; a SETUP takes it away (section 4.1.2.6.1).
        let arm = slot.bit() & (Slot::CONTROL_IN.bit() | Slot::CONTROL_OUT.bit());
        self.registers.set(Register::StallArm, arm);
        let at = slot.buffer_control(0);
        let control = self.registers.half(at) & !STALL;
        self.registers.set_half(at, if halted { control | STALL } else { control });
        if self.is_overtaken(slot) {
            self.registers.clear(Register::StallArm, arm);
        }
    }

    fn reset_toggle(&mut self, endpoint: EndpointAddress) {
        if let Some(slot) = self.open_slot(endpoint)
            && !self.is_overtaken(slot)
        {
            self.begin_with_data0(slot);
        }
    }

    fn remote_wakeup(&mut self) {
        // No interrupt says that it worked: the next start of frame does, which a suspended driver listens to.
        if self.is_connected() {
            self.registers.set(Register::SieControl, sie_control::RESUME);
        }
    }

    fn enable_sof(&mut self, enabled: bool) {
        if self.is_connected() {
            self.listen(STACK, enabled);
        }
    }
}
