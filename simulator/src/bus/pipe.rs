//! One endpoint as the host controller sees it: its toggle, its queue, and how an answer moves the transfer in front.

use std::collections::VecDeque;

use super::urb::{Completion, IsoPacket, Mishap, Stage, Status, TransferType, Urb, UrbId};
use crate::port::{Fault, Reply, Toggle, Token};
use crate::time::BusTime;

/// Bad transactions in a row before a transfer is given up (USB 2.0 section 5.3.2).
const STRIKES: u8 = 3;

/// A URB in a queue and how far it is.
pub(super) struct Active {
    pub id: UrbId,
    pub urb: Urb,
    stage: Stage,
    /// Toggle within a control transfer.
    toggle: Toggle,
    done: usize,
    /// OUT: the last packet was full and the closing empty one is still due.
    closing: bool,
    received: Vec<u8>,
    packets: Vec<IsoPacket>,
    strikes: u8,
    pub naks: u64,
    repeated_toggles: u64,
    errors: u64,
}

/// The transaction that a pipe would do next.
pub(super) struct Next {
    pub token: Token,
    pub toggle: Toggle,
    pub data: Vec<u8>,
    pub room: usize,
    pub isochronous: bool,
}

impl Active {
    fn new(id: UrbId, urb: Urb) -> Self {
        Self {
            id,
            stage: if urb.setup.is_some() { Stage::Setup } else { Stage::Data },
            urb,
            toggle: Toggle::Data1,
            done: 0,
            closing: false,
            received: Vec::new(),
            packets: Vec::new(),
            strikes: 0,
            naks: 0,
            repeated_toggles: 0,
            errors: 0,
        }
    }

    pub fn completion(self, status: Status, at: BusTime) -> Completion {
        Completion {
            id: self.id,
            status,
            transfer_type: self.urb.transfer_type,
            control: self.urb.setup.is_some(),
            stage: self.stage,
            actual: self.done,
            data: self.received,
            packets: self.packets,
            naks: self.naks,
            repeated_toggles: self.repeated_toggles,
            errors: self.errors,
            at,
        }
    }

    /// Direction of the transaction in front.
    fn token(&self) -> Token {
        match (self.stage, self.urb.is_in()) {
            (Stage::Setup, _) => Token::Setup,
            (Stage::Data, true) => Token::In,
            (Stage::Data, false) => Token::Out,
            // A control transfer without data has an IN status stage, whatever its direction bit says.
            (Stage::Status, true) if self.urb.length > 0 => Token::Out,
            (Stage::Status, _) => Token::In,
        }
    }

    fn packet_length(&self) -> usize {
        if self.urb.transfer_type == TransferType::Isochronous {
            self.urb.packets.get(self.packets.len()).copied().unwrap_or(0).min(self.urb.max_packet)
        } else {
            self.urb.length.saturating_sub(self.done).min(self.urb.max_packet)
        }
    }

    fn outgoing(&self) -> Vec<u8> {
        match self.stage {
            Stage::Setup => self.urb.setup.map(Vec::from).unwrap_or_default(),
            Stage::Status => Vec::new(),
            Stage::Data => {
                let from = self.done.min(self.urb.data.len());
                let to = (self.done + self.packet_length()).min(self.urb.data.len());
                self.urb.data[from..to].to_vec()
            }
        }
    }

    fn strike(&mut self, mishap: Mishap) -> Option<Status> {
        self.errors += 1;
        self.strikes += 1;
        (self.strikes >= STRIKES).then_some(Status::NoAnswer(mishap))
    }

    /// The data stage of a control transfer is over, or the whole of another one.
    fn data_done(&mut self) -> Option<Status> {
        if self.urb.setup.is_some() {
            self.stage = Stage::Status;
            self.toggle = Toggle::Data1;
            None
        } else {
            Some(Status::Done)
        }
    }

    fn accepted(&mut self) -> Option<Status> {
        match self.stage {
            Stage::Setup => {
                self.stage = if self.urb.length > 0 { Stage::Data } else { Stage::Status };
                self.toggle = Toggle::Data1;
                None
            }
            Stage::Status => Some(Status::Done),
            Stage::Data => {
                let sent = self.outgoing().len();
                self.done += sent;
                if self.done < self.urb.data.len() {
                    return None;
                }
                let closes = self.urb.zero_packet && sent == self.urb.max_packet && !self.closing;
                self.closing = closes;
                if closes { None } else { self.data_done() }
            }
        }
    }

    fn incoming(&mut self, bytes: &[u8]) -> Option<Status> {
        if self.stage == Stage::Status {
            return Some(Status::Done);
        }
        self.done += bytes.len();
        self.received.extend_from_slice(bytes);
        if bytes.len() < self.urb.max_packet || self.done >= self.urb.length { self.data_done() } else { None }
    }
}

