//! The built-in serial port: CDC, abstract control model (USB CDC PSTN 1.2 section 3.6).
//!
//! Output goes through a FIFO of 256 bytes. As long as nobody listens the newest bytes are kept, overwriting the
//! oldest; once a terminal has opened the port (DTR) and 100 ms have passed, in which it switches its echo off, they
//! are sent, and from then on nothing is overwritten. Input goes from the packet straight to the program; what it does
//! not take stays in the controller, so that the host waits.

use crate::application::Application;
use crate::class::fifo;
use crate::control::{Small, Source, Stage};
use crate::controller::{Controller, Direction, EndpointAddress, EndpointConfig, TransferType};
use crate::descriptor::Endpoint;
use crate::device::Device;
use crate::endpoint::HALTED;
use crate::setup::Recipient;

/// Frames, of 1 ms, between DTR and the first byte.
const QUIET_FRAMES: u32 = 100;
/// Bytes that are copied at a time from the controller to the program.
const PIECE: usize = 64;
/// The bit rate that asks for the boot loader.
const TOUCH_RATE: u32 = 1200;

/// bInterfaceClass of the interface with the data endpoints.
const CLASS_DATA: u8 = 0x0a;

/// Class requests (USB CDC PSTN 1.2 table 13).
const SET_LINE_CODING: u8 = 0x20;
const GET_LINE_CODING: u8 = 0x21;
const SET_CONTROL_LINE_STATE: u8 = 0x22;
const SEND_BREAK: u8 = 0x23;

/// Bytes of a line coding.
const LINE_CODING_LENGTH: usize = 7;
/// 115200 bit/s, 1 stop bit, no parity, 8 data bits.
const DEFAULT_LINE_CODING: Small = Small([0x00, 0xc2, 0x01, 0x00, 0, 0, 8, 0]);

/// What the host has set the line to (USB CDC PSTN 1.2 table 17). It has no effect on the bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineCoding {
    /// dwDTERate: bits per second.
    pub rate: u32,
    /// bCharFormat: 0 for 1 stop bit, 1 for 1.5, 2 for 2.
    pub stop_bits: u8,
    /// bParityType: 0 none, 1 odd, 2 even, 3 mark, 4 space.
    pub parity: u8,
    /// bDataBits: 5, 6, 7, 8 or 16.
    pub data_bits: u8,
}

/// The serial port's state.
pub(crate) struct CdcAcm {
    /// The bulk endpoints, while they are open, else those of endpoint 0. `input` is the host's word for it: device to
    /// host.
    input: EndpointAddress,
    output: EndpointAddress,
    /// A terminal has the port open.
    dtr: bool,
    /// Frames until output may start.
    quiet: u32,
    /// Bytes of the last run, if it ended with a full packet, so that the host waits for more; else 0.
    unfinished: usize,
    /// The first [`LINE_CODING_LENGTH`] bytes of it.
    line_coding: Small,
}

impl CdcAcm {
    pub const fn new() -> Self {
        Self {
            input: EndpointAddress::CONTROL_OUT,
            output: EndpointAddress::CONTROL_OUT,
            dtr: false,
            quiet: 0,
            unfinished: 0,
            line_coding: Small([0; 8]),
        }
    }

    /// Nobody listens and the endpoints are closed. What is in the FIFO stays there.
    #[inline(never)]
    pub fn reset(&mut self) {
        *self = Self { line_coding: DEFAULT_LINE_CODING, ..Self::new() };
    }

    fn rate(&self) -> u32 {
        let [a, b, c, d, ..] = self.line_coding.0;
        u32::from_le_bytes([a, b, c, d])
    }
}

/// The program's side of the serial port.
pub struct Serial<'a, C: Controller, const ENDPOINTS: usize> {
    device: &'a mut Device<C, ENDPOINTS>,
}

impl<'a, C: Controller, const ENDPOINTS: usize> Serial<'a, C, ENDPOINTS> {
    pub(crate) fn new(device: &'a mut Device<C, ENDPOINTS>) -> Self {
        Self { device }
    }

    /// A terminal listens: DTR is on, the device is configured and not suspended.
    pub fn is_open(&self) -> bool {
        self.device.serial_is_open()
    }

    /// Bytes that [`Self::write`] takes without overwriting older ones.
    pub fn room(&self) -> usize {
        self.device.fifo.room()
    }

