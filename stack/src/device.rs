//! The device: everything the stack keeps, in one value, and the calls that a program makes.

use crate::application::Application;
use crate::bus::Bus;
use crate::class::cdc_acm::{CdcAcm, Serial};
use crate::class::fifo::Fifo;
use crate::control::{ControlPipe, Small};
use crate::controller::{Controller, EndpointAddress, Event as BusEvent};
use crate::descriptor::{self, Lie};
use crate::endpoint::Endpoints;
use crate::latch::Latches;
use crate::setup::SetupPacket;

/// What the program's task must hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The bus was reset, or the host left the configuration: transfers in flight are gone and will never complete.
    Reset,
    /// The host chose the configuration; the endpoints of alternate setting 0 of every interface are open.
    Configured,
    /// A control request for the program. [`Device::answer`] it.
    Setup(SetupPacket),
    /// Its data stage is over. [`Device::answer`] with [`Answer::Continue`] or [`Answer::Stall`].
    DataStage(SetupPacket),
    /// Its status stage is over. Nothing to answer.
    AckStage(SetupPacket),
    /// A submitted transfer has ended. The endpoint is free already.
    Complete {
        /// Whose transfer.
        endpoint: EndpointAddress,
        /// How it ended.
        result: Outcome,
        /// Bytes moved.
        len: usize,
    },
    /// The bus was suspended (`true`) or resumed (`false`), while configured.
    Suspend(bool),
    /// The host wants string `index`, and [`Application::string`] said that only the task can tell.
    /// [`Device::answer`] with [`Answer::Text`] or [`Answer::NoText`].
    String(u8),
}

/// How a transfer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Outcome {
    /// All bytes, or fewer with a short packet.
    Success = 0,
    /// Its buffer was moved or resized.
    Failed = 1,
    /// [`Device::set_halt`] ended it.
    Stalled = 2,
}

/// The program's answer to [`Event::Setup`], [`Event::DataStage`] or [`Event::String`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Reject the request.
    Stall,
    /// Go on to the next stage.
    Continue,
    /// Only to [`Event::Setup`]: use `len` bytes of the buffer that [`Application::data_in`] or
    /// [`Application::data_out`] gives for endpoint 0.
    Data {
        /// Bytes in the buffer; the stack clamps it to wLength.
        len: usize,
    },
    /// Only to [`Event::String`]: [`Application::string`] has it now, if there is one.
    Text,
    /// Only to [`Event::String`]: there is none.
    NoText,
}

/// What became of a submitted transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Submit {
    /// It is under way; [`Event::Complete`] follows.
    Queued,
    /// The endpoint is busy, halted, not open or a built-in driver's.
    Refused,
    /// It would have been queued as far as the program has been told, but the host has moved on: it never completes, as
    /// a transfer that was in flight at that moment.
    Discarded,
}

/// A USB device on a controller with up to `ENDPOINTS` endpoint numbers in each direction (endpoint 0 counts; at most
/// 16).
///
/// The fields stand in this order because a Cortex-M0 reaches only the first 32 to 128 bytes of a structure with one
/// instruction: what is small and often used comes first.
#[repr(C)]
pub struct Device<C: Controller, const ENDPOINTS: usize> {
    pub(crate) control: ControlPipe,
    pub(crate) bus: Bus,
    pub(crate) latches: Latches,
    pub(crate) serial: CdcAcm,
    /// Data of a request that the stack answers, either way.
    pub(crate) small: Small,
    pub(crate) controller: C,
    pub(crate) fifo: Fifo,
    pub(crate) endpoints: Endpoints<ENDPOINTS>,
}

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// A device that is not connected.
    pub const fn new(controller: C) -> Self {
        Self {
            controller,
            bus: Bus::new(),
            control: ControlPipe::new(),
            endpoints: Endpoints::new(),
            latches: Latches::new(),
            serial: CdcAcm::new(),
            fifo: Fifo::new(),
            small: Small([0; 8]),
        }
    }

    /// The controller, for what only its port knows.
    pub fn controller(&mut self) -> &mut C {
        &mut self.controller
    }

    /// Switches the pull-up on. Does nothing when it is on.
    pub fn connect(&mut self) {
        if !self.bus.attached {
            self.bus.attached = true;
            self.controller.connect();
        }
    }

    /// Switches the pull-up off and forgets the bus, the host and every latched event, completions included. What the
    /// serial port still has to send stays.
    pub fn disconnect(&mut self) {
        self.controller.disconnect();
        self.forget_host();
        self.bus.attached = false;
        self.latches = Latches::new();
    }

    /// The pull-up is on.
    pub fn is_attached(&self) -> bool {
        self.bus.attached
    }

    /// The host has reset the bus or asked for something since [`Self::connect`]. Before that the program may still change
    /// its descriptors without disconnecting.
    pub fn is_noticed(&self) -> bool {
        self.bus.noticed || self.bus.connected
    }

    /// A SETUP packet was seen since the last bus reset: a host is there.
    pub fn is_connected(&self) -> bool {
        self.bus.connected
    }

    /// The host has chosen the configuration, whether or not the program has been told.
    pub fn is_configured(&self) -> bool {
        self.bus.configuration != 0
    }

    /// The bus is suspended.
    pub fn is_suspended(&self) -> bool {
        self.bus.suspended
    }

    /// Wakes a suspended host, if it allowed that; says whether it did.
    pub fn remote_wakeup(&mut self) -> bool {
        let allowed = self.bus.suspended && self.bus.remote_wakeup;
        if allowed {
            self.controller.remote_wakeup();
        }
        allowed
    }

    /// Serves the controller until it has no more events. To be called from its interrupt handler.
    pub fn interrupt<A: Application>(&mut self, app: &mut A) {
        while !self.controller.is_quiet()
            && let Some(event) = self.controller.next_event()
        {
            match event {
                BusEvent::Reset => self.bus_reset(app),
                BusEvent::Suspend => self.bus_suspend(app),
                BusEvent::Resume => self.bus_resume(app),
                BusEvent::StartOfFrame => self.serial_frame(),
                BusEvent::Setup(setup) => self.control_setup(app, setup),
                BusEvent::Sent { number: 0 } => self.control_sent(app),
                BusEvent::Received { number: 0 } => self.control_received(app),
                BusEvent::Sent { number } => self.run_sent(app, number),
                BusEvent::Received { number } => self.run_received(app, number),
            }
        }
    }

    /// The same before the program does something, when there is seldom any.
    #[inline(always)]
    pub(crate) fn catch_up<A: Application>(&mut self, app: &mut A) {
        if !self.controller.is_quiet() {
            self.interrupt(app);
        }
    }

    /// The built-in serial port.
    pub fn serial(&mut self) -> Serial<'_, C, ENDPOINTS> {
        Serial::new(self)
    }

    /// Checks a configuration descriptor against the rules of [`descriptor`] and against this controller.
    ///
    /// # Errors
    /// The first [`Lie`] in it.
    pub fn check_configuration(&self, configuration: &[u8]) -> Result<(), Lie> {
        descriptor::check_configuration(configuration, &self.controller, ENDPOINTS)
    }

    /// Packet memory, in the unit of [`Controller::footprint`], that the endpoints of a configuration take which are
    /// not those of its first `builtin_interfaces` interfaces. For [`Controller::lend_memory`].
    pub fn packet_memory(&self, configuration: &[u8], builtin_interfaces: u8) -> u32 {
        descriptor::packet_memory(configuration, &self.controller, builtin_interfaces)
    }
}
