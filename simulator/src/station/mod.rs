//! A place to plug a device in for a host that is not in this process: a Linux kernel, through [`usbredir`] or [`usbip`].
//!
//! The other host has its own idea of ports, addresses and time. A [`Station`] keeps the bus going at the wall clock's
//! pace ([`Pacer`]), makes a device that comes ready (reset, address, descriptors), carries the other host's transfers to
//! the bus as URBs, and keeps what a host controller's driver would keep: toggles, configuration, alternate settings.
//!
//! [`usbredir`]: crate::usbredir
//! [`usbip`]: crate::usbip

mod listener;
mod pace;
mod probe;
pub mod server;
mod settings;
mod transfer;

use std::time::{Duration, Instant};

pub use pace::{LEAD, LONGEST_LAG, Pace, Pacer};
use probe::ProbeError;
use server::ClientId;
pub use settings::Settings;

use crate::bus::urb::{Completion, UrbId};
use crate::bus::{Bus, BusEvent, DEBOUNCE};
use crate::port::PortError;
use crate::time::BusTime;

/// The bus may run ahead of the wall for a transfer this long after one has begun or ended; what takes longer is the device's
/// own affair.
const MOVING: BusTime = BusTime::from_millis(2);
/// How long a station runs the bus before its caller looks at its sockets again.
const TURN: Duration = Duration::from_micros(500);
/// While transfers are being moved and the bus is as far as it may be, it waits for this much.
const SHORT_WAIT: BusTime = BusTime::from_micros(250);
/// Otherwise for the next frame.
const FRAME_WAIT: BusTime = BusTime::FRAME;

/// Whether a device is there, and how far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Presence {
    /// No pull-up.
    Absent,
    /// A pull-up; the device is asked when it has been there until then.
    Settling(BusTime),
    /// The station knows what it is.
    Ready,
    /// It could not be made ready: no use before it has left.
    Unusable,
}

/// What a station has to tell.
#[derive(Debug)]
pub enum News {
    /// A device has come, is at its address, and its descriptors are known ([`Station::settings`]).
    Ready,
    /// It has left. Its URBs have been told of before.
    Gone,
    /// A URB has ended.
    Ended(Completion),
    /// Something that a person should know: a device that could not be made ready, and why.
    Remark(String),
}

/// A bus whose host is elsewhere.
pub struct Station {
    bus: Bus,
    pacer: Pacer,
    presence: Presence,
    address: u8,
    max_packet0: usize,
    settings: Option<Settings>,
    /// Requests under way that change what the host itself keeps, when they succeed.
    changing: Vec<(UrbId, [u8; 8])>,
    moving_until: BusTime,
    remarks: Vec<String>,
    holder: Option<ClientId>,
    /// A person has the cable in: [`Station::set_cable`].
    cable: bool,
    /// There is no host at the other end of the cable while nobody holds the device.
    follows_holder: bool,
}

impl Station {
    /// With the cable as `bus` has it. Bus time follows the wall clock from now on.
    pub fn new(bus: Bus, pace: Pace) -> Self {
        Self {
            bus,
            pacer: Pacer::new(pace, Instant::now()),
            presence: Presence::Absent,
            address: 0,
            max_packet0: 64,
            settings: None,
            changing: Vec::new(),
            moving_until: BusTime::ZERO,
            remarks: Vec::new(),
            holder: None,
            cable: true,
            follows_holder: false,
        }
    }

    /// From now on the cable is in only while somebody holds the device.
    ///
    /// # Errors
    /// The port's.
    pub fn follow_holder(&mut self) -> Result<(), PortError> {
        self.follows_holder = true;
        self.move_cable()
    }

    /// Gives the device to a client; false if another one has it.
    ///
    /// # Errors
    /// The port's.
    pub fn claim(&mut self, client: ClientId) -> Result<bool, PortError> {
        if self.holder.is_some_and(|holder| holder != client) {
            return Ok(false);
        }
        self.holder = Some(client);
        self.move_cable()?;
        Ok(true)
    }

    /// The client has the device.
    pub fn is_held_by(&self, client: ClientId) -> bool {
        self.holder == Some(client)
    }

    /// Somebody has the device.
    pub const fn is_held(&self) -> bool {
        self.holder.is_some()
    }

    /// The client is gone: its URBs are taken back, the device is reset or loses its host. Nothing if it did not have
    /// the device.
    ///
    /// # Errors
    /// The port's.
    pub fn release(&mut self, client: ClientId) -> Result<(), PortError> {
        if !self.is_held_by(client) {
            return Ok(());
        }
        self.holder = None;
        self.bus.cancel_all(|_| true);
        while self.bus.take_finished().is_some() {}
        self.changing.clear();
        if self.follows_holder {
            // Now, and not when the event is looked at: the next client may come before that.
            self.presence = Presence::Absent;
            self.settings = None;
            return self.move_cable();
        }
        if self.presence == Presence::Ready { self.reset() } else { Ok(()) }
    }

