//! The bus: time, frames, and the host controller with its queues.
//!
//! [`Bus::step`] does at most one transaction, or one jump to the next thing that happens, and returns; the program
//! that owns the bus decides what runs between two steps. Nothing here looks at a clock or at anything else whose order
//! could differ between two runs: the same device gives the same bus, bit for bit.
//!
//! How a frame is filled: SOF; each interrupt and isochronous endpoint that is due, once; then control transfers; then
//! bulk endpoints in turn. A transaction is begun only if it ends before the end of the frame even if the device's
//! answer is as long as it may be. An endpoint that answered NAK is asked again when [`Port::changes`] has moved (an
//! interrupt endpoint: in its next interval after that).

mod control;
mod faults;
mod frame;
mod line;
mod pipe;
mod record;
#[cfg(test)]
mod tests;
pub mod timing;
pub mod urb;

use std::collections::BTreeMap;
use std::io::{self, Write};

use faults::Faults;
pub use faults::Injection;
use line::Line;
pub use line::{BusEvent, DEBOUNCE, IDLE_TO_SUSPEND, RESET, RESET_RECOVERY, RESUME, RESUME_RECOVERY};
use pipe::Pipe;
use record::Recorder;
use urb::{Completion, Status, TransferType, Urb, UrbId};

use crate::pcap::PcapWriter;
use crate::port::{Port, PortError, Reply, Toggle, Token};
use crate::time::BusTime;
use crate::trace::Trace;

/// The longest jump of one step: whoever waits gets to run once in a millisecond of bus time at least.
const LONGEST_JUMP: BusTime = BusTime::FRAME;
/// A port that reports this many changes without time moving is stuck.
const STUCK: u32 = 100_000;

/// The most bytes in a full-speed data packet (USB 2.0 section 5.6.3).
const LARGEST_PACKET: usize = 1023;

/// One transaction that no URB could express, for tests of a device.
#[derive(Clone, Debug)]
pub struct RawTransaction {
    /// SETUP, OUT or IN.
    pub token: Token,
    /// Device address.
    pub address: u8,
    /// Endpoint number.
    pub endpoint: u8,
    /// Toggle of the data; for IN it does not matter.
    pub toggle: Toggle,
    /// Data of SETUP and OUT; what is beyond 1023 bytes is cut off.
    pub data: Vec<u8>,
}

/// A bus with one port and the device in it.
pub struct Bus {
    port: Box<dyn Port>,
    now: BusTime,
    /// How far the device has been let run; behind `now` only within a step and after a transaction.
    device_time: BusTime,
    line: Line,
    cable: bool,
    attached: bool,
    frame: u64,
    frame_start: BusTime,
    pipes: Vec<Pipe>,
    last_bulk: usize,
    next_id: u64,
    finished: BTreeMap<UrbId, Completion>,
    raw: Option<RawTransaction>,
    raw_reply: Option<Reply>,
    events: Vec<(BusTime, BusEvent)>,
    faults: Faults,
    recorder: Recorder,
    failed: Option<PortError>,
}

impl Bus {
    /// A bus at time 0 with the cable plugged in.
    pub fn new(port: Box<dyn Port>) -> Self {
        Self {
            port,
            now: BusTime::ZERO,
            device_time: BusTime::ZERO,
            line: Line::Quiet { suspend_at: None, enabled: false },
            cable: true,
            attached: false,
            frame: 0,
            frame_start: BusTime::ZERO,
            pipes: Vec::new(),
            last_bulk: 0,
            next_id: 1,
            finished: BTreeMap::new(),
            raw: None,
            raw_reply: None,
            events: Vec::new(),
            faults: Faults::default(),
            recorder: Recorder::default(),
            failed: None,
        }
    }

    /// The present.
    pub const fn now(&self) -> BusTime {
        self.now
    }

    /// Frames since the bus began; the SOF packet carries its lower 11 bits.
    pub const fn frame(&self) -> u64 {
        self.frame
    }

