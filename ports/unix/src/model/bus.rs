//! What the bus does to the controller.

use usb_simulator::port::{Reply, Toggle, Token, Transaction};
use usb_stack::SetupPacket;
use usb_stack::controller::{Direction, EndpointAddress, Event};

use super::Model;

impl Model {
    /// Counts whatever could change the answer to a token.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The pull-up is on.
    pub fn pull_up(&self) -> bool {
        self.pull_up
    }

    /// The device drives resume signalling.
    pub fn resume_requested(&self) -> bool {
        self.waking
    }

    /// The address that the device answers to, `None` before the first bus reset.
    pub fn address(&self) -> Option<u8> {
        self.address
    }

    /// A bus reset has ended. What was completed before it stays to be delivered before it; resets that the stack has not
    /// heard of yet become one.
    pub fn bus_reset(&mut self) {
        if !self.pull_up {
            return;
        }
        if let Some(at) = self.events.iter().position(|event| *event == Event::Reset) {
            self.events.truncate(at);
        }
        self.address = Some(0);
        self.suspended = false;
        self.waking = false;
        self.sof_enabled = false;
        self.empty_control();
        self.setup_undelivered = false;
        self.events.retain(|event| !matches!(event, Event::Setup(_) | Event::StartOfFrame));
        self.reset_undelivered = true;
        self.events.push_back(Event::Reset);
    }

    /// Endpoint 0 as after a SETUP or a reset: nothing queued, nothing to tell, not stalled.
    fn empty_control(&mut self) {
        if let Some(out) = self.out(0) {
            out.cancel();
        }
        if let Some(input) = self.input(0) {
            input.cancel();
        }
        self.forget_events(EndpointAddress::CONTROL_OUT);
        self.forget_events(EndpointAddress::CONTROL_IN);
        self.ready_control();
    }

    /// The same after a SETUP, but what is told of an empty packet stays: it ended the transfer before.
    fn supersede_control(&mut self) {
        let status_received = self.received(0).is_some_and(|run| run.len == 0);
        if let Some(out) = self.out(0) {
            if status_received {
                out.disarm();
            } else {
                out.cancel();
            }
        }
        if let Some(input) = self.input(0) {
            input.cancel();
        }
        if !status_received {
            self.forget_events(EndpointAddress::CONTROL_OUT);
        }
        if !self.empty_sent {
            self.forget_events(EndpointAddress::CONTROL_IN);
        }
        self.ready_control();
    }

    fn ready_control(&mut self) {
        if let Some(out) = self.out(0) {
            out.line.halted = false;
            out.line.data1 = true;
        }
        if let Some(input) = self.input(0) {
            input.line.halted = false;
            input.line.data1 = true;
        }
    }

    /// 3 ms without a frame.
    pub fn bus_suspend(&mut self) {
        if self.pull_up && !self.suspended {
            self.suspended = true;
            self.events.push_back(Event::Suspend);
        }
    }

    /// Resume signalling, or any other sign of life.
    pub fn bus_resume(&mut self) {
        self.waking = false;
        if self.suspended {
            self.suspended = false;
            self.events.push_back(Event::Resume);
        }
    }

    /// A start-of-frame packet. The hardware has one flag for it, not a count.
    pub fn bus_start_of_frame(&mut self) {
        if !self.pull_up {
            return;
        }
        self.bus_resume();
        if self.sof_enabled && !self.events.contains(&Event::StartOfFrame) {
            self.events.push_back(Event::StartOfFrame);
        }
    }

    /// One transaction.
    pub fn transaction(&mut self, transaction: &Transaction<'_>) -> Reply {
        if !self.pull_up {
            return Reply::Silent;
        }
        self.bus_resume();
        let number = transaction.endpoint & 0x0f;
        let closed_by_reset = self.reset_undelivered && number != 0;
        if self.address != Some(transaction.address) || !transaction.arrives() && transaction.token != Token::In {
            return Reply::Silent;
        }
        if closed_by_reset || transaction.fault == Some(usb_simulator::port::Fault::LoseToken) {
            return Reply::Silent;
        }
        match transaction.token {
            Token::Setup => self.setup(number, transaction.data),
            Token::Out => self.out_token(number, transaction),
            Token::In => self.in_token(number, transaction),
        }
    }

    fn setup(&mut self, number: u8, data: &[u8]) -> Reply {
        let Ok(packet) = <[u8; 8]>::try_from(data) else { return Reply::Silent };
        if number != 0 {
            return Reply::Silent;
        }
        self.supersede_control();
        self.events.retain(|event| !matches!(event, Event::Setup(_)));
        self.setup_undelivered = true;
        self.events.push_back(Event::Setup(SetupPacket::new(packet)));
        Reply::Ack
    }

    fn out_token(&mut self, number: u8, transaction: &Transaction<'_>) -> Reply {
        let retries_first = self.shape.acknowledges_retries_unarmed;
        let Some(out) = self.out(number) else { return Self::closed(number) };
        let isochronous = out.line.isochronous();
        if transaction.data.len() > out.line.packet() {
            return Reply::Silent;
        }
        if isochronous {
            if out.is_armed() && out.accept(transaction.data) {
                self.events.push_back(Event::Received { number });
            }
            return Reply::Silent;
        }
        if out.line.halted {
            return Reply::Stall;
        }
        let repeated = transaction.toggle != Toggle::from_bit(out.line.data1);
        if repeated && retries_first {
            return Reply::Ack;
        }
        if !out.is_armed() {
            return Reply::Nak;
        }
        if !repeated && out.accept(transaction.data) {
            self.events.push_back(Event::Received { number });
        }
        Reply::Ack
    }

    fn in_token(&mut self, number: u8, transaction: &Transaction<'_>) -> Reply {
        let Some(input) = self.input(number) else { return Self::closed(number) };
        let isochronous = input.line.isochronous();
        if input.line.halted {
            return Reply::Stall;
        }
        let Some(packet) = input.next_packet() else {
            return if isochronous { Reply::Silent } else { Reply::Nak };
        };
        let bytes = packet.to_vec();
        let toggle = Toggle::from_bit(input.line.data1 && !isochronous);
        if (isochronous || transaction.acknowledged(bytes.len())) && input.acknowledge() {
            self.events.push_back(Event::Sent { number });
            if number == 0 {
                self.empty_sent = bytes.is_empty();
            }
        }
        Reply::Data { toggle, bytes }
    }

    /// Endpoint 0 exists before the stack has opened it; it has nothing to say yet.
    fn closed(number: u8) -> Reply {
        if number == 0 { Reply::Nak } else { Reply::Silent }
    }

    /// Whether an endpoint is open (for the stack), for tests.
    pub fn is_open(&self, number: u8, direction: Direction) -> bool {
        let at = usize::from(number & 0x0f);
        match direction {
            Direction::Out => self.outs[at].is_some(),
            Direction::In => self.ins[at].is_some(),
        }
    }

    /// Whether a token to an endpoint is answered with STALL, for tests.
    pub fn is_halted(&self, number: u8, direction: Direction) -> bool {
        let at = usize::from(number & 0x0f);
        match direction {
            Direction::Out => self.outs[at].as_ref().is_some_and(|out| out.line.halted),
            Direction::In => self.ins[at].as_ref().is_some_and(|input| input.line.halted),
        }
    }
}
