//! Configurations and alternate settings: which endpoints are open.

use crate::application::Application;
use crate::bus::Bus;
use crate::control::Source;
use crate::controller::Controller;
use crate::descriptor::{self, Endpoint, endpoints};
use crate::device::Device;
use crate::endpoint::{Endpoints, OPEN};

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// SET_CONFIGURATION (USB 2.0 section 9.4.7). The present value counts as a change too. Returns false to reject it.
    #[inline(never)]
    pub(crate) fn set_configuration<A: Application>(&mut self, app: &mut A, value: u16) -> bool {
        let Ok(value) = u8::try_from(value) else {
            return false;
        };
        if value != 0
            && (self.checked_length(app, Source::Configuration) == 0
                || descriptor::configuration_value(app.configuration_descriptor()) != value)
        {
            return false;
        }
        // To the Address state.
        let was_configured = self.is_configured();
        self.close_configuration();
        if was_configured {
            self.latches.reset(app);
        }
        if value == 0 {
            return true;
        }
        self.bus.builtin_interfaces = app.builtin_interfaces();
        if !self.open_configuration(app.configuration_descriptor()) {
            self.close_configuration();
            return false;
        }
        self.bus.configuration = value;
        self.latches.configured(app);
        true
    }

    fn close_configuration(&mut self) {
        self.controller.close_all();
        self.endpoints.close_all();
        self.serial.reset();
        self.controller.enable_sof(false);
        self.bus.configuration = 0;
        self.bus.builtin_interfaces = 0;
        self.bus.interfaces = 0;
        self.bus.alternates = Bus::new().alternates;
    }

    /// Opens the endpoints of alternate setting 0 of every interface.
    fn open_configuration(&mut self, configuration: &[u8]) -> bool {
        // An endpoint has one piece of packet memory for all of its settings: a later SET_INTERFACE cannot run out of it.
        for endpoint in endpoints(configuration) {
            self.controller.reserve(endpoint.config());
        }
        let mut all = endpoints(configuration);
        for endpoint in all.by_ref() {
            if endpoint.alternate() == 0 && !self.open_endpoint(endpoint) {
                return false;
            }
        }
        self.bus.interfaces = all.interfaces;
        true
    }

    fn open_endpoint(&mut self, endpoint: Endpoint) -> bool {
        let config = endpoint.config();
        if self.controller.open(config).is_err() {
            return false;
        }
        let is_programs = endpoint.interface() >= self.bus.builtin_interfaces;
        self.endpoints.opened(&config, endpoint.interface(), is_programs);
        if !is_programs {
            self.builtin_opened(endpoint);
        }
        true
    }

    /// SET_INTERFACE (USB 2.0 section 9.4.10): closes the endpoints of the interface, whatever their setting was, and
    /// opens those of the new one. Returns false to reject it.
    #[inline(never)]
    pub(crate) fn set_interface<A: Application>(&mut self, app: &mut A, interface: u8, alternate: u16) -> bool {
        if self.checked_length(app, Source::Configuration) == 0 {
            return false;
        }
        let configuration = app.configuration_descriptor();
        if !descriptor::has_setting(configuration, interface, alternate) {
            return false;
        }
        match self.bus.alternates.get_mut(usize::from(interface)) {
            Some(present) => *present = alternate as u8,
            None if alternate == 0 => {}
            None => return false,
        }
        for endpoint in Endpoints::<ENDPOINTS>::addresses() {
            let entry = self.endpoints.get_mut(endpoint);
            if entry.is(OPEN) && entry.interface == interface {
                entry.close();
                self.latches.changed(endpoint, true);
                self.controller.close(endpoint);
            }
        }
        for endpoint in endpoints(configuration) {
            if endpoint.interface() == interface && u16::from(endpoint.alternate()) == alternate {
                let address = endpoint.config().address;
                let is_open = self.endpoints.get(address).is(OPEN);
                self.latches.changed(address, is_open);
                if !self.open_endpoint(endpoint) {
                    return false;
                }
            }
        }
        true
    }
}