    /// A pull-up is seen at the other end of the cable.
    pub const fn is_attached(&self) -> bool {
        self.attached
    }

    /// Frames are running: the port has been reset and is not suspended.
    pub const fn is_running(&self) -> bool {
        matches!(self.line, Line::Frames { .. })
    }

    /// What the hub has seen since the last call, oldest first.
    pub fn take_events(&mut self) -> Vec<(BusTime, BusEvent)> {
        std::mem::take(&mut self.events)
    }

    /// Queues a transfer behind those of its endpoint. It begins in a later step.
    pub fn submit(&mut self, urb: Urb) -> UrbId {
        let id = UrbId(self.next_id);
        self.next_id += 1;
        self.recorder.submitted(self.now, id, &urb);
        let index = self.pipe_index(&urb);
        self.pipes[index].push(id, urb);
        if !self.attached {
            self.finish_front(index, Status::Detached);
        }
        id
    }

    fn pipe_index(&mut self, urb: &Urb) -> usize {
        let same = |pipe: &Pipe| pipe.address == urb.address && pipe.endpoint == urb.endpoint;
        if let Some(index) = self.pipes.iter().position(same) {
            self.pipes[index].kind = urb.transfer_type;
            return index;
        }
        self.pipes.push(Pipe::new(urb, self.frame));
        self.pipes.len() - 1
    }

    fn finish_front(&mut self, index: usize, status: Status) {
        let Some(active) = self.pipes[index].queue.pop_front() else { return };
        // What answered NAK to this transfer may take the next one at once: a SETUP is never refused.
        self.pipes[index].blocked = None;
        let urb = active.urb.clone();
        let completion = active.completion(status, self.now);
        self.recorder.completed(&urb, &completion);
        self.finished.insert(completion.id, completion);
    }

    /// The URB has ended and waits for [`Bus::take`].
    pub fn is_finished(&self, id: UrbId) -> bool {
        self.finished.contains_key(&id)
    }

    /// The URB waits for its turn, or is being moved.
    pub fn is_queued(&self, id: UrbId) -> bool {
        self.pipes.iter().flat_map(|pipe| &pipe.queue).any(|active| active.id == id)
    }

    /// How a URB ended; `None` while it is queued, and once it has been taken.
    pub fn take(&mut self, id: UrbId) -> Option<Completion> {
        self.finished.remove(&id)
    }

    /// A URB that has ended, the oldest first; `None` when all have been taken.
    pub fn take_finished(&mut self) -> Option<Completion> {
        self.finished.pop_first().map(|(_, completion)| completion)
    }

    /// Takes a URB back; what has been moved stays moved. It then ends as cancelled, if it was still queued.
    pub fn cancel(&mut self, id: UrbId) {
        for index in 0..self.pipes.len() {
            let queue = &mut self.pipes[index].queue;
            if let Some(place) = queue.iter().position(|active| active.id == id) {
                if let Some(active) = queue.remove(place) {
                    queue.push_front(active);
                }
                self.finish_front(index, Status::Cancelled);
            }
        }
    }

    /// A host waits: a control transfer or bulk data of its own are under way, or the device has bulk data for it. (A bulk
    /// IN that the device has answered with NAK waits for the device; interrupt and isochronous ones for their frames.)
    pub fn is_pressed(&self) -> bool {
        let changes = self.port.changes();
        let waits = |pipe: &Pipe| match pipe.kind {
            TransferType::Control => true,
            TransferType::Bulk => pipe.endpoint & 0x80 == 0 || pipe.blocked != Some(changes),
            TransferType::Interrupt | TransferType::Isochronous => false,
        };
        self.pipes.iter().any(|pipe| !pipe.queue.is_empty() && waits(pipe))
    }

    /// Takes back every URB of the endpoints (number, bit 7 for IN) that `of` says yes to.
    pub fn cancel_all(&mut self, of: impl Fn(u8) -> bool) {
        for index in 0..self.pipes.len() {
            while of(self.pipes[index].endpoint) && !self.pipes[index].queue.is_empty() {
                self.finish_front(index, Status::Cancelled);
            }
        }
    }

