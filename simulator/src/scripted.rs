//! A device made of tables: descriptors, answers to requests, packets to send at given times. It is the other end in
//! tests of the bus and the host, and a complete small example of a [`Port`].

use std::collections::VecDeque;

use crate::bus::timing;
use crate::port::{Port, PortError, Reply, Toggle, Token, Transaction};
use crate::time::BusTime;

/// Endpoint numbers.
const ENDPOINTS: usize = 16;

/// What endpoint 0 is doing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Control {
    #[default]
    Idle,
    /// Sending the data stage; `left` is what the host has not acknowledged yet, `closing` that an empty packet ends
    /// it.
    In {
        left: VecDeque<u8>,
        closing: bool,
    },
    /// Receiving `wanted` bytes.
    Out {
        wanted: usize,
        got: Vec<u8>,
    },
    /// Waiting for the empty OUT packet.
    StatusOut,
    /// Waiting for the IN token to send the empty packet.
    StatusIn,
    Stalled,
}

/// The device. Fill in the public fields, then attach it to a bus.
#[derive(Clone, Debug, Default)]
pub struct Scripted {
    /// The device descriptor.
    pub device: Vec<u8>,
    /// The configuration descriptor with all that belongs to it.
    pub configuration: Vec<u8>,
    /// Strings from index 1 on. Empty: string requests are stalled.
    pub strings: Vec<String>,
    /// Answers to other IN requests: bmRequestType, bRequest, wValue, wIndex, data.
    pub answers: Vec<(u8, u8, u16, u16, Vec<u8>)>,
    /// OUT requests to refuse: bmRequestType, bRequest.
    pub refused: Vec<(u8, u8)>,
    /// Packets that IN endpoints send, each as soon as its time has come and the endpoint's earlier ones are gone.
    pub timeline: Vec<(BusTime, u8, Vec<u8>)>,
    /// Packets that an OUT endpoint still takes, by number; `None`: all.
    pub room: [Option<usize>; ENDPOINTS],
    /// Send what arrives at an OUT endpoint from the IN endpoint of the same number.
    pub echo: bool,
    /// The pull-up is switched on at this time.
    pub attach_at: BusTime,
    /// Answer NAK to the first token of each control data and status stage, and be ready that much later.
    pub thinking: BusTime,
    /// Start resume signalling this long after being suspended.
    pub wake_after: Option<BusTime>,

    /// Control requests that were completed: SETUP packet and OUT data.
    pub requests: Vec<([u8; 8], Vec<u8>)>,
    /// Packets that arrived at OUT endpoints.
    pub received: Vec<(u8, Vec<u8>)>,
    /// What the bus has done apart from transactions and frames: `reset`, `suspend`, `resume`, `plugged`, `pulled`.
    pub line_log: Vec<(BusTime, &'static str)>,
    /// Frame numbers seen.
    pub frames: Vec<u16>,
    /// Halted endpoints, as bEndpointAddress.
    pub halted: Vec<u8>,

    now: BusTime,
    changes: u64,
    pull_up: bool,
    suspended_at: Option<BusTime>,
    waking: bool,
    address: u8,
    new_address: Option<u8>,
    configured: bool,
    setup: [u8; 8],
    control: Control,
    control_toggle: Toggle,
    ready_at: Option<BusTime>,
    toggles_in: [Toggle; ENDPOINTS],
    toggles_out: [Toggle; ENDPOINTS],
    queued: [VecDeque<Vec<u8>>; ENDPOINTS],
}

impl Scripted {
    /// Makes the pull-up come on at once and nothing else.
    pub fn new(device: &[u8], configuration: &[u8]) -> Self {
        Self { device: device.to_vec(), configuration: configuration.to_vec(), ..Self::default() }
    }

    /// The same after `change`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn next_moment(&self) -> Option<BusTime> {
        let attach = (!self.pull_up).then_some(self.attach_at);
        let wake = self.suspended_at.filter(|_| !self.waking).zip(self.wake_after).map(|(at, after)| at + after);
        let packet = self.timeline.iter().map(|(at, ..)| *at).min();
        [attach, wake, packet, self.ready_at].into_iter().flatten().min()
    }

    fn moment(&mut self) {
        self.changes += 1;
        self.pull_up |= self.attach_at <= self.now;
        if self.ready_at.is_some_and(|at| at <= self.now) {
            self.ready_at = None;
        }
        if self.suspended_at.zip(self.wake_after).is_some_and(|(at, after)| at + after <= self.now) {
            self.waking = true;
        }
        let now = self.now;
        let (due, later) = std::mem::take(&mut self.timeline).into_iter().partition(|(at, ..)| *at <= now);
        self.timeline = later;
        let due: Vec<(BusTime, u8, Vec<u8>)> = due;
        for (_, endpoint, packet) in due {
            self.queued[usize::from(endpoint & 0x0f)].push_back(packet);
        }
    }