    /// The device that is ready: its descriptors, and what is set.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref().filter(|_| self.presence == Presence::Ready)
    }

    /// The bus itself.
    pub const fn bus(&mut self) -> &mut Bus {
        &mut self.bus
    }

    /// How much wall time the bus has not followed since the device was too slow for it.
    pub const fn lost(&self) -> Duration {
        self.pacer.lost()
    }

    /// Plugs the cable in or pulls it.
    ///
    /// # Errors
    /// The port's.
    pub fn set_cable(&mut self, plugged: bool) -> Result<(), PortError> {
        self.cable = plugged;
        self.move_cable()
    }

    fn move_cable(&mut self) -> Result<(), PortError> {
        if self.cable && (self.holder.is_some() || !self.follows_holder) { self.bus.plug() } else { self.bus.unplug() }
    }

    fn remark(&mut self, text: String) {
        self.remarks.push(text);
    }

    /// Something waits for the bus, or for the device: the bus may be ahead of the wall to come to it. It must not be
    /// ahead while nothing does, or the next transfer would have to wait for the wall.
    fn is_moving(&self) -> bool {
        let settling = matches!(self.presence, Presence::Settling(_));
        settling || self.bus.now() < self.moving_until && self.bus.is_pressed()
    }

    /// Keeps the bus ahead of the wall for a while: something has begun or ended.
    fn note_movement(&mut self) {
        self.moving_until = self.bus.now() + MOVING;
    }

    /// Lets the bus run as far as the wall clock allows, but not longer than [`TURN`] and not beyond the first news.
    ///
    /// # Errors
    /// The port's: the device is gone for good.
    pub fn run(&mut self) -> Result<Vec<News>, PortError> {
        let begin = Instant::now();
        let mut now = begin;
        loop {
            let mut news = Vec::new();
            self.collect(&mut news)?;
            self.pacer.settle(now, self.bus.now());
            // Without haste the goal is what the wall showed at the beginning: it moves on while the bus comes up to it, and
            // steps of microseconds would follow it without end.
            let moving = self.is_moving();
            let limit = self.pacer.limit(if moving { now } else { begin }, self.bus.now(), moving);
            let due = moving || self.wake_at() <= now;
            if !news.is_empty() || !due || self.bus.now() >= limit || now.duration_since(begin) >= TURN {
                return Ok(news);
            }
            self.bus.step(limit)?;
            now = Instant::now();
        }
    }

    /// When [`Station::run`] will have something to do again if nobody submits anything before.
    pub fn wake_at(&self) -> Instant {
        let now = self.bus.now();
        if self.is_moving() {
            self.pacer.wall((now + SHORT_WAIT) - LEAD)
        } else if now < self.moving_until {
            self.pacer.wall(now + SHORT_WAIT)
        } else {
            self.pacer.wall(now + FRAME_WAIT)
        }
    }

    fn collect(&mut self, news: &mut Vec<News>) -> Result<(), PortError> {
        while let Some(completion) = self.bus.take_finished() {
            self.ended(&completion);
            news.push(News::Ended(completion));
        }
        for (at, event) in self.bus.take_events() {
            match event {
                BusEvent::Attach => self.presence = Presence::Settling(at + DEBOUNCE),
                BusEvent::Detach => self.leave(news),
                BusEvent::Wakeup => {}
            }
        }
        if let Presence::Settling(until) = self.presence
            && self.bus.now() >= until
        {
            self.make_ready(news)?;
        }
        news.extend(self.remarks.drain(..).map(News::Remark));
        Ok(())
    }

    fn leave(&mut self, news: &mut Vec<News>) {
        if self.presence == Presence::Ready {
            news.push(News::Gone);
        }
        self.presence = Presence::Absent;
        self.settings = None;
        self.changing.clear();
    }

    fn make_ready(&mut self, news: &mut Vec<News>) -> Result<(), PortError> {
        match self.probe() {
            Ok(()) => {
                self.presence = Presence::Ready;
                news.push(News::Ready);
            }
            // One that has left meanwhile is told of by its event.
            Err(ProbeError::Device(_)) if !self.bus.is_attached() => {}
            Err(ProbeError::Device(text)) => {
                self.presence = Presence::Unusable;
                self.remark(format!("the device cannot be used: {text}"));
            }
            Err(ProbeError::Port(error)) => return Err(error),
        }
        Ok(())
    }
}
