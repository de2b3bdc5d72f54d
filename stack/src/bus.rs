//! What the host has made of the device: address, configuration, suspend. And what happens when the bus says so.

use crate::application::Application;
use crate::control::ControlPipe;
use crate::controller::{Controller, EndpointAddress, EndpointConfig, TransferType};
use crate::descriptor;
use crate::device::Device;

/// Interfaces whose alternate setting is remembered; those with higher numbers have setting 0 only.
pub(crate) const INTERFACES: usize = 16;

/// The device's state on the bus (USB 2.0 section 9.1). In this order for the reason that [`Device`] gives.
#[repr(C)]
pub(crate) struct Bus {
    /// The pull-up is on.
    pub attached: bool,
    /// The host has reset the bus since the pull-up was switched on.
    pub noticed: bool,
    /// A SETUP packet was seen since the last bus reset.
    pub connected: bool,
    pub suspended: bool,
    /// The host has set DEVICE_REMOTE_WAKEUP.
    pub remote_wakeup: bool,
    /// 0 in the Default state.
    pub address: u8,
    /// bConfigurationValue, 0 unless in the Configured state.
    pub configuration: u8,
    /// Interfaces below this belong to the built-in drivers, in the present configuration.
    pub builtin_interfaces: u8,
    /// Interfaces 0 to 31 that the present configuration has: a bit each.
    pub interfaces: u32,
    /// The present alternate setting of each interface.
    pub alternates: [u8; INTERFACES],
}

impl Bus {
    pub const fn new() -> Self {
        Self {
            attached: false,
            noticed: false,
            connected: false,
            suspended: false,
            remote_wakeup: false,
            address: 0,
            configuration: 0,
            builtin_interfaces: 0,
            interfaces: 0,
            alternates: [0; INTERFACES],
        }
    }

    /// The alternate setting of an interface.
    pub fn alternate(&self, interface: u8) -> u8 {
        self.alternates.get(usize::from(interface)).copied().unwrap_or(0)
    }
}

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// What the host has made of the device is no more: it has no address, no configuration, no endpoints but 0.
    #[inline(never)]
    pub(crate) fn forget_host(&mut self) {
        self.bus = Bus { attached: self.bus.attached, ..Bus::new() };
        self.control = ControlPipe::new();
        self.endpoints.close_all();
        self.serial.reset();
    }

    /// A bus reset ended. The controller has closed every endpoint but 0.
    pub(crate) fn bus_reset<A: Application>(&mut self, app: &mut A) {
        let max_packet_size =
            descriptor::check_device(app.device_descriptor()).map_or(descriptor::LARGEST_PACKET_0, |size| size as u8);
        self.forget_host();
        self.bus.noticed = true;
        self.control.max_packet_size = max_packet_size;
        // Every size that check_device() lets through is legal, so a controller has no reason to refuse it.
        let _ = self.controller.open(EndpointConfig {
            address: EndpointAddress::CONTROL_OUT,
            transfer_type: TransferType::Control,
            max_packet_size: u16::from(max_packet_size),
        });
        self.latches.suspend(app, false);
        self.latches.reset(app);
    }

    /// The bus went quiet. Before the first reset, and without a host, that means nothing (USB 2.0 section 9.1.1.6).
    pub(crate) fn bus_suspend<A: Application>(&mut self, app: &mut A) {
        if !self.bus.connected || self.bus.suspended {
            return;
        }
        self.bus.suspended = true;
        if self.bus.configuration != 0 {
            self.latches.suspend(app, true);
        }
    }

    /// The bus came back.
    #[inline(always)]
    pub(crate) fn bus_resume<A: Application>(&mut self, app: &mut A) {
        if self.bus.suspended {
            self.resumed(app);
        }
    }

    #[inline(never)]
    fn resumed<A: Application>(&mut self, app: &mut A) {
        self.bus.suspended = false;
        self.latches.suspend(app, false);
        // What was written while nobody listened was only kept.
        self.serial_send();
    }
}
