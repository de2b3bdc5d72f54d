//! Configurations and alternate settings: which endpoints are open.

use crate::application::Application;
use crate::bus::Bus;
use crate::controller::{Controller, OpenError};
use crate::descriptor::{self, Endpoint, endpoints};
use crate::device::Device;
use crate::endpoint::{Endpoints, OPEN};

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// SET_CONFIGURATION (USB 2.0 section 9.4.7). The present value counts as a change too. Returns false to reject it.
    #[inline(never)]
    pub(crate) fn set_configuration<A: Application>(&mut self, app: &mut A, value: u16) -> bool {
        let value = match u8::try_from(value) {
            Ok(value) if self.bus.address != 0 => value,
            _ => return false,
        };
        if value != 0 {
            let configuration = app.configuration_descriptor();
            if let Err(lie) = self.check_configuration(configuration) {
                app.descriptor_lies(lie);
                return false;
            }
            if descriptor::configuration_value(configuration) != value {
                return false;
            }
        }
        self.leave_configuration(app);
        if value == 0 {
            return true;
        }
        self.bus.builtin_interfaces = app.builtin_interfaces();
        if self.open_configuration(app.configuration_descriptor()).is_err() {
            self.close_configuration();
            return false;
        }
        self.bus.interfaces = descriptor::interfaces(app.configuration_descriptor());
        self.bus.configuration = value;
        self.latches.configured(app);
        true
    }

    /// To the Address state.
    fn leave_configuration<A: Application>(&mut self, app: &mut A) {
        let was_configured = self.bus.configuration != 0;
        self.close_configuration();
        if was_configured {
            self.latches.reset(app);
        }
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
    fn open_configuration(&mut self, configuration: &[u8]) -> Result<(), OpenError> {
        // An endpoint keeps the packet memory it was first opened with, so each is opened once with the most that any
        // of its alternate settings takes: a later SET_INTERFACE then cannot run out of it.
        for endpoint in endpoints(configuration).filter(|endpoint| endpoint.alternate != 0) {
            let address = endpoint.config.address;
            let mut largest = endpoint.config;
            for other in endpoints(configuration).filter(|other| other.config.address == address) {
                if self.controller.footprint(&other.config)? > self.controller.footprint(&largest)? {
                    largest = other.config;
                }
            }
            self.controller.open(&largest)?;
            self.controller.close(address);
        }
        for endpoint in endpoints(configuration).filter(|endpoint| endpoint.alternate == 0) {
            self.open_endpoint(&endpoint)?;
        }
        Ok(())
    }

    fn open_endpoint(&mut self, endpoint: &Endpoint) -> Result<(), OpenError> {
        self.controller.open(&endpoint.config)?;
        let is_programs = endpoint.interface >= self.bus.builtin_interfaces;
        self.endpoints.opened(&endpoint.config, endpoint.interface, is_programs);
        if !is_programs {
            self.builtin_opened(endpoint);
        }
        Ok(())
    }

    /// SET_INTERFACE (USB 2.0 section 9.4.10): closes the endpoints of the interface, whatever their setting was, and
    /// opens those of the new one. Returns false to reject it.
    #[inline(never)]
    pub(crate) fn set_interface<A: Application>(&mut self, app: &mut A, interface: u8, alternate: u16) -> bool {
        let configuration = app.configuration_descriptor();
        if let Err(lie) = self.check_configuration(configuration) {
            app.descriptor_lies(lie);
            return false;
        }
        let Ok(alternate) = u8::try_from(alternate) else {
            return false;
        };
        if !descriptor::has_setting(configuration, interface, alternate) {
            return false;
        }
        match self.bus.alternates.get_mut(usize::from(interface)) {
            Some(present) => *present = alternate,
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
            if endpoint.interface == interface && endpoint.alternate == alternate {
                let is_open = self.endpoints.get(endpoint.config.address).is(OPEN);
                self.latches.changed(endpoint.config.address, is_open);
                if self.open_endpoint(&endpoint).is_err() {
                    return false;
                }
            }
        }
        true
    }
}
