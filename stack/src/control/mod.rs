//! The control pipe: SETUP, data and status stages of endpoint 0 (USB 2.0 section 8.5.3).
//!
//! ```text
//!            .-- AskString --.                        stall from anywhere --> Idle
//! SETUP --> react() --> AskSetup --> DataIn  --> (AskData) --> StatusOut --> Idle, AckStage
//!            |                   \-> DataOut --> (AskData) --> StatusIn  --> Idle, AckStage
//!            '--- answered here -/
//! ```
//!
//! The stages in which the program is asked are passed only by requests that are the program's. A new SETUP ends
//! whatever was going on; an answer that comes after it is an answer to something else and is ignored.

use crate::application::{Application, StringLookup};
use crate::controller::{Controller, Direction, EndpointAddress};
use crate::descriptor::{self, DEVICE_LENGTH, LARGEST_PACKET_0};
use crate::device::{Answer, Device};
use crate::setup::SetupPacket;
use crate::string::StringDescriptor;

mod pipe;

pub(crate) use pipe::{ControlPipe, Reaction, Source, Stage};

/// No data stage is longer than wLength can say.
fn clamped(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// A SETUP packet came: the controller has emptied endpoint 0.
    pub(crate) fn control_setup<A: Application>(&mut self, app: &mut A, setup: SetupPacket) {
        // Traffic is a resume, should the controller have missed it.
        self.bus_resume(app);
        self.bus.connected = true;
        self.latches.drop_control();
        self.endpoints.all_told();
        self.control.begin(setup);
        let reaction = self.react(app);
        self.perform(app, reaction);
    }

    /// The answer to the last [`Event::Setup`](crate::Event::Setup), [`Event::DataStage`](crate::Event::DataStage) or
    /// [`Event::String`](crate::Event::String). Returns false, and does nothing, when a newer SETUP or a bus reset has
    /// made it stale: buffers that go with it are not used.
    pub fn answer<A: Application>(&mut self, app: &mut A, answer: Answer) -> bool {
        // A SETUP that waits in the controller makes the answer stale as well.
        self.interrupt(app);
        if !self.control.asked {
            return false;
        }
        self.control.asked = false;
        match self.control.stage {
            Stage::AskSetup => self.answer_to_setup(app, answer),
            Stage::AskData => match (answer, self.control.setup.direction()) {
                (Answer::Continue | Answer::Data { len: 1.. }, Direction::In) => self.status_out(),
                (Answer::Continue | Answer::Data { len: 1.. }, Direction::Out) => self.status_in(),
                _ => self.control_stall(),
            },
            Stage::AskString => {
                let reaction =
                    if answer == Answer::Text { self.start_string(app, Source::AnsweredText) } else { Reaction::Stall };
                self.perform(app, reaction);
            }
            _ => return false,
        }
        true
    }

    fn answer_to_setup<A: Application>(&mut self, app: &mut A, answer: Answer) {
        if let Some(reaction) = self.stacks_own_answer(answer) {
            // The program took part in SET_INTERFACE only if it agreed.
            self.control.tell_ack = reaction == Reaction::Acknowledge && self.hears_ack(answer);
            self.perform(app, reaction);
            return;
        }
        let direction = self.control.setup.direction();
        let has_data = self.control.setup.length() != 0;
        self.control.tell_ack = true;
        let length = match answer {
            Answer::Continue if direction == Direction::In || !has_data => 0,
            Answer::Data { len } => clamped(len),
            _ => return self.control_stall(),
        };
        self.control.send(Source::Program, length);
        if direction == Direction::In || !has_data {
            self.start_in(app);
        } else {
            self.start_out(true);
        }
    }

    pub(crate) fn perform<A: Application>(&mut self, app: &mut A, reaction: Reaction) {
        match reaction {
            Reaction::Stall => self.control_stall(),
            Reaction::Acknowledge => self.status_in(),
            Reaction::Send => self.start_in(app),
            Reaction::Receive => self.start_out(false),
            Reaction::AskProgram => self.ask(app, Stage::AskSetup),
            Reaction::AskString => self.ask(app, Stage::AskString),
        }
    }

    fn ask<A: Application>(&mut self, app: &mut A, stage: Stage) {
        self.control.stage = stage;
        self.latches.control();
        app.wake_task();
    }

    /// Protocol stall: both directions answer STALL until the next SETUP (USB 2.0 section 8.5.3.4).
    pub(crate) fn control_stall(&mut self) {
        self.latches.drop_control();
        self.control.asked = false;
        self.control.stage = Stage::Idle;
        self.control.stalled = true;
        self.controller.set_halt(EndpointAddress::CONTROL_IN, true);
        self.controller.set_halt(EndpointAddress::CONTROL_OUT, true);
    }

    fn status_in(&mut self) {
        self.control.stage = Stage::StatusIn;
        let _ = self.controller.send(0, &[]);
    }

    fn status_out(&mut self) {
        self.control.stage = Stage::StatusOut;
        self.controller.arm(0, &mut []);
    }

    /// IN data stage of so many bytes as [`ControlPipe::length`] says, or what wLength leaves of them.
    fn start_in<A: Application>(&mut self, app: &A) {
        let wanted = self.control.setup.length();
        if wanted == 0 {
            // USB 2.0 section 9.3.5: no data stage, so the status goes to the host whatever the direction bit says.
            self.status_in();
            return;
        }
        self.control.length = self.control.length.min(wanted);
        self.control.stage = Stage::DataIn;
        if self.control.source != Source::Program {
            // Hosts may end the data stage early, by sending the status.
            self.controller.arm(0, &mut []);
        }
        self.send_packet(app);
    }

    /// OUT data stage, with room for so many bytes as [`ControlPipe::length`] says.
    fn start_out(&mut self, programs_data: bool) {
        self.control.length = self.control.length.min(self.control.setup.length());
        self.control.programs_data = programs_data;
        self.control.stage = Stage::DataOut;
        self.controller.arm(0, &mut []);
    }

    /// Sends the next packet of the data stage, an empty one if there are no bytes left.
    fn send_packet<A: Application>(&mut self, app: &A) {
        let control = &mut self.control;
        let left = control.length.saturating_sub(control.done);
        control.packet = u8::try_from(left).unwrap_or(u8::MAX).min(control.max_packet_size);
        let packet = usize::from(control.packet);
        let start = usize::from(control.done);
        let table = match control.source {
            // An empty packet is not asked for: there may be no buffer at all.
            _ if packet == 0 => {
                let _ = self.controller.send(0, &[]);
                return;
            }
            Source::String | Source::AnsweredText => return self.send_text(app, start, packet),
            Source::Device => Some(app.device_descriptor()),
            Source::Configuration => Some(app.configuration_descriptor()),
            Source::Bos => app.bos_descriptor(),
            Source::Small => Some(&control.small[..]),
            Source::Program => app.data_in(EndpointAddress::CONTROL_IN),
        };
        match table.and_then(|table| table.get(start..start.saturating_add(packet))) {
            Some(data) => {
                let _ = self.controller.send(0, data);
            }
            // It was there when the transfer began, and is not any more.
            None => self.control_stall(),
        }
    }

    /// Looks for the text of the string in wValue: whether there is one to send.
    pub(crate) fn start_string<A: Application>(&mut self, app: &A, source: Source) -> Reaction {
        let mut descriptor = StringDescriptor::new(0, &mut []);
        match self.string(app, source, &mut descriptor) {
            StringLookup::Found if descriptor.length() != 0 => self.control.send(source, descriptor.length() as u16),
            StringLookup::AskTask => Reaction::AskString,
            _ => Reaction::Stall,
        }
    }

    fn string<A: Application>(&self, app: &A, source: Source, descriptor: &mut StringDescriptor) -> StringLookup {
        app.string(self.control.setup.value_low(), source == Source::AnsweredText, descriptor)
    }

    /// The same for text, which is encoded packet by packet. In a function of its own because of the buffer.
    #[inline(never)]
    fn send_text<A: Application>(&mut self, app: &A, start: usize, packet: usize) {
        let mut buffer = [0; LARGEST_PACKET_0 as usize];
        let mut descriptor = StringDescriptor::new(start, &mut buffer);
        self.string(app, self.control.source, &mut descriptor);
        let is_there = descriptor.length() >= start.wrapping_add(packet);
        match buffer.get(..packet).filter(|_| is_there) {
            Some(data) => {
                let _ = self.controller.send(0, data);
            }
            None => self.control_stall(),
        }
    }

    /// The host took a packet from endpoint 0.
    pub(crate) fn control_sent<A: Application>(&mut self, app: &mut A) {
        match self.control.stage {
            Stage::DataIn => {
                let control = &mut self.control;
                control.done = control.done.saturating_add(u16::from(control.packet));
                let full = control.packet == control.max_packet_size;
                if control.done < control.length || (full && control.length < control.setup.length()) {
                    // The second case: fewer bytes than the host wants, but it cannot tell before a short packet.
                    self.send_packet(app);
                } else if control.source == Source::Program {
                    self.ask(app, Stage::AskData);
                } else {
                    self.control.stage = Stage::StatusOut;
                }
            }
            Stage::StatusIn => {
                if let Some(address) = self.control.address.take() {
                    // Until here the host used the old one (USB 2.0 section 9.4.6).
                    self.controller.set_address(address);
                    self.bus.address = address;
                }
                self.control_done(app);
            }
            _ => {}
        }
    }

    /// The host sent a packet to endpoint 0.
    pub(crate) fn control_received<A: Application>(&mut self, app: &mut A) {
        let Some(run) = self.controller.received(0) else {
            return;
        };
        if self.control.stage == Stage::DataOut {
            let fits = self.take_packet(app, run.len);
            self.controller.release(0);
            let control = &mut self.control;
            control.done = control.done.saturating_add(clamped(run.len));
            let wanted = control.setup.length();
            if !fits {
                self.control_stall();
            } else if control.done < wanted && run.len >= usize::from(control.max_packet_size) {
                self.controller.arm(0, &mut []);
            } else if control.length < wanted {
                // What fits has been taken; that the rest did not, the host hears in the status stage.
                self.control_stall();
            } else if control.programs_data {
                self.ask(app, Stage::AskData);
            } else if self.builtin_data() {
                self.status_in();
            } else {
                self.control_stall();
            }
            return;
        }
        self.controller.release(0);
        match self.control.stage {
            Stage::DataIn => {
                // The host has seen enough.
                self.controller.cancel(EndpointAddress::CONTROL_IN);
                self.control_done(app);
            }
            Stage::StatusOut => self.control_done(app),
            _ => {}
        }
    }

    /// Copies what fits of a packet of the OUT data stage. Returns false if the program's buffer is gone.
    fn take_packet<A: Application>(&mut self, app: &mut A, length: usize) -> bool {
        let room = if self.control.programs_data {
            app.data_out(EndpointAddress::CONTROL_OUT)
        } else {
            Some(&mut self.control.small[..])
        };
        let end = usize::from(self.control.length);
        let start = usize::from(self.control.done).min(end);
        let Some(room) = room.and_then(|room| room.get_mut(start..end)) else {
            return false;
        };
        if !room.is_empty() && length != 0 {
            self.controller.read(0, 0, room);
        }
        true
    }

    fn control_done<A: Application>(&mut self, app: &mut A) {
        self.control.stage = Stage::Idle;
        if self.control.tell_ack {
            self.latches.ack(self.control.setup);
            app.wake_task();
        }
    }

    /// The descriptor of a table, checked: how many bytes of it to send. A lie is told and stalled.
    pub(crate) fn checked_length<A: Application>(&self, app: &mut A, source: Source) -> Option<u16> {
        let checked = match source {
            Source::Device => descriptor::check_device(app.device_descriptor()).map(|_| DEVICE_LENGTH),
            Source::Configuration => {
                let configuration = app.configuration_descriptor();
                self.check_configuration(configuration).map(|()| descriptor::total(configuration).len())
            }
            _ => {
                let bos = app.bos_descriptor()?;
                descriptor::check_bos(bos).map(|()| descriptor::total(bos).len())
            }
        };
        match checked {
            Ok(length) => Some(clamped(length)),
            Err(lie) => {
                app.descriptor_lies(lie);
                None
            }
        }
    }
}
