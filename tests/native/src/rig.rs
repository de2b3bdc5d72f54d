//! The device and its program, and when they run.

use usb_stack::{Answer, Device, Direction, EndpointAddress, Event, Outcome, SetupPacket, Submit};

use crate::app::{App, Buffer, Reaction, Source};
use crate::kind::{AnyBus, AnyController, Kind};
use crate::storage::Storage;
use crate::wire::Wire;

/// The stack as it is tested.
pub type Stack = Device<AnyController, 16>;

/// A transfer that has ended, as the task heard of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Complete {
    /// bEndpointAddress.
    pub endpoint: u8,
    /// How.
    pub result: Outcome,
    /// Bytes moved.
    pub len: usize,
}

type OnComplete = Box<dyn FnMut(&mut Stack, &mut App, Complete)>;

/// A device under test and the wire to it.
///
/// When it is dropped it checks that the stack has kept the controller's contract and that nothing was written beside a
/// buffer; so every test tests that too.
pub struct Rig {
    /// The stack.
    pub device: Stack,
    /// The program.
    pub app: App,
    /// What is below the stack.
    pub kind: Kind,
    /// The bus end of the controller.
    pub bus: AnyBus,
    /// The host's side of the wire.
    pub wire: Wire,
    /// The interrupt is held off.
    pub hold_interrupt: bool,
    /// The program is busy: its task does not run.
    pub hold_task: bool,
    /// What the task has heard, oldest first.
    pub heard: Vec<Event>,
    /// Time passes when the rig lets it pass, not on a bus of its own.
    pub has_own_time: bool,
    /// The built-in mass storage, a part of the program.
    pub storage: Option<Storage>,
    /// Called by the task when a transfer has ended.
    pub on_complete: Option<OnComplete>,
}

impl Rig {
    /// A device of this configuration with the pull-up on.
    pub fn new(kind: impl Into<Kind>, configuration: Vec<u8>) -> Self {
        Self::with(kind, App::new(configuration))
    }

    /// A device with the pull-up on.
    pub fn with(kind: impl Into<Kind>, app: App) -> Self {
        let kind = kind.into();
        let (controller, bus) = kind.pair();
        let mut rig = Self {
            device: Device::new(controller),
            wire: Wire::new(app.device.get(7).map_or(64, |&size| size.into())),
            app,
            kind,
            bus,
            hold_interrupt: false,
            hold_task: false,
            heard: Vec::new(),
            has_own_time: true,
            storage: None,
            on_complete: None,
        };
        rig.device.connect();
        rig
    }

    /// The same, enumerated and configured, with nothing left to hear.
    pub fn configured(kind: impl Into<Kind>, configuration: Vec<u8>) -> Self {
        let mut rig = Self::new(kind, configuration);
        rig.enumerate();
        rig.heard.clear();
        rig
    }

    /// Lets interrupt and task run until neither has anything to do.
    pub fn turn(&mut self) {
        loop {
            let interrupt = !self.hold_interrupt && self.bus.irq();
            if interrupt {
                self.device.interrupt(&mut self.app);
            }
            let task = !self.hold_task && std::mem::take(&mut self.app.woken);
            if task {
                self.task();
            }
            if interrupt || task {
                continue;
            }
            if self.hold_interrupt || !self.has_own_time || !self.bus.is_busy_with_reset() {
                return;
            }
            self.bus.rest();
        }
    }

    /// The program's task, until everything latched has been heard.
    fn task(&mut self) {
        while let Some(event) = self.device.next_event() {
            if let Some(storage) = &mut self.storage
                && storage.hears(&mut self.device, &mut self.app, &event)
            {
                continue;
            }
            self.heard.push(event);
            match event {
                Event::Setup(setup) => self.answer_setup(&setup),
                Event::DataStage(_) => {
                    let answer = if self.app.at_data { Answer::Continue } else { Answer::Stall };
                    self.device.answer(&mut self.app, answer);
                }
                Event::String(index) => {
                    self.app.text = match self.app.strings.get(&index) {
                        Some(Source::Task(text)) => text.clone(),
                        _ => None,
                    };
                    let answer = if self.app.text.is_some() { Answer::Text } else { Answer::NoText };
                    self.device.answer(&mut self.app, answer);
                }
                Event::Complete { endpoint, result, len } => {
                    if let Some(mut callback) = self.on_complete.take() {
                        callback(&mut self.device, &mut self.app, Complete { endpoint: endpoint.byte(), result, len });
                        self.on_complete = Some(callback);
                    }
                }
                Event::Reset | Event::Configured | Event::AckStage(_) | Event::Suspend(_) => {}
            }
        }
    }

    fn answer_setup(&mut self, setup: &SetupPacket) {
        let answer = match (self.app.on_setup)(setup) {
            Reaction::Stall => Answer::Stall,
            Reaction::Continue => Answer::Continue,
            Reaction::Buffer(bytes) => {
                let len = bytes.len();
                *self.app.buffer(EndpointAddress::new(0, setup.direction())) = Buffer::new(&bytes);
                Answer::Data { len }
            }
        };
        self.device.answer(&mut self.app, answer);
    }

    /// Submits a buffer with these bytes to an IN endpoint.
    pub fn submit_in(&mut self, endpoint: u8, bytes: &[u8]) -> Submit {
        self.submit(endpoint | 0x80, bytes)
    }

    /// Submits a zeroed buffer of `len` bytes to an OUT endpoint.
    pub fn submit_out(&mut self, endpoint: u8, len: usize) -> Submit {
        self.submit(endpoint & 0x7f, &vec![0; len])
    }

    fn submit(&mut self, endpoint: u8, contents: &[u8]) -> Submit {
        let address = EndpointAddress::from_byte(endpoint);
        let old = std::mem::replace(self.app.buffer(address), Buffer::new(contents));
        let result = self.device.submit(&mut self.app, address, contents.len());
        if result != Submit::Queued {
            *self.app.buffer(address) = old;
        }
        self.turn();
        if self.bus.waits_for_frame() {
            self.frames(1);
        }
        result
    }

    /// The OUT endpoint's buffer.
    pub fn filled(&mut self, endpoint: u8) -> Vec<u8> {
        self.app.buffer(EndpointAddress::new(endpoint, Direction::Out)).contents().to_vec()
    }

    /// What the task has heard since the last call.
    pub fn take_heard(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.heard)
    }

    /// The transfers among what the task has heard since the last call.
    pub fn take_complete(&mut self) -> Vec<Complete> {
        let complete = |event| match event {
            Event::Complete { endpoint, result, len } => Some(Complete { endpoint: endpoint.byte(), result, len }),
            _ => None,
        };
        self.take_heard().into_iter().filter_map(complete).collect()
    }

    /// Halts an endpoint, or ends it, from the program.
    pub fn set_halt(&mut self, endpoint: u8, halted: bool) {
        self.device.set_halt(&mut self.app, EndpointAddress::from_byte(endpoint), halted);
        self.turn();
    }

    /// Breaches of the controller's contract so far.
    pub fn violations(&self) -> Vec<String> {
        self.bus.violations()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(
                self.violations(),
                [""; 0],
                "the contract of the controller or the rules of its hardware were broken"
            );
            assert!(self.app.guards_are_intact(), "bytes beside a buffer were written");
        }
    }
}

/// A transfer that went well.
pub fn done(endpoint: u8, len: usize) -> Complete {
    Complete { endpoint, result: Outcome::Success, len }
}
