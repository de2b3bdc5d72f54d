//! What a hub driver does to its port: reset, suspend, resume, and the hand that pulls the cable.

use super::line::{IDLE_TO_SUSPEND, Line, RESUME};
use super::urb::Status;
use super::{Bus, BusEvent, STUCK};
use crate::port::PortError;
use crate::time::BusTime;

impl Bus {
    /// Starts a bus reset of `length` ([`super::RESET`] at least). Every URB ends. Frames begin when it is over.
    ///
    /// # Errors
    /// As [`Bus::step`]; so for the other functions here.
    pub fn reset(&mut self, length: BusTime) -> Result<(), PortError> {
        let result = self.start_reset(length.max(super::RESET));
        self.keep(result)
    }

    fn start_reset(&mut self, length: BusTime) -> Result<(), PortError> {
        self.bring_device()?;
        if !self.attached {
            return Ok(());
        }
        self.finish_all(Status::BusReset);
        let end = self.now + length;
        self.recorder.note(self.now, self.frame, "reset");
        self.line = Line::Reset { end };
        self.port.reset(self.now, end)
    }

    /// Stops the frames: the device suspends 3 ms later. URBs stay queued.
    ///
    /// # Errors
    /// See [`Bus::reset`].
    pub fn suspend(&mut self) -> Result<(), PortError> {
        if self.is_running() {
            self.recorder.note(self.now, self.frame, "idle");
            self.line = Line::Quiet { suspend_at: Some(self.now + IDLE_TO_SUSPEND), enabled: true };
        }
        Ok(())
    }

    /// Drives resume for 20 ms; frames begin after it. Only after [`Bus::suspend`].
    ///
    /// # Errors
    /// See [`Bus::reset`].
    pub fn resume(&mut self) -> Result<(), PortError> {
        let result = self.start_resume();
        self.keep(result)
    }

    pub(super) fn start_resume(&mut self) -> Result<(), PortError> {
        self.bring_device()?;
        if !matches!(self.line, Line::Quiet { enabled: true, .. }) {
            return Ok(());
        }
        self.recorder.note(self.now, self.frame, "resume");
        self.line = Line::Resume { end: self.now + RESUME };
        self.port.resume(self.now)
    }

    /// Pulls the cable: the device is gone, every URB ends.
    ///
    /// # Errors
    /// See [`Bus::reset`].
    pub fn unplug(&mut self) -> Result<(), PortError> {
        self.move_cable(false)
    }

    /// Plugs the cable in.
    ///
    /// # Errors
    /// See [`Bus::reset`].
    pub fn plug(&mut self) -> Result<(), PortError> {
        self.move_cable(true)
    }

    fn move_cable(&mut self, plugged: bool) -> Result<(), PortError> {
        if self.cable == plugged {
            return Ok(());
        }
        let result = self.bring_device().and_then(|()| {
            self.cable = plugged;
            self.recorder.note(self.now, self.frame, if plugged { "cable plugged" } else { "cable pulled" });
            self.port.cable(self.now, plugged)?;
            self.observe()
        });
        self.keep(result)
    }

    /// Lets the device run up to the present.
    pub(super) fn bring_device(&mut self) -> Result<(), PortError> {
        let mut tries = 0;
        while self.device_time < self.now {
            let reached = self.port.run_until(self.now)?.min(self.now);
            tries = if reached > self.device_time { 0 } else { tries + 1 };
            if tries > STUCK {
                return Err(PortError::Device(format!("it reports changes without end at {}", self.now)));
            }
            self.device_time = self.device_time.max(reached);
        }
        Ok(())
    }

    /// Looks at what the device does to the line: its pull-up, its remote wakeup.
    pub(super) fn observe(&mut self) -> Result<(), PortError> {
        let attached = self.cable && self.port.pull_up();
        if attached != self.attached {
            self.attached = attached;
            let event = if attached { BusEvent::Attach } else { BusEvent::Detach };
            self.events.push((self.now, event));
            self.recorder.note(self.now, self.frame, if attached { "attach" } else { "detach" });
            if !attached {
                self.finish_all(Status::Detached);
            }
            // A device whose cable was pulled while its pull-up stays on sees an idle bus, as a new one does before its
            // reset.
            let idle = self.port.pull_up().then(|| self.now + IDLE_TO_SUSPEND);
            self.line = Line::Quiet { suspend_at: idle, enabled: false };
        }
        let suspended = matches!(self.line, Line::Quiet { suspend_at: None, enabled: true });
        if suspended && self.port.resume_requested() {
            self.events.push((self.now, BusEvent::Wakeup));
            self.start_resume()?;
        }
        Ok(())
    }
}
