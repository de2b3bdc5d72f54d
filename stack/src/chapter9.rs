//! Standard requests (USB 2.0 chapter 9), and whose the other requests are.

use crate::application::Application;
use crate::control::{Source, Stage};
use crate::controller::{Controller, EndpointAddress};
use crate::descriptor::{self, kind};
use crate::device::Device;
use crate::endpoint::{Endpoint, HALTED, ISOCHRONOUS, OPEN, PROGRAMS};
use crate::setup::{Recipient, RequestKind, feature, request};

/// bmAttributes of a configuration: it has its own power.
const SELF_POWERED: u8 = 0x40;
/// bmAttributes of a configuration: it can wake the host.
const REMOTE_WAKEUP: u8 = 0x20;

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// What is to be done about the request that has just come in: the next stage.
    #[inline(never)]
    pub(crate) fn react<A: Application>(&mut self, app: &mut A) -> Stage {
        let setup = &self.control.setup;
        let interface = setup.index_low();
        match (setup.kind(), setup.recipient()) {
            (RequestKind::Standard, recipient) => self.standard_request(app, recipient),
            // A class request to the device is an interface's, as the hosts that send it mean it.
            (RequestKind::Class, Recipient::Device | Recipient::Interface) if self.has_interface(app, interface) => {
                if interface < self.bus.builtin_interfaces {
                    self.builtin_request(app)
                } else {
                    Stage::AskSetup
                }
            }
            (RequestKind::Class, Recipient::Endpoint) if self.addressed().is(PROGRAMS) => Stage::AskSetup,
            (RequestKind::Vendor, Recipient::Interface) if interface < self.bus.builtin_interfaces => Stage::Stalled,
            (RequestKind::Vendor, Recipient::Endpoint) if self.addressed().is_only(OPEN, OPEN | PROGRAMS) => {
                Stage::Stalled
            }
            (RequestKind::Vendor, _) => Stage::AskSetup,
            _ => Stage::Stalled,
        }
    }

    /// The endpoint that the request is for.
    fn addressed(&self) -> &Endpoint {
        self.endpoints.get(EndpointAddress::from_byte(self.control.setup.index_low()))
    }

    /// The stack's answer to a request that it does not reject.
    pub(crate) fn stacks_answer(&mut self) -> Stage {
        match self.control.setup.request() {
            request::GET_STATUS => self.send_number(0, 2),
            request::GET_INTERFACE => {
                let alternate = self.bus.alternate(self.control.setup.index_low());
                self.send_number(u16::from(alternate), 1)
            }
            _ => Stage::StatusIn,
        }
    }

    /// A status stage has ended. Until then the host used the old address (USB 2.0 section 9.4.6).
    pub(crate) fn address_stage(&mut self) {
        let setup = &self.control.setup;
        if setup.kind() == RequestKind::Standard
            && setup.recipient() == Recipient::Device
            && setup.request() == request::SET_ADDRESS
        {
            self.bus.address = setup.value_low();
            self.controller.set_address(self.bus.address);
        }
    }

    /// The present configuration has this interface.
    fn has_interface<A: Application>(&self, app: &A, interface: u8) -> bool {
        match 1u32.checked_shl(u32::from(interface)) {
            Some(bit) => self.bus.interfaces & bit != 0,
            None => self.is_configured() && descriptor::has_setting(app.configuration_descriptor(), interface, 0),
        }
    }

    fn standard_request<A: Application>(&mut self, app: &mut A, recipient: Recipient) -> Stage {
        // In the Default state a host can do no more than read descriptors and give an address (USB 2.0 section 9.4).
        let in_default = matches!(self.control.setup.request(), request::GET_DESCRIPTOR | request::SET_ADDRESS);
        if self.bus.address == 0 && !in_default {
            return Stage::Stalled;
        }
        if recipient == Recipient::Interface {
            return self.interface_request(app);
        }
        match recipient {
            // None of the standard requests that come with data from the host is one that the stack takes.
            _ if self.control.setup.has_data_out() => Stage::Stalled,
            Recipient::Device => self.device_request(app),
            Recipient::Endpoint => self.endpoint_request(app),
            _ => Stage::Stalled,
        }
    }

    #[inline(never)]
    fn device_request<A: Application>(&mut self, app: &mut A) -> Stage {
        let value = self.control.setup.value();
        match self.control.setup.request() {
            request::GET_DESCRIPTOR => self.get_descriptor(app),
            request::SET_ADDRESS if value < 128 => Stage::StatusIn,
            request::SET_CONFIGURATION if self.set_configuration(app, value) => Stage::StatusIn,
            request::GET_CONFIGURATION => self.send_number(u16::from(self.bus.configuration), 1),
            request::GET_STATUS => {
                let powered = u16::from(attributes(app) & SELF_POWERED != 0);
                let wakeup = u16::from(self.bus.remote_wakeup) << 1;
                self.send_number(powered | wakeup, 2)
            }
            request::SET_FEATURE | request::CLEAR_FEATURE
                if value == feature::DEVICE_REMOTE_WAKEUP && attributes(app) & REMOTE_WAKEUP != 0 =>
            {
                self.bus.remote_wakeup = self.control.setup.request() == request::SET_FEATURE;
                Stage::StatusIn
            }
            _ => Stage::Stalled,
        }
    }

    fn get_descriptor<A: Application>(&mut self, app: &mut A) -> Stage {
        let (source, length) = match (self.control.setup.value_high(), self.control.setup.value_low()) {
            (kind::STRING, _) => return self.start_string(app, Source::String),
            (kind, 0) => {
                let source = match kind {
                    kind::DEVICE => Source::Device,
                    kind::CONFIGURATION => Source::Configuration,
                    kind::BOS => Source::Bos,
                    _ => return Stage::Stalled,
                };
                (source, self.checked_length(app, source))
            }
            _ => return Stage::Stalled,
        };
        self.control.send_descriptor(source, length)
    }

    #[inline(never)]
    fn interface_request<A: Application>(&mut self, app: &mut A) -> Stage {
        let (request, interface) = (self.control.setup.request(), self.control.setup.index_low());
        if !self.has_interface(app, interface) {
            return Stage::Stalled;
        }
        if request == request::SET_INTERFACE
            && (self.control.setup.has_data_out() || !self.set_interface(app, interface, self.control.setup.value()))
        {
            return Stage::Stalled;
        }
        if interface >= self.bus.builtin_interfaces {
            return Stage::AskSetup;
        }
        match request {
            request::SET_INTERFACE | request::GET_INTERFACE | request::GET_STATUS => self.stacks_answer(),
            _ => Stage::Stalled,
        }
    }

    #[inline(never)]
    fn endpoint_request<A: Application>(&mut self, app: &mut A) -> Stage {
        let (request, value) = (self.control.setup.request(), self.control.setup.value());
        let endpoint = EndpointAddress::from_byte(self.control.setup.index_low());
        let is_control = endpoint.number() == 0;
        let entry = self.endpoints.get_mut(endpoint);
        if !is_control && !entry.is(OPEN) {
            return Stage::Stalled;
        }
        let sets = match request {
            request::GET_STATUS => {
                let halted = u16::from(entry.is(HALTED));
                return self.send_number(halted, 2);
            }
            request::SET_FEATURE => true,
            request::CLEAR_FEATURE => false,
            _ => return Stage::Stalled,
        };
        if value != feature::ENDPOINT_HALT || entry.is(ISOCHRONOUS) {
            return Stage::Stalled;
        }
        if is_control {
            // Never halted for longer than a request (USB 2.0 section 9.4.5).
            return if sets { Stage::Stalled } else { Stage::StatusIn };
        }
        let next = if entry.is(PROGRAMS) { Stage::AskSetup } else { Stage::StatusIn };
        if sets {
            self.host_sets_halt(endpoint);
        } else {
            self.host_clears_halt(app, endpoint);
        }
        next
    }
}

/// bmAttributes of the configuration.
fn attributes<A: Application>(app: &A) -> u8 {
    app.configuration_descriptor().get(7).copied().unwrap_or(0)
}
