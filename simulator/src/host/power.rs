//! Attachment, reset, suspend and resume, and requests that change what the host itself keeps: configuration, alternate
//! settings, halts.

use super::access::BusAccess;
use super::{Host, HostError, Request};
use crate::bus::{BusEvent, DEBOUNCE, IDLE_TO_SUSPEND, RESET, RESET_RECOVERY, RESUME, RESUME_RECOVERY};
use crate::time::BusTime;

impl<B: BusAccess> Host<B> {
    /// Waits until a pull-up has been there for 100 ms without a break.
    ///
    /// # Errors
    /// [`HostError::NotAttached`] if none is seen within `timeout`.
    pub fn wait_attached(&mut self, timeout: BusTime) -> Result<(), HostError> {
        let end = self.now() + timeout;
        loop {
            let left = end.since(self.now());
            if !self.run_until(left, |bus| bus.is_attached())? {
                return Err(HostError::NotAttached(timeout));
            }
            if !self.run_until(DEBOUNCE, |bus| !bus.is_attached())? {
                return Ok(());
            }
        }
    }

    /// A bus reset and the recovery time after it. The device is then at address 0, and the host knows nothing of it.
    ///
    /// # Errors
    /// [`HostError::Detached`] when nothing is there.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.forget_device();
        if !self.access.with(|bus| bus.is_attached()) {
            return Err(HostError::Detached);
        }
        self.access.with(|bus| bus.reset(RESET))?;
        self.run_for(RESET + RESET_RECOVERY)?;
        if self.access.with(|bus| bus.is_attached()) { Ok(()) } else { Err(HostError::Detached) }
    }

    pub(super) fn forget_device(&mut self) {
        self.address = 0;
        self.max_packet0 = 64;
        self.device = None;
        self.alternates.clear();
    }

    /// SET_CONFIGURATION; the host's toggles begin again at DATA0.
    ///
    /// # Errors
    /// [`HostError::Transfer`]; so for the requests below.
    pub fn set_configuration(&mut self, value: u8) -> Result<(), HostError> {
        self.control_out(Request::new(0x00, 9, u16::from(value), 0, 0), &[])?;
        self.alternates.clear();
        let address = self.address;
        self.access.with(|bus| bus.reset_toggles(address));
        Ok(())
    }

    /// SET_INTERFACE; the toggles of the new setting's endpoints begin again at DATA0.
    ///
    /// # Errors
    /// See [`Host::set_configuration`].
    pub fn set_interface(&mut self, number: u8, alternate: u8) -> Result<(), HostError> {
        self.control_out(Request::new(0x01, 11, u16::from(alternate), u16::from(number), 0), &[])?;
        self.alternates.retain(|(one, _)| *one != number);
        self.alternates.push((number, alternate));
        let setting = self.device.as_ref().and_then(|device| device.configuration.setting(number, alternate));
        let endpoints: Vec<u8> = setting.iter().flat_map(|one| &one.endpoints).map(|one| one.address).collect();
        let address = self.address;
        for endpoint in endpoints {
            self.access.with(|bus| bus.reset_toggle(address, endpoint));
        }
        Ok(())
    }

    /// CLEAR_FEATURE(ENDPOINT_HALT); the host's toggle begins again at DATA0.
    ///
    /// # Errors
    /// See [`Host::set_configuration`].
    pub fn clear_halt(&mut self, endpoint: u8) -> Result<(), HostError> {
        self.control_out(Request::new(0x02, 1, 0, u16::from(endpoint), 0), &[])?;
        let address = self.address;
        self.access.with(|bus| bus.reset_toggle(address, endpoint));
        Ok(())
    }

    /// SET_FEATURE or CLEAR_FEATURE(DEVICE_REMOTE_WAKEUP).
    ///
    /// # Errors
    /// See [`Host::set_configuration`].
    pub fn allow_remote_wakeup(&mut self, allow: bool) -> Result<(), HostError> {
        self.control_out(Request::new(0x00, if allow { 3 } else { 1 }, 1, 0, 0), &[])?;
        Ok(())
    }

    /// Stops the frames and waits until the device has been told that it is suspended.
    ///
    /// # Errors
    /// [`HostError::Usage`] when no frames are running.
    pub fn suspend(&mut self) -> Result<(), HostError> {
        if !self.access.with(|bus| bus.is_running()) {
            return Err(HostError::Usage("suspend: the bus is not running".to_owned()));
        }
        self.access.with(crate::bus::Bus::suspend)?;
        self.run_for(IDLE_TO_SUSPEND + BusTime::FRAME)
    }

    /// Resumes the bus and waits for the recovery time. Harmless when the device has already woken it.
    ///
    /// # Errors
    /// [`HostError::Port`], [`HostError::Interrupted`], [`HostError::Detached`].
    pub fn resume(&mut self) -> Result<(), HostError> {
        self.access.with(crate::bus::Bus::resume)?;
        if !self.run_until(RESUME + BusTime::FRAME, |bus| bus.is_running())? {
            return Err(HostError::Detached);
        }
        self.run_for(RESUME_RECOVERY)
    }

    /// Waits for a remote wakeup; `false` if none comes. Frames run again some 20 ms after it.
    ///
    /// # Errors
    /// [`HostError::Port`], [`HostError::Interrupted`].
    pub fn wait_wakeup(&mut self, timeout: BusTime) -> Result<bool, HostError> {
        let woken = |bus: &mut crate::bus::Bus| bus.take_events().iter().any(|(_, event)| *event == BusEvent::Wakeup);
        if !self.run_until(timeout, woken)? {
            return Ok(false);
        }
        self.run_for(RESUME + RESUME_RECOVERY)?;
        Ok(true)
    }

    /// Pulls the cable.
    ///
    /// # Errors
    /// [`HostError::Port`].
    pub fn unplug(&mut self) -> Result<(), HostError> {
        self.forget_device();
        Ok(self.access.with(crate::bus::Bus::unplug)?)
    }

    /// Plugs the cable in. The device needs an enumeration again.
    ///
    /// # Errors
    /// [`HostError::Port`].
    pub fn plug(&mut self) -> Result<(), HostError> {
        Ok(self.access.with(crate::bus::Bus::plug)?)
    }
}
