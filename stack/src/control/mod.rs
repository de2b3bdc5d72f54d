//! The control pipe: SETUP, data and status stages of endpoint 0 (USB 2.0 section 8.5.3).
//!
//! ```text
//!            .-- AskString --.                     from anywhere --> Stalled
//! SETUP --> react() --> AskSetup --> DataIn  --> (AskData) --> StatusOut --> Idle, AckStage
//!            |                   \-> DataOut --> (AskData) --> StatusIn  --> Idle, AckStage
//!            '--- answered here -/
//! ```
//!
//! Whoever handles a request, a packet or an answer says which stage comes next; [`Device::enter`] does what belongs to
//! it. The stages in which the program is asked are passed only by requests that are the program's. A new SETUP ends
//! whatever was going on; an answer that comes after it is an answer to something else and is ignored.

use crate::application::{Application, StringLookup};
use crate::controller::{Controller, Direction, EndpointAddress};
use crate::descriptor::{self, DEVICE_LENGTH, LARGEST_PACKET_0};
use crate::device::{Answer, Device};
use crate::setup::{Recipient, RequestKind, SetupPacket, request};
use crate::string::StringDescriptor;

mod pipe;

pub(crate) use pipe::{ControlPipe, Small, Source, Stage};

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// A SETUP packet came: the controller has emptied endpoint 0.
    pub(crate) fn control_setup<A: Application>(&mut self, app: &mut A, setup: SetupPacket) {
        // Traffic is a resume, should the controller have missed it.
        self.bus_resume(app);
        self.bus.connected = true;
        self.latches.drop_control();
        self.latches.all_told();
        self.control.begin(setup);
        let next = self.react(app);
        self.enter(app, next);
    }

    /// The answer to the last [`Event::Setup`](crate::Event::Setup), [`Event::DataStage`](crate::Event::DataStage) or
    /// [`Event::String`](crate::Event::String). Returns false, and does nothing, when a newer SETUP or a bus reset has
    /// made it stale: buffers that go with it are not used.
    pub fn answer<A: Application>(&mut self, app: &mut A, answer: Answer) -> bool {
        // A SETUP that waits in the controller makes the answer stale as well.
        self.catch_up(app);
        if !self.control.asked {
            return false;
        }
        self.control.asked = false;
        let data = if let Answer::Data { len } = answer { Some(len) } else { None };
        let agrees = answer == Answer::Continue || data.is_some_and(|length| length != 0);
        let next = match self.control.stage {
            Stage::AskSetup => self.answer_to_setup(agrees, data),
            Stage::AskString => {
                if answer == Answer::Text {
                    self.start_string(app, Source::AnsweredText)
                } else {
                    Stage::Stalled
                }
            }
            _ if !agrees => Stage::Stalled,
            _ => match self.control.setup.direction() {
                Direction::In => Stage::StatusOut,
                Direction::Out => Stage::StatusIn,
            },
        };
        self.enter(app, next);
        true
    }

    /// `data`: bytes of the buffer that the program has given, if it has.
    fn answer_to_setup(&mut self, agrees: bool, data: Option<usize>) -> Stage {
        let setup = &self.control.setup;
        // The program cannot reject what exists. Data that the host brings get none in answer.
        let is_stacks = setup.kind() == RequestKind::Standard
            && match (setup.recipient(), setup.request()) {
                (Recipient::Endpoint, _) | (_, request::SET_INTERFACE) => true,
                (_, request::GET_STATUS | request::GET_INTERFACE) => data.is_none() && !setup.has_data_out(),
                _ => false,
            };
        if is_stacks {
            // The program took part in SET_INTERFACE only if it agreed.
            self.control.tell_ack = agrees && setup.request() == request::SET_INTERFACE;
            return self.stacks_answer();
        }
        self.control.tell_ack = true;
        let is_in = setup.direction() == Direction::In || setup.length() == 0;
        // With nowhere to put the data that the host has, the program cannot agree.
        if data.is_none() && !(agrees && is_in) {
            return Stage::Stalled;
        }
        let length = data.unwrap_or(0);
        if is_in { self.control.send(Source::Program, length) } else { self.control.receive(Source::Program, length) }
    }

    /// The next stage of the control transfer begins.
    pub(crate) fn enter<A: Application>(&mut self, app: &mut A, stage: Stage) {
        self.control.stage = stage;
        match stage {
            Stage::Idle => {
                if self.control.tell_ack {
                    self.latches.ack(app, self.control.setup);
                }
            }
            Stage::Stalled => self.control_stall(),
            Stage::AskSetup | Stage::AskString | Stage::AskData => self.latches.control(app),
            Stage::DataIn => {
                if self.control.source != Source::Program {
                    // Hosts may end the data stage early, by sending the status.
                    self.controller.arm(0, &mut []);
                }
                self.send_packet(app);
            }
            Stage::StatusIn => {
                let _ = self.controller.send(0, &[]);
            }
            Stage::DataOut | Stage::StatusOut => self.controller.arm(0, &mut []),
        }
    }

    /// Protocol stall: both directions answer STALL until the next SETUP (USB 2.0 section 8.5.3.4).
    #[inline(never)]
    pub(crate) fn control_stall(&mut self) {
        self.latches.drop_control();
        self.control.asked = false;
        self.control.stage = Stage::Stalled;
        self.controller.set_halt(EndpointAddress::CONTROL_IN, true);
        self.controller.set_halt(EndpointAddress::CONTROL_OUT, true);
    }

    /// Sends the low bytes of a number.
    pub(crate) fn send_number(&mut self, number: u16, length: usize) -> Stage {
        let [low, high, ..] = &mut self.small.0;
        [*low, *high] = number.to_le_bytes();
        self.control.send(Source::Small, length)
    }

    /// Sends the next packet of the data stage, an empty one if there are no bytes left.
    fn send_packet<A: Application>(&mut self, app: &A) {
        let control = &mut self.control;
        let (start, source) = (control.done, control.source);
        let packet = control.length.saturating_sub(start).min(usize::from(control.max_packet_size));
        control.packet = packet as u8;
        let data = match source {
            // An empty packet is not asked for: there may be no buffer at all.
            _ if packet == 0 => Some(&[][..]),
            Source::String | Source::AnsweredText => return self.send_text(app, start, packet),
            _ => bytes_of(source, &self.small, app).and_then(|bytes| bytes.get(start..)?.get(..packet)),
        };
        match data {
            Some(data) => {
                let _ = self.controller.send(0, data);
            }
            // It was there when the transfer began, and is not any more.
            None => self.control_stall(),
        }
    }

    /// Looks for the text of the string in wValue: whether there is one to send.
    pub(crate) fn start_string<A: Application>(&mut self, app: &A, source: Source) -> Stage {
        let mut descriptor = StringDescriptor::new(0, &mut []);
        match self.string(app, source, &mut descriptor) {
            StringLookup::Found => self.control.send_descriptor(source, descriptor.length()),
            StringLookup::Absent => Stage::Stalled,
            StringLookup::AskTask => Stage::AskString,
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
        let control = &mut self.control;
        let next = match control.stage {
            Stage::DataIn => {
                control.done = control.done.wrapping_add(usize::from(control.packet));
                let full = control.packet == control.max_packet_size;
                if control.done < control.length || (full && control.length < usize::from(control.setup.length())) {
                    // The second case: fewer bytes than the host wants, but it cannot tell before a short packet.
                    return self.send_packet(app);
                }
                if control.source != Source::Program {
                    // The status stage is armed already.
                    control.stage = Stage::StatusOut;
                    return;
                }
                Stage::AskData
            }
            Stage::StatusIn => {
                self.address_stage();
                Stage::Idle
            }
            _ => return,
        };
        self.enter(app, next);
    }

    /// The host sent a packet to endpoint 0.
    pub(crate) fn control_received<A: Application>(&mut self, app: &mut A) {
        let Some(run) = self.controller.received(0) else {
            return;
        };
        let next = match self.control.stage {
            Stage::DataOut => self.take_packet(app, run.len),
            Stage::DataIn => {
                // The host has seen enough.
                self.controller.cancel(EndpointAddress::CONTROL_IN);
                Stage::Idle
            }
            Stage::StatusOut => Stage::Idle,
            _ => return self.controller.release(0),
        };
        self.controller.release(0);
        self.enter(app, next);
    }

    /// Copies what fits of a packet of the OUT data stage.
    fn take_packet<A: Application>(&mut self, app: &mut A, length: usize) -> Stage {
        let control = &mut self.control;
        let is_programs = control.source == Source::Program;
        if control.done < control.length {
            let room =
                if is_programs { app.data_out(EndpointAddress::CONTROL_OUT) } else { Some(&mut self.small.0[..]) };
            let Some(room) = room.and_then(|room| room.get_mut(..control.length)?.get_mut(control.done..)) else {
                // The program's buffer is gone.
                return Stage::Stalled;
            };
            self.controller.read(0, 0, room);
        }
        control.done = control.done.wrapping_add(length);
        let wanted = usize::from(control.setup.length());
        if control.done < wanted && length >= usize::from(control.max_packet_size) {
            Stage::DataOut
        } else if control.length < wanted {
            // What fits has been taken; that the rest did not, the host hears in the status stage.
            Stage::Stalled
        } else if is_programs {
            Stage::AskData
        } else {
            self.builtin_data()
        }
    }

    /// The descriptor of a table, checked: how many bytes of it to send. 0 if there is none; a lie is told.
    pub(crate) fn checked_length<A: Application>(&self, app: &mut A, source: Source) -> usize {
        let Some(table) = bytes_of(source, &self.small, app) else {
            return 0;
        };
        let checked = match source {
            Source::Device => descriptor::check_device(table).map(|_| ()),
            Source::Configuration => self.check_configuration(table),
            _ => descriptor::check_bos(table),
        };
        let length = match source {
            Source::Device => DEVICE_LENGTH,
            _ => descriptor::total(table).len(),
        };
        match checked {
            Ok(()) => length,
            Err(lie) => {
                app.descriptor_lies(lie);
                0
            }
        }
    }
}

/// The bytes that a data stage sends, unless they are a string.
#[inline(never)]
fn bytes_of<'a, A: Application>(source: Source, small: &'a Small, app: &'a A) -> Option<&'a [u8]> {
    match source {
        Source::Device => Some(app.device_descriptor()),
        Source::Configuration => Some(app.configuration_descriptor()),
        Source::Bos => app.bos_descriptor(),
        Source::Program => app.data_in(EndpointAddress::CONTROL_IN),
        _ => Some(&small.0),
    }
}
