//! One endpoint of the virtual controller, one direction: the runs that it holds and the toggle.

use std::collections::VecDeque;
use usb_stack::controller::{EndpointConfig, Received, TransferType};

/// What both directions have.
#[derive(Debug)]
pub(crate) struct Line {
    pub config: EndpointConfig,
    pub halted: bool,
    /// The next packet is DATA1.
    pub data1: bool,
    /// Runs that the endpoint can hold.
    pub buffers: usize,
    /// The most packets in a run.
    pub run_packets: usize,
}

impl Line {
    pub fn packet(&self) -> usize {
        usize::from(self.config.max_packet_size)
    }

    pub fn isochronous(&self) -> bool {
        self.config.transfer_type == TransferType::Isochronous
    }
}

/// A run on its way to the host.
#[derive(Debug)]
struct InRun {
    data: Vec<u8>,
    /// Bytes that the host has acknowledged.
    acknowledged: usize,
}

/// An IN endpoint.
#[derive(Debug)]
pub(crate) struct InEndpoint {
    pub line: Line,
    runs: VecDeque<InRun>,
}

impl InEndpoint {
    pub fn new(line: Line) -> Self {
        Self { line, runs: VecDeque::new() }
    }

    /// Takes a run from the front of `data`, `None` when every buffer is taken.
    pub fn queue(&mut self, data: &[u8]) -> Option<usize> {
        if self.runs.len() >= self.line.buffers {
            return None;
        }
        let taken = data.len().min(self.line.run_packets * self.line.packet());
        self.runs.push_back(InRun { data: data[..taken].to_vec(), acknowledged: 0 });
        Some(taken)
    }

    /// The packet that goes out next.
    pub fn next_packet(&self) -> Option<&[u8]> {
        let run = self.runs.front()?;
        let rest = &run.data[run.acknowledged..];
        Some(&rest[..rest.len().min(self.line.packet())])
    }

    /// The host has the next packet; true when that ends the run.
    pub fn acknowledge(&mut self) -> bool {
        let packet = self.line.packet();
        let Some(run) = self.runs.front_mut() else { return false };
        run.acknowledged = run.data.len().min(run.acknowledged + packet);
        if !self.line.isochronous() {
            self.line.data1 = !self.line.data1;
        }
        let done = run.acknowledged == run.data.len();
        if done {
            self.runs.pop_front();
        }
        done
    }

    /// Bytes of the oldest run that the host has.
    pub fn acknowledged(&self) -> usize {
        self.runs.front().map_or(0, |run| run.acknowledged)
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub fn cancel(&mut self) {
        self.runs.clear();
    }
}

/// Where an armed run goes.
#[derive(Clone, Copy, Debug)]
struct Armed {
    /// Packets that it can take.
    packets: usize,
    /// The address of the room, when the run goes straight into it.
    place: Option<usize>,
}

/// A run that has arrived.
#[derive(Debug)]
struct OutRun {
    data: Vec<u8>,
    short: bool,
    place: Option<usize>,
}

/// What a wrong [`OutEndpoint::read`] was.
pub(crate) enum ReadFault {
    Nothing,
    Beyond(usize),
    Elsewhere,
}

/// An OUT endpoint.
#[derive(Debug)]
pub(crate) struct OutEndpoint {
    pub line: Line,
    armed: VecDeque<Armed>,
    /// The run that is arriving, when it takes more than one packet.
    filling: Vec<u8>,
    filled_packets: usize,
    waiting: VecDeque<OutRun>,
}

impl OutEndpoint {
    pub fn new(line: Line) -> Self {
        Self { line, armed: VecDeque::new(), filling: Vec::new(), filled_packets: 0, waiting: VecDeque::new() }
    }

    /// Arms what is free for `room`; true when that armed anything.
    pub fn arm(&mut self, room: &[u8]) -> bool {
        let whole = room.len().checked_div(self.line.packet()).unwrap_or(0);
        let direct = self.line.run_packets > 1 && whole > 0;
        let mut armed = false;
        let (packets, runs) = match direct {
            true => (whole.min(self.line.run_packets), 1),
            false => (1, whole.max(1)),
        };
        while self.armed.len() < runs && self.armed.len() + self.waiting.len() < self.line.buffers {
            let place = direct.then_some(room.as_ptr().addr());
            self.armed.push_back(Armed { packets, place });
            armed = true;
        }
        armed
    }

    /// Arms all that is free, one packet each, in the endpoint's own buffers; true when that armed anything.
    pub fn arm_ahead(&mut self) -> bool {
        let mut armed = false;
        while self.armed.len() + self.waiting.len() < self.line.buffers {
            self.armed.push_back(Armed { packets: 1, place: None });
            armed = true;
        }
        armed
    }

    pub fn is_armed(&self) -> bool {
        !self.armed.is_empty()
    }

    /// Takes a packet into the armed buffer; true when that ends the run.
    pub fn accept(&mut self, packet: &[u8]) -> bool {
        let Some(&armed) = self.armed.front() else { return false };
        self.filling.extend_from_slice(packet);
        self.filled_packets += 1;
        if !self.line.isochronous() {
            self.line.data1 = !self.line.data1;
        }
        let short = packet.len() < self.line.packet();
        let done = short || self.filled_packets == armed.packets;
        if done {
            self.end_run(short);
        }
        done
    }

    fn end_run(&mut self, short: bool) {
        let place = self.armed.pop_front().and_then(|armed| armed.place);
        self.waiting.push_back(OutRun { data: std::mem::take(&mut self.filling), short, place });
        self.filled_packets = 0;
    }

    /// Disarms; packets of an unfinished run have been acknowledged, so they become a run that waits (true).
    pub fn disarm(&mut self) -> bool {
        let cut = self.filled_packets > 0;
        if cut {
            self.end_run(false);
        }
        self.armed.clear();
        cut
    }

    pub fn cancel(&mut self) {
        self.armed.clear();
        self.filling.clear();
        self.filled_packets = 0;
        self.waiting.clear();
    }

    pub fn received(&self) -> Option<Received> {
        self.waiting.front().map(|run| Received { len: run.data.len(), short: run.short })
    }

    pub fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), ReadFault> {
        let run = self.waiting.front().ok_or(ReadFault::Nothing)?;
        let rest = run.data.get(offset..).ok_or(ReadFault::Beyond(run.data.len()))?;
        if run.place.is_some_and(|place| offset == 0 && place != into.as_ptr().addr()) {
            return Err(ReadFault::Elsewhere);
        }
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(())
    }

    /// Drops the oldest run that waits; false when there is none.
    pub fn release(&mut self) -> bool {
        self.waiting.pop_front().is_some()
    }
}
