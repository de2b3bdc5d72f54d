//! What happens next: choosing a transaction, doing it, or jumping to the next event.

use super::line::Line;
use super::pipe::Next;
use super::urb::TransferType;
use super::{Bus, LARGEST_PACKET, LONGEST_JUMP, RawTransaction, timing};
use crate::port::{Fault, PortError, Reply, Transaction};
use crate::time::BusTime;

impl Bus {
    pub(super) fn step_once(&mut self, limit: BusTime) -> Result<BusTime, PortError> {
        self.bring_device()?;
        self.observe()?;
        if self.now >= limit {
            return Ok(self.now);
        }
        if let Line::Frames { next_sof } = self.line
            && self.now < next_sof
        {
            if let Some(raw) = self.raw.take_if(|raw| fits(self.now, self.frame_start, raw)) {
                self.do_raw(&raw)?;
                return Ok(self.now);
            }
            if let Some((index, next)) = self.choose() {
                self.do_transaction(index, &next)?;
                return Ok(self.now);
            }
        }
        self.jump(limit)?;
        Ok(self.now)
    }

    /// The pipe to serve now, and with what.
    fn choose(&self) -> Option<(usize, Next)> {
        let changes = self.port.changes();
        let deadline = timing::frame_deadline(self.frame_start);
        let ready = |index: usize| {
            let pipe = &self.pipes[index];
            if pipe.is_periodic() && pipe.due != self.frame || pipe.blocked == Some(changes) {
                return None;
            }
            let next = pipe.next()?;
            let number = pipe.endpoint & 0x0f;
            let longest = timing::longest(next.token, pipe.address, number, next.toggle, &next.data, next.room);
            (self.now + longest <= deadline).then_some((index, next))
        };
        let of_kind = |kind: TransferType| (0..self.pipes.len()).filter(move |index| self.pipes[*index].kind == kind);
        let after_last = |index: &usize| *index > self.last_bulk;
        of_kind(TransferType::Isochronous)
            .chain(of_kind(TransferType::Interrupt))
            .chain(of_kind(TransferType::Control))
            .chain(of_kind(TransferType::Bulk).filter(after_last))
            .chain(of_kind(TransferType::Bulk).filter(|index| !after_last(index)))
            .find_map(ready)
    }

    fn do_transaction(&mut self, index: usize, next: &Next) -> Result<(), PortError> {
        let pipe = &self.pipes[index];
        let (address, number) = (pipe.address, pipe.endpoint & 0x0f);
        if pipe.kind == TransferType::Bulk {
            self.last_bulk = index;
        }
        // Counted before the device decides: what another thread of it arms after a NAK is a change then.
        let changes = self.port.changes();
        let (reply, fault) = self.put_on_wire(address, number, next)?;
        let frame = self.frame;
        let finished = self.pipes[index].answer(next, &reply, fault, changes, frame);
        if let Some(status) = finished {
            self.finish_front(index, status);
        }
        Ok(())
    }

    fn do_raw(&mut self, raw: &RawTransaction) -> Result<(), PortError> {
        let next = Next {
            token: raw.token,
            toggle: raw.toggle,
            data: raw.data.clone(),
            room: LARGEST_PACKET,
            isochronous: false,
        };
        let (reply, _) = self.put_on_wire(raw.address, raw.endpoint, &next)?;
        self.raw_reply = Some(reply);
        Ok(())
    }

    fn put_on_wire(&mut self, address: u8, number: u8, next: &Next) -> Result<(Reply, Option<Fault>), PortError> {
        let (token, host) = timing::host_part(next.token, address, number, next.toggle, &next.data);
        let fault = self.faults.strike(next.token, number);
        let transaction = Transaction {
            start: self.now,
            token_end: self.now + BusTime::from_bits(token),
            data_end: self.now + BusTime::from_bits(host),
            token: next.token,
            address,
            endpoint: number,
            toggle: next.toggle,
            data: &next.data,
            room: next.room,
            isochronous: next.isochronous,
            fault,
        };
        let reply =
            if fault == Some(Fault::LoseToken) { Reply::Silent } else { self.port.transaction(&transaction)? };
        if let Reply::Data { bytes, .. } = &reply
            && bytes.len() > LARGEST_PACKET
        {
            return Err(PortError::Protocol(format!("a data packet of {} bytes; 1023 is the most", bytes.len())));
        }
        self.recorder.transaction(self.frame, &transaction, &reply);
        self.now = timing::next_start(transaction.completes(&reply));
        Ok((reply, fault))
    }

    /// Moves time to the next event, at most to `limit`, and lets the event happen if it is reached.
    fn jump(&mut self, limit: BusTime) -> Result<(), PortError> {
        let event = match self.line {
            Line::Quiet { suspend_at, .. } => suspend_at,
            Line::Reset { end } | Line::Resume { end } => Some(end),
            Line::Frames { next_sof } => Some(next_sof + self.sof_length()),
        };
        let target = limit.min(self.now + LONGEST_JUMP).min(event.unwrap_or(BusTime::NEVER)).max(self.now);
        let reached = self.port.run_until(target)?.min(target);
        self.now = self.now.max(reached);
        self.device_time = self.now;
        if event.is_some_and(|event| self.now >= event) {
            self.happen()?;
        }
        self.observe()
    }

    fn sof_length(&self) -> BusTime {
        BusTime::from_bits(timing::start_of_frame(wire_frame(self.frame + 1)))
    }

    fn happen(&mut self) -> Result<(), PortError> {
        match self.line {
            Line::Quiet { enabled, .. } => {
                self.line = Line::Quiet { suspend_at: None, enabled };
                self.recorder.note(self.now, self.frame, "suspend");
                self.port.suspend(self.now)
            }
            Line::Reset { .. } | Line::Resume { .. } => {
                self.frame_start = self.now - BusTime::FRAME;
                self.line = Line::Frames { next_sof: self.now };
                Ok(())
            }
            Line::Frames { next_sof } => {
                self.frame += 1;
                self.frame_start = next_sof;
                self.line = Line::Frames { next_sof: next_sof + BusTime::FRAME };
                self.begin_periodic();
                let end = self.now;
                self.now = timing::next_start(end);
                self.port.start_of_frame(end, wire_frame(self.frame))
            }
        }
    }

    /// Interrupt endpoints that are due and still have nothing to say would answer NAK: they wait for their next
    /// interval without being asked, and an answer that comes up later in this frame waits with them.
    fn begin_periodic(&mut self) {
        let changes = self.port.changes();
        let frame = self.frame;
        for pipe in self.pipes.iter_mut().filter(|pipe| pipe.is_periodic()) {
            let Some(front) = pipe.queue.front_mut() else { continue };
            let interval = front.urb.interval.max(1);
            while pipe.due < frame {
                pipe.due += interval;
            }
            if pipe.due == frame && pipe.blocked == Some(changes) {
                front.naks += 1;
                pipe.due += interval;
            }
        }
    }
}

fn fits(now: BusTime, frame_start: BusTime, raw: &RawTransaction) -> bool {
    let longest = timing::longest(raw.token, raw.address, raw.endpoint, raw.toggle, &raw.data, LARGEST_PACKET);
    now + longest <= timing::frame_deadline(frame_start)
}

const fn wire_frame(frame: u64) -> u16 {
    (frame & 0x7ff) as u16
}