    /// Writes; returns how many bytes were taken. While the port is open that is as many as there is room for;
    /// otherwise all are taken and the newest 256 are kept.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        self.device.serial_write(bytes)
    }

    /// Offers the program again the input that it did not take.
    pub fn poll<A: Application>(&mut self, app: &mut A) {
        self.device.serial_receive(app);
    }

    /// What the host has set the line to.
    pub fn line_coding(&self) -> LineCoding {
        let [.., stop_bits, parity, data_bits, _] = self.device.serial.line_coding.0;
        LineCoding { rate: self.device.serial.rate(), stop_bits, parity, data_bits }
    }
}

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    fn serial_is_open(&self) -> bool {
        self.serial.dtr && self.serial.input.number() != 0 && !self.bus.suspended
    }

    fn serial_write(&mut self, bytes: &[u8]) -> usize {
        let room = self.fifo.room();
        let (piece, taken) = if self.serial_is_open() {
            let piece = bytes.get(..room).unwrap_or(bytes);
            (piece, piece.len())
        } else {
            (bytes.get(bytes.len().saturating_sub(fifo::SIZE)..).unwrap_or(bytes), bytes.len())
        };
        if piece.len() > room {
            // The oldest may be on their way to a host that is suspended.
            self.serial_take_back();
            self.fifo.make_room(piece.len());
        }
        self.fifo.append(piece);
        self.serial_send();
        taken
    }

    /// Takes back what the host has not fetched; it stays in the FIFO.
    fn serial_take_back(&mut self) {
        let input = self.serial.input;
        if input.number() != 0 {
            self.count_acknowledged(input);
            self.take_back(input);
        }
    }

    /// Gives the controller what is in the FIFO, if somebody listens.
    pub(crate) fn serial_send(&mut self) {
        let input = self.serial.input;
        if !self.serial_is_open() || self.serial.quiet != 0 {
            return;
        }
        let entry = self.endpoints.get_mut(input);
        if entry.is(HALTED) {
            return;
        }
        while entry.has_room_for_run() {
            let data = self.fifo.piece(entry.queued());
            // A host that asked for more than it got waits until a short packet tells it that this was all.
            if data.is_empty() && (entry.has_runs() || self.serial.unfinished == 0) {
                return;
            }
            let Some(taken) = self.controller.send(input.number(), data) else {
                return;
            };
            let taken = taken.min(data.len());
            if taken == 0 && !data.is_empty() {
                return;
            }
            // Bulk packet sizes are powers of two (USB 2.0 section 5.8.3).
            let in_last = taken & usize::from(entry.max_packet_size).wrapping_sub(1);
            self.serial.unfinished = if in_last == 0 { taken } else { 0 };
            entry.push_run(taken);
        }
    }

    /// Hands what waits to the program, as far as it takes it, and lets the host send more.
    pub(crate) fn serial_receive<A: Application>(&mut self, app: &mut A) {
        let number = self.serial.output.number();
        if number == 0 {
            return;
        }
        let entry = self.endpoints.get_mut(self.serial.output);
        while let Some(run) = self.controller.received(number) {
            let offset = usize::from(entry.kept());
            let mut buffer = [0; PIECE];
            let piece = buffer.get_mut(..run.len.saturating_sub(offset).min(PIECE)).unwrap_or(&mut []);
            self.controller.read(number, offset, piece);
            let taken = app.serial_input(piece).min(piece.len());
            let kept = offset.wrapping_add(taken);
            if kept < run.len {
                entry.set_kept(kept as u16);
                if taken < piece.len() {
                    return;
                }
            } else {
                entry.set_kept(0);
                self.controller.release(number);
            }
        }
        if !entry.is(HALTED) {
            self.controller.arm_ahead(number);
        }
    }

    /// An endpoint of a built-in interface was opened.
    pub(crate) fn serial_opened(&mut self, endpoint: Endpoint) {
        let EndpointConfig { address, transfer_type, .. } = endpoint.config();
        if endpoint.class() != CLASS_DATA || transfer_type != TransferType::Bulk {
            return;
        }
        match address.direction() {
            Direction::In => {
                self.serial.input = address;
                self.serial.unfinished = 0;
                self.serial_send();
            }
            Direction::Out => {
                self.serial.output = address;
                self.controller.arm_ahead(address.number());
            }
        }
    }

    /// A frame has passed since DTR came on.
    pub(crate) fn serial_frame(&mut self) {
        if self.serial.quiet > 1 {
            self.serial.quiet = self.serial.quiet.wrapping_sub(1);
            return;
        }
        self.serial.quiet = 0;
        self.controller.enable_sof(false);
        self.serial_send();
    }

    /// A class request to one of the port's interfaces.
    #[inline(never)]
    pub(crate) fn serial_request<A: Application>(&mut self, app: &mut A) -> Stage {
        if self.control.setup.recipient() != Recipient::Interface {
            return Stage::Stalled;
        }
        match (self.control.setup.request(), self.control.setup.length()) {
            // Data in the other direction than the request has are not taken for its own.
            (SET_LINE_CODING, length)
                if usize::from(length) == LINE_CODING_LENGTH && self.control.setup.direction() == Direction::Out =>
            {
                self.control.receive(Source::Small, LINE_CODING_LENGTH)
            }
            (GET_LINE_CODING, _) if self.control.setup.direction() == Direction::In => {
                self.small = self.serial.line_coding;
                self.control.send(Source::Small, LINE_CODING_LENGTH)
            }
            (SET_CONTROL_LINE_STATE, 0) => {
                self.serial_line_state(app, self.control.setup.value());
                Stage::StatusIn
            }
            (SEND_BREAK, 0) => Stage::StatusIn,
            _ => Stage::Stalled,
        }
    }

    /// DTR is bit 0, RTS bit 1.
    fn serial_line_state<A: Application>(&mut self, app: &mut A, state: u16) {
        let dtr = state & 1 != 0;
        if dtr != self.serial.dtr {
            self.serial.dtr = dtr;
            self.serial.quiet = if dtr { QUIET_FRAMES } else { 0 };
            self.controller.enable_sof(dtr);
            if !dtr {
                self.serial_take_back();
                self.serial.unfinished = 0;
            }
        }
        if state & 3 == 0 && self.serial.rate() == TOUCH_RATE {
            app.touch_1200();
        }
    }

    /// The line coding has arrived, if all of it has.
    pub(crate) fn serial_data(&mut self) -> Stage {
        if self.control.done != LINE_CODING_LENGTH {
            return Stage::Stalled;
        }
        self.serial.line_coding = self.small;
        Stage::StatusIn
    }
}
