//! Standard requests (USB 2.0 chapter 9), and whose the other requests are.

use crate::application::{Application, StringLookup};
use crate::control::{Reaction, Source};
use crate::controller::{Controller, EndpointAddress};
use crate::descriptor::{self, kind};
use crate::device::{Answer, Device};
use crate::setup::{Recipient, RequestKind, feature, request};
use crate::string;

/// bmAttributes of a configuration: it has its own power.
const SELF_POWERED: u8 = 0x40;
/// bmAttributes of a configuration: it can wake the host.
const REMOTE_WAKEUP: u8 = 0x20;

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// What is to be done about the request that has just come in.
    #[inline(never)]
    pub(crate) fn react<A: Application>(&mut self, app: &mut A) -> Reaction {
        match (self.control.setup.kind(), self.control.setup.recipient()) {
            (RequestKind::Standard, recipient) => self.standard_request(app, recipient),
            // A class request to the device is an interface's, as the hosts that send it mean it.
            (RequestKind::Class, Recipient::Device | Recipient::Interface) => {
                let interface = self.control.setup.index_low();
                if !self.has_interface(app, interface) {
                    Reaction::Stall
                } else if interface < self.bus.builtin_interfaces {
                    self.builtin_request(app)
                } else {
                    Reaction::AskProgram
                }
            }
            (RequestKind::Class, Recipient::Endpoint) => {
                if self.is_programs(EndpointAddress::from_byte(self.control.setup.index_low())) {
                    Reaction::AskProgram
                } else {
                    Reaction::Stall
                }
            }
            (RequestKind::Vendor, Recipient::Interface)
                if self.control.setup.index_low() < self.bus.builtin_interfaces =>
            {
                Reaction::Stall
            }
            (RequestKind::Vendor, Recipient::Endpoint) => {
                let owner = self.endpoints.interface(EndpointAddress::from_byte(self.control.setup.index_low()));
                match owner {
                    Some(interface) if interface < self.bus.builtin_interfaces => Reaction::Stall,
                    _ => Reaction::AskProgram,
                }
            }
            (RequestKind::Vendor, _) => Reaction::AskProgram,
            _ => Reaction::Stall,
        }
    }

    /// What the stack answers when the program has heard of the request: it cannot reject what exists. `None` if it is
    /// all the program's.
    pub(crate) fn stacks_own_answer(&mut self, answer: Answer) -> Option<Reaction> {
        if self.control.setup.kind() != RequestKind::Standard {
            return None;
        }
        // Nor does it send anything in answer to data that the host brings.
        let has_data = matches!(answer, Answer::Data { .. }) || self.control.setup.has_data_out();
        match (self.control.setup.recipient(), self.control.setup.request()) {
            (Recipient::Endpoint, _) | (_, request::SET_INTERFACE) => Some(Reaction::Acknowledge),
            (_, request::GET_STATUS) if !has_data => Some(self.control.send_number(0, 2)),
            (_, request::GET_INTERFACE) if !has_data => Some(self.alternate()),
            _ => None,
        }
    }

    /// The program hears of the end of a request that [`Self::stacks_own_answer`] acknowledges.
    pub(crate) fn hears_ack(&self, answer: Answer) -> bool {
        let agreed = matches!(answer, Answer::Continue | Answer::Data { len: 1.. });
        agreed && self.control.setup.recipient() == Recipient::Interface
    }

    /// The present configuration has this interface.
    fn has_interface<A: Application>(&self, app: &A, interface: u8) -> bool {
        match 1u32.checked_shl(u32::from(interface)) {
            Some(bit) => self.bus.interfaces & bit != 0,
            None => self.is_configured() && descriptor::has_setting(app.configuration_descriptor(), interface, 0),
        }
    }

    /// Answer to GET_INTERFACE.
    fn alternate(&mut self) -> Reaction {
        let alternate = self.bus.alternate(self.control.setup.index_low());
        self.control.send_number(u16::from(alternate), 1)
    }

    fn standard_request<A: Application>(&mut self, app: &mut A, recipient: Recipient) -> Reaction {
        // In the Default state a host can do no more than read descriptors and give an address (USB 2.0 section 9.4).
        let in_default = matches!(self.control.setup.request(), request::GET_DESCRIPTOR | request::SET_ADDRESS);
        if self.bus.address == 0 && !in_default {
            return Reaction::Stall;
        }
        // None of the standard requests that come with data from the host is one that the stack takes.
        let has_data_out = self.control.setup.has_data_out();
        match recipient {
            Recipient::Device if !has_data_out => self.device_request(app),
            Recipient::Interface => self.interface_request(app, has_data_out),
            Recipient::Endpoint if !has_data_out => self.endpoint_request(app),
            _ => Reaction::Stall,
        }
    }

    fn device_request<A: Application>(&mut self, app: &mut A) -> Reaction {
        match self.control.setup.request() {
            request::GET_DESCRIPTOR => self.get_descriptor(app),
            request::SET_ADDRESS if self.control.setup.value() < 128 => {
                self.control.address = Some(self.control.setup.value_low());
                Reaction::Acknowledge
            }
            request::SET_CONFIGURATION if self.set_configuration(app, self.control.setup.value()) => {
                Reaction::Acknowledge
            }
            request::GET_CONFIGURATION => self.control.send_number(u16::from(self.bus.configuration), 1),
            request::GET_STATUS => {
                let powered = u16::from(attributes(app) & SELF_POWERED != 0);
                let wakeup = u16::from(self.bus.remote_wakeup) << 1;
                self.control.send_number(powered | wakeup, 2)
            }
            request::SET_FEATURE | request::CLEAR_FEATURE
                if self.control.setup.value() == feature::DEVICE_REMOTE_WAKEUP
                    && attributes(app) & REMOTE_WAKEUP != 0 =>
            {
                self.bus.remote_wakeup = self.control.setup.request() == request::SET_FEATURE;
                Reaction::Acknowledge
            }
            _ => Reaction::Stall,
        }
    }

    #[inline(never)]
    fn get_descriptor<A: Application>(&mut self, app: &mut A) -> Reaction {
        let (source, length) = match (self.control.setup.value_high(), self.control.setup.value_low()) {
            (kind::DEVICE, 0) => (Source::Device, self.checked_length(app, Source::Device)),
            (kind::CONFIGURATION, 0) => (Source::Configuration, self.checked_length(app, Source::Configuration)),
            (kind::BOS, 0) => (Source::Bos, self.checked_length(app, Source::Bos)),
            (kind::STRING, index) => match app.string(index) {
                StringLookup::Found(text) => (Source::String, Some(string::descriptor_length(&text) as u16)),
                StringLookup::Absent => return Reaction::Stall,
                StringLookup::AskTask => return Reaction::AskString,
            },
            _ => return Reaction::Stall,
        };
        match length {
            Some(length) if length != 0 => self.control.send(source, length),
            _ => Reaction::Stall,
        }
    }

    fn interface_request<A: Application>(&mut self, app: &mut A, has_data_out: bool) -> Reaction {
        let interface = self.control.setup.index_low();
        if !self.has_interface(app, interface) {
            return Reaction::Stall;
        }
        if self.control.setup.request() == request::SET_INTERFACE
            && (has_data_out || !self.set_interface(app, interface, self.control.setup.value()))
        {
            return Reaction::Stall;
        }
        if interface >= self.bus.builtin_interfaces {
            return Reaction::AskProgram;
        }
        match self.control.setup.request() {
            _ if has_data_out => Reaction::Stall,
            request::SET_INTERFACE => Reaction::Acknowledge,
            request::GET_INTERFACE => self.alternate(),
            request::GET_STATUS => self.control.send_number(0, 2),
            _ => Reaction::Stall,
        }
    }

    fn endpoint_request<A: Application>(&mut self, app: &mut A) -> Reaction {
        let endpoint = EndpointAddress::from_byte(self.control.setup.index_low());
        let is_control = endpoint.number() == 0;
        if !is_control && !self.endpoints.open.contains(endpoint) {
            return Reaction::Stall;
        }
        match (self.control.setup.request(), self.control.setup.value()) {
            (request::GET_STATUS, _) => {
                let halted = !is_control && self.is_halted(endpoint);
                self.control.send_number(u16::from(halted), 2)
            }
            // Endpoint 0 is never halted for longer than a request (USB 2.0 section 9.4.5).
            (request::CLEAR_FEATURE, feature::ENDPOINT_HALT) if is_control => Reaction::Acknowledge,
            (request::SET_FEATURE | request::CLEAR_FEATURE, feature::ENDPOINT_HALT)
                if !is_control && !self.endpoints.isochronous.contains(endpoint) =>
            {
                if self.control.setup.request() == request::SET_FEATURE {
                    self.host_sets_halt(endpoint);
                } else {
                    self.host_clears_halt(app, endpoint);
                }
                if self.is_programs(endpoint) { Reaction::AskProgram } else { Reaction::Acknowledge }
            }
            _ => Reaction::Stall,
        }
    }
}

/// bmAttributes of the configuration.
fn attributes<A: Application>(app: &A) -> u8 {
    app.configuration_descriptor().get(7).copied().unwrap_or(0)
}