    fn begin(&mut self, setup: [u8; 8]) {
        self.setup = setup;
        self.control_toggle = Toggle::Data1;
        self.ready_at = (self.thinking > BusTime::ZERO).then(|| self.now + self.thinking);
        let length = usize::from(u16::from_le_bytes([setup[6], setup[7]]));
        let is_in = setup[0] & 0x80 != 0 && length > 0;
        self.control = if is_in {
            match self.answer(&setup) {
                Some(mut data) => {
                    data.truncate(length);
                    let closing = data.len() < length && data.len().is_multiple_of(self.packet0());
                    Control::In { left: data.into(), closing }
                }
                None => Control::Stalled,
            }
        } else if self.refused.contains(&(setup[0], setup[1])) {
            Control::Stalled
        } else if length > 0 {
            Control::Out { wanted: length, got: Vec::new() }
        } else {
            Control::StatusIn
        };
    }

    fn packet0(&self) -> usize {
        self.device.get(7).map_or(64, |size| usize::from(*size)).max(1)
    }

    fn answer(&self, setup: &[u8; 8]) -> Option<Vec<u8>> {
        let value = u16::from_le_bytes([setup[2], setup[3]]);
        let index = u16::from_le_bytes([setup[4], setup[5]]);
        let fits =
            |one: &&(u8, u8, u16, u16, Vec<u8>)| (one.0, one.1, one.2, one.3) == (setup[0], setup[1], value, index);
        if let Some(answer) = self.answers.iter().find(fits) {
            return Some(answer.4.clone());
        }
        match (setup[0], setup[1], setup[3]) {
            (0x80, 6, 1) => Some(self.device.clone()),
            (0x80, 6, 2) => Some(self.configuration.clone()),
            (0x80, 6, 3) if self.strings.is_empty() => None,
            (0x80, 6, 3) if setup[2] == 0 => Some(vec![4, 3, 9, 4]),
            (0x80, 6, 3) => {
                let text = self.strings.get(usize::from(setup[2]) - 1)?;
                let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                Some([&[units.len() as u8 + 2, 3], units.as_slice()].concat())
            }
            (0x82, 0, 0) => Some(vec![u8::from(self.halted.contains(&setup[4])), 0]),
            _ => None,
        }
    }

    /// A request has been completed.
    fn act(&mut self, data: Vec<u8>) {
        let setup = self.setup;
        match (setup[0], setup[1]) {
            (0x00, 5) => self.new_address = Some(setup[2]),
            (0x00, 9) => {
                self.configured = setup[2] != 0;
                self.toggles_in = Default::default();
                self.toggles_out = Default::default();
            }
            (0x02, 1) => {
                self.halted.retain(|one| *one != setup[4]);
                let number = usize::from(setup[4] & 0x0f);
                let side = if setup[4] & 0x80 != 0 { &mut self.toggles_in } else { &mut self.toggles_out };
                side[number] = Toggle::Data0;
            }
            (0x02, 3) => {
                self.halted.push(setup[4]);
                self.changes += 1;
            }
            _ => {}
        }
        self.requests.push((setup, data));
    }

    fn control_in(&mut self, transaction: &Transaction<'_>) -> Reply {
        let size = self.packet0();
        let toggle = self.control_toggle;
        match &mut self.control {
            Control::Stalled => Reply::Stall,
            _ if self.ready_at.is_some() => Reply::Nak,
            Control::In { left, .. } => {
                let bytes: Vec<u8> = left.iter().take(size).copied().collect();
                if transaction.acknowledged(bytes.len()) {
                    left.drain(..bytes.len());
                    self.control_toggle = toggle.flipped();
                    let ended = bytes.len() < size;
                    if let Control::In { left, closing } = &mut self.control
                        && (ended || left.is_empty() && !*closing)
                    {
                        self.control = Control::StatusOut;
                    }
                }
                Reply::Data { toggle, bytes }
            }
            Control::StatusIn => {
                if transaction.acknowledged(0) {
                    self.control = Control::Idle;
                    self.act(Vec::new());
                    if let Some(address) = self.new_address.take() {
                        self.address = address;
                    }
                }
                Reply::Data { toggle: Toggle::Data1, bytes: Vec::new() }
            }
            Control::Out { wanted, got } if got.len() >= *wanted => {
                let data = std::mem::take(got);
                if transaction.acknowledged(0) {
                    self.control = Control::Idle;
                    self.act(data);
                }
                Reply::Data { toggle: Toggle::Data1, bytes: Vec::new() }
            }
            Control::Out { .. } | Control::StatusOut | Control::Idle => Reply::Nak,
        }
    }