    fn finish_all(&mut self, status: Status) {
        for index in 0..self.pipes.len() {
            while !self.pipes[index].queue.is_empty() {
                self.finish_front(index, status);
            }
        }
        self.pipes.clear();
        self.last_bulk = 0;
    }

    /// Makes DATA0 the host's next toggle for an endpoint (its number, with bit 7 for IN).
    pub fn reset_toggle(&mut self, address: u8, endpoint: u8) {
        let same = |pipe: &&mut Pipe| pipe.address == address && pipe.endpoint == endpoint;
        if let Some(pipe) = self.pipes.iter_mut().find(same) {
            pipe.toggle = Toggle::Data0;
            pipe.blocked = None;
        }
    }

    /// Makes DATA0 the host's next toggle for every endpoint but 0 of an address (a configuration was set).
    pub fn reset_toggles(&mut self, address: u8) {
        for pipe in self.pipes.iter_mut().filter(|pipe| pipe.address == address && pipe.endpoint != 0) {
            pipe.toggle = Toggle::Data0;
            pipe.blocked = None;
        }
    }

    /// Asks for one raw transaction; it goes before everything else as soon as it fits into a frame. One at a time: a
    /// second call replaces the first.
    pub fn request_raw(&mut self, mut transaction: RawTransaction) {
        transaction.data.truncate(LARGEST_PACKET);
        self.raw = Some(transaction);
        self.raw_reply = None;
    }

    /// The answer to the raw transaction, once.
    pub fn take_raw(&mut self) -> Option<Reply> {
        self.raw_reply.take()
    }

    /// Injects noise.
    pub fn inject(&mut self, injection: Injection) {
        self.faults.add(injection);
    }

    /// Records every URB from now on.
    ///
    /// # Errors
    /// As `out` reports.
    pub fn record_pcap(&mut self, out: Box<dyn Write>) -> io::Result<()> {
        self.recorder.pcap = Some(PcapWriter::new(out)?);
        Ok(())
    }

    /// URBs that are submitted or end from now on are left out of the pcap file, or with `false` recorded again.
    pub const fn pause_pcap(&mut self, pause: bool) {
        self.recorder.paused = pause;
    }

    /// Records every transaction from now on.
    pub fn record_trace(&mut self, out: Box<dyn Write>) {
        self.recorder.trace = Some(Trace::new(out));
    }

    /// Flushes the recordings.
    ///
    /// # Errors
    /// The first error that any recording met; recording has ended with it.
    pub fn finish_recording(&mut self) -> io::Result<()> {
        self.recorder.flush()
    }

    /// Lets the bus do one thing: one transaction that begins before `limit`, or one jump to the next event, to a
    /// change of the device, or to `limit`, of 1 ms at most. Returns the present, which is past `limit` by up to one
    /// transaction if one began just before it, and never past it otherwise. At or after `limit` it does nothing.
    ///
    /// # Errors
    /// The port's; the bus then stays broken and answers the same to every later call.
    pub fn step(&mut self, limit: BusTime) -> Result<BusTime, PortError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = self.step_once(limit);
        self.keep(result)
    }

    /// Steps until `limit`.
    ///
    /// # Errors
    /// As [`Bus::step`].
    pub fn run_until(&mut self, limit: BusTime) -> Result<(), PortError> {
        while self.step(limit)? < limit {}
        Ok(())
    }

    /// Steps until a URB has ended or `limit` is reached, and takes it.
    ///
    /// # Errors
    /// As [`Bus::step`].
    pub fn wait(&mut self, id: UrbId, limit: BusTime) -> Result<Option<Completion>, PortError> {
        while !self.is_finished(id) && self.step(limit)? < limit {}
        Ok(self.take(id))
    }

    fn keep<T>(&mut self, result: Result<T, PortError>) -> Result<T, PortError> {
        if let Err(error) = &result {
            self.failed = Some(error.clone());
            self.finish_all(Status::Detached);
        }
        result
    }
}