pub(super) struct Pipe {
    pub address: u8,
    pub endpoint: u8,
    pub kind: TransferType,
    pub toggle: Toggle,
    pub queue: VecDeque<Active>,
    /// The port's change count when it answered NAK: not asked again until that has moved.
    pub blocked: Option<u64>,
    /// Interrupt and isochronous: the next frame in which it is served.
    pub due: u64,
}

impl Pipe {
    pub fn new(urb: &Urb, frame: u64) -> Self {
        Self {
            address: urb.address,
            endpoint: urb.endpoint,
            kind: urb.transfer_type,
            toggle: Toggle::Data0,
            queue: VecDeque::new(),
            blocked: None,
            due: frame + 1,
        }
    }

    pub fn is_periodic(&self) -> bool {
        matches!(self.kind, TransferType::Interrupt | TransferType::Isochronous)
    }

    pub fn push(&mut self, id: UrbId, urb: Urb) {
        self.queue.push_back(Active::new(id, urb));
    }

    pub fn next(&self) -> Option<Next> {
        let front = self.queue.front()?;
        let token = front.token();
        let isochronous = self.kind == TransferType::Isochronous;
        let toggle = match (front.stage, front.urb.setup) {
            (Stage::Setup, _) => Toggle::Data0,
            (_, Some(_)) => front.toggle,
            (_, None) if isochronous => Toggle::Data0,
            _ => self.toggle,
        };
        let data = if token == Token::In { Vec::new() } else { front.outgoing() };
        let room = if front.stage == Stage::Status { 0 } else { front.packet_length() };
        Some(Next { token, toggle, data, room, isochronous })
    }

    /// A periodic pipe was served in `frame`.
    pub fn served(&mut self, frame: u64) {
        let interval = self.queue.front().map_or(1, |front| front.urb.interval.max(1));
        self.due = frame + interval;
    }

    /// What the answer means for the transfer in front; `Some` when that is over. `changes` is the port's count.
    pub fn answer(
        &mut self,
        next: &Next,
        reply: &Reply,
        fault: Option<Fault>,
        changes: u64,
        frame: u64,
    ) -> Option<Status> {
        if self.is_periodic() {
            self.served(frame);
        }
        let front = self.queue.front_mut()?;
        if next.isochronous {
            return iso_answer(front, next, reply, fault, frame);
        }
        let lost = match fault {
            Some(Fault::LoseToken) => true,
            Some(Fault::LoseHandshake) => !matches!(reply, Reply::Data { .. }),
            Some(Fault::CorruptData) | None => false,
        };
        let status = match reply {
            _ if lost => front.strike(Mishap::Silence),
            Reply::Silent => front.strike(Mishap::Silence),
            Reply::Data { .. } if fault == Some(Fault::CorruptData) => front.strike(Mishap::BadCrc),
            Reply::Nak | Reply::Stall if next.token == Token::Setup => front.strike(Mishap::WrongAnswer(Token::Setup)),
            Reply::Nak => {
                front.naks += 1;
                front.strikes = 0;
                self.blocked = Some(changes);
                None
            }
            Reply::Stall => Some(Status::Stall),
            Reply::Ack if next.token == Token::In => front.strike(Mishap::WrongAnswer(Token::In)),
            Reply::Data { .. } if next.token != Token::In => front.strike(Mishap::WrongAnswer(next.token)),
            Reply::Ack => {
                front.strikes = 0;
                self.flip();
                self.queue.front_mut()?.accepted()
            }
            Reply::Data { bytes, .. } if bytes.len() > next.room => {
                Some(Status::Babble { got: bytes.len(), room: next.room })
            }
            Reply::Data { toggle, .. } if *toggle != next.toggle => {
                // The device has missed an ACK and repeats the packet: acknowledged, dropped (USB 2.0 section 8.6.4).
                front.repeated_toggles += 1;
                front.strikes = 0;
                None
            }
            Reply::Data { bytes, .. } => {
                front.strikes = 0;
                self.flip();
                self.queue.front_mut()?.incoming(bytes)
            }
        };
        if !matches!(reply, Reply::Nak) {
            self.blocked = None;
        }
        status
    }

    fn flip(&mut self) {
        match self.queue.front_mut() {
            Some(front) if front.urb.setup.is_some() => front.toggle = front.toggle.flipped(),
            _ => self.toggle = self.toggle.flipped(),
        }
    }
}

fn iso_answer(front: &mut Active, next: &Next, reply: &Reply, fault: Option<Fault>, frame: u64) -> Option<Status> {
    let packet = match reply {
        Reply::Data { bytes, .. } if fault.is_none() && bytes.len() <= next.room && next.token == Token::In => {
            front.done += bytes.len();
            front.received.extend_from_slice(bytes);
            IsoPacket { frame, ok: true, data: bytes.clone() }
        }
        _ if next.token == Token::In => {
            front.errors += 1;
            IsoPacket { frame, ok: false, data: Vec::new() }
        }
        _ => {
            front.done += next.data.len();
            IsoPacket { frame, ok: true, data: Vec::new() }
        }
    };
    front.packets.push(packet);
    (front.packets.len() >= front.urb.packets.len()).then_some(Status::Done)
}