    fn control_out(&mut self, transaction: &Transaction<'_>) -> Reply {
        match &mut self.control {
            Control::Stalled => Reply::Stall,
            _ if self.ready_at.is_some() => Reply::Nak,
            Control::Out { wanted, got } if got.len() < *wanted => {
                if transaction.toggle == self.control_toggle {
                    got.extend_from_slice(transaction.data);
                    self.control_toggle = self.control_toggle.flipped();
                }
                Reply::Ack
            }
            // An early end of the data stage is the host's right (USB 2.0 section 8.5.3.1).
            Control::StatusOut | Control::In { .. } => {
                self.control = Control::Idle;
                self.act(Vec::new());
                Reply::Ack
            }
            // The handshake of the last packet may have been lost.
            Control::Idle | Control::Out { .. } => Reply::Ack,
            Control::StatusIn => Reply::Nak,
        }
    }

    fn data_in(&mut self, number: usize, transaction: &Transaction<'_>) -> Reply {
        if self.halted.contains(&(number as u8 | 0x80)) {
            return Reply::Stall;
        }
        let toggle = self.toggles_in[number];
        let Some(bytes) = self.queued[number].front().cloned() else {
            return if transaction.isochronous { Reply::Silent } else { Reply::Nak };
        };
        if transaction.acknowledged(bytes.len()) {
            self.queued[number].pop_front();
            if !transaction.isochronous {
                self.toggles_in[number] = toggle.flipped();
            }
        }
        Reply::Data { toggle, bytes }
    }

    fn data_out(&mut self, number: usize, transaction: &Transaction<'_>) -> Reply {
        if self.halted.contains(&(number as u8)) {
            return Reply::Stall;
        }
        match &mut self.room[number] {
            Some(0) => return Reply::Nak,
            Some(room) => *room -= 1,
            None => {}
        }
        if transaction.isochronous || transaction.toggle == self.toggles_out[number] {
            self.received.push((number as u8, transaction.data.to_vec()));
            self.toggles_out[number] = self.toggles_out[number].flipped();
            if self.echo {
                let at = timing::end_of_transaction(transaction, &Reply::Ack);
                self.timeline.push((at, number as u8 | 0x80, transaction.data.to_vec()));
            }
        }
        if transaction.isochronous { Reply::Silent } else { Reply::Ack }
    }
}

impl Port for Scripted {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        match self.next_moment().filter(|at| *at <= until) {
            Some(at) => {
                self.now = self.now.max(at);
                self.moment();
            }
            None => self.now = until,
        }
        Ok(self.now)
    }

    fn changes(&self) -> u64 {
        self.changes
    }

    fn pull_up(&self) -> bool {
        self.pull_up
    }

    fn resume_requested(&self) -> bool {
        self.waking
    }

    fn reset(&mut self, start: BusTime, _end: BusTime) -> Result<(), PortError> {
        self.line_log.push((start, "reset"));
        self.address = 0;
        self.configured = false;
        self.control = Control::Idle;
        self.waking = false;
        self.suspended_at = None;
        self.halted.clear();
        Ok(())
    }

    fn suspend(&mut self, at: BusTime) -> Result<(), PortError> {
        self.line_log.push((at, "suspend"));
        self.suspended_at = Some(at);
        Ok(())
    }

    fn resume(&mut self, at: BusTime) -> Result<(), PortError> {
        self.line_log.push((at, "resume"));
        self.waking = false;
        self.suspended_at = None;
        Ok(())
    }

    fn start_of_frame(&mut self, _at: BusTime, frame: u16) -> Result<(), PortError> {
        self.frames.push(frame);
        Ok(())
    }

    fn cable(&mut self, at: BusTime, plugged: bool) -> Result<(), PortError> {
        self.line_log.push((at, if plugged { "plugged" } else { "pulled" }));
        Ok(())
    }

    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        if !self.pull_up
            || transaction.address != self.address
            || !transaction.arrives() && transaction.token != Token::In
        {
            return Ok(Reply::Silent);
        }
        let number = usize::from(transaction.endpoint & 0x0f);
        Ok(match (transaction.token, number) {
            (Token::Setup, 0) => match transaction.data.try_into() {
                Ok(setup) => {
                    self.begin(setup);
                    Reply::Ack
                }
                Err(_) => Reply::Silent,
            },
            (Token::In, 0) => self.control_in(transaction),
            (Token::Out, 0) => self.control_out(transaction),
            (Token::Setup, _) => Reply::Silent,
            _ if !self.configured => Reply::Silent,
            (Token::In, _) => self.data_in(number, transaction),
            (Token::Out, _) => self.data_out(number, transaction),
        })
    }
}
