//! A disk in memory behind the stack's mass storage driver, as part of the program.

use usb_stack::msc::{Capacity, Identity, MAX_LUN, MassStorage, Medium, Reply, Sense, Step};
use usb_stack::{Answer, Direction, EndpointAddress, Event, Submit};

use crate::app::{App, Buffer};
use crate::rig::Stack;

/// Bytes of a block.
pub const BLOCK: usize = 512;

/// The disk.
#[derive(Clone, Debug)]
pub struct Disk {
    /// What is on it.
    pub bytes: Vec<u8>,
    /// The host has not ejected it.
    pub is_in: bool,
}

impl Disk {
    fn place(&self, block: u32, offset: u32, len: usize) -> Option<std::ops::Range<usize>> {
        let start = block as usize * BLOCK + offset as usize;
        (self.is_in && start + len <= self.bytes.len()).then_some(start..start + len)
    }
}

impl Medium for Disk {
    fn identify(&mut self, identity: &mut Identity) {
        identity.vendor = *b"Maker   ";
    }
    fn serial_number(&mut self, into: &mut [u8]) -> usize {
        into[0] = b'1';
        1
    }
    fn is_ready(&mut self) -> Result<(), Sense> {
        if self.is_in { Ok(()) } else { Err(Sense::NO_MEDIUM) }
    }
    fn is_writable(&mut self) -> bool {
        true
    }
    fn capacity(&mut self) -> Capacity {
        Capacity { blocks: (self.bytes.len() / BLOCK) as u32, block_size: BLOCK as u16 }
    }
    fn start_stop(&mut self, _power_condition: u8, start: bool, load_eject: bool) -> Result<(), Sense> {
        if load_eject {
            self.is_in = start;
        }
        Ok(())
    }
    fn read(&mut self, block: u32, offset: u32, into: &mut [u8]) -> Result<usize, Sense> {
        let place = self.place(block, offset, into.len()).ok_or(Sense::READ_ERROR)?;
        into.copy_from_slice(&self.bytes[place]);
        Ok(into.len())
    }
    fn write(&mut self, block: u32, offset: u32, from: &mut [u8]) -> Result<usize, Sense> {
        let place = self.place(block, offset, from.len()).ok_or(Sense::WRITE_ERROR)?;
        self.bytes[place].copy_from_slice(from);
        Ok(from.len())
    }
    fn other(&mut self, _command: &[u8; 16], _data: &mut [u8]) -> Result<usize, Sense> {
        Err(Sense::NO_SUCH_COMMAND)
    }
}

/// The driver with its disk.
pub struct Storage {
    /// The driver.
    pub driver: MassStorage,
    /// The disk.
    pub disk: Disk,
    interface: u8,
    buffer: Vec<u8>,
}

impl Storage {
    /// A disk of `blocks` blocks of zeros on this interface, with a buffer of `room` bytes.
    pub fn new(interface: u8, blocks: usize, room: usize) -> Self {
        let disk = Disk { bytes: vec![0; blocks * BLOCK], is_in: true };
        Self { driver: MassStorage::new(), disk, interface, buffer: vec![0; room] }
    }

    /// Hears an event; true if it is for the disk alone.
    pub fn hears(&mut self, device: &mut Stack, app: &mut App, event: &Event) -> bool {
        let mut reply = None;
        match *event {
            Event::Reset => self.driver.closed(),
            Event::Configured => self.driver.configured(&app.configuration, self.interface),
            Event::Setup(ref setup) if self.driver.concerns(setup) => reply = Some(self.driver.request(setup)),
            Event::DataStage(ref setup) if self.driver.concerns(setup) => {
                device.answer(app, Answer::Continue);
                return true;
            }
            Event::AckStage(ref setup) if self.driver.concerns(setup) => return true,
            Event::Complete { endpoint, result, len } if self.driver.owns(endpoint) => {
                if endpoint.direction() == Direction::Out {
                    self.buffer[..len].copy_from_slice(&app.buffer(endpoint).contents()[..len]);
                }
                self.driver.complete(result, len);
            }
            _ => return false,
        }
        self.steps(device, app);
        if let Some(reply) = reply {
            let answer = match reply {
                Reply::Stall => Answer::Stall,
                Reply::Acknowledge => Answer::Continue,
                Reply::MaxLun => {
                    *app.buffer(EndpointAddress::CONTROL_IN) = Buffer::new(&MAX_LUN);
                    Answer::Data { len: MAX_LUN.len() }
                }
            };
            device.answer(app, answer);
        }
        !matches!(event, Event::Reset | Event::Configured)
    }

    fn steps(&mut self, device: &mut Stack, app: &mut App) {
        while !self.driver.is_waiting() {
            match self.driver.step(&mut self.disk, &mut self.buffer) {
                Step::Rest => return,
                Step::Busy => {}
                Step::Submit { endpoint, len } => {
                    let contents = match endpoint.direction() {
                        Direction::In => self.buffer[..len].to_vec(),
                        Direction::Out => vec![0; len],
                    };
                    *app.buffer(endpoint) = Buffer::new(&contents);
                    if device.submit(app, endpoint, len) == Submit::Refused {
                        self.driver.refused();
                    }
                }
                Step::Halt(endpoint) => device.set_halt(app, endpoint, true),
                Step::Cancel(endpoint) => device.cancel(app, endpoint),
            }
        }
    }
}
