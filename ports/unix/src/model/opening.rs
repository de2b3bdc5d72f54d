//! Endpoints: opened and closed, and their packet memory.

use usb_stack::controller::{Direction, EndpointAddress, EndpointConfig, OpenError};

use super::{Model, NUMBERS};
use crate::endpoint::{InEndpoint, Line, OutEndpoint};
use crate::shape::side;
use crate::violation::Violation;

impl Model {
    /// Opens an endpoint, both directions of endpoint 0. A SETUP that has arrived already stays.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&mut self, config: &EndpointConfig) -> Result<(), OpenError> {
        if !self.pull_up {
            self.violated(Violation::NotConnected);
            return Err(OpenError::Unsupported);
        }
        let number = config.address.number();
        if number == 0 {
            self.close(EndpointAddress::CONTROL_OUT);
            self.close(EndpointAddress::CONTROL_IN);
        } else {
            self.close(config.address);
        }
        self.take_memory(config)?;
        let (shape, data1) = (self.shape, self.overtaken(number));
        let line = |direction| Line {
            config: EndpointConfig { address: EndpointAddress::new(number, direction), ..*config },
            halted: false,
            data1,
            buffers: shape.buffers(config.transfer_type),
            run_packets: shape.packets_in_run(config.transfer_type),
        };
        let at = usize::from(number);
        if number == 0 {
            self.outs[at] = Some(OutEndpoint::new(line(Direction::Out)));
            self.ins[at] = Some(InEndpoint::new(line(Direction::In)));
        } else {
            match config.address.direction() {
                Direction::Out => self.outs[at] = Some(OutEndpoint::new(line(Direction::Out))),
                Direction::In => self.ins[at] = Some(InEndpoint::new(line(Direction::In))),
            }
        }
        self.changed();
        Ok(())
    }

    /// The endpoint will be opened with this configuration too: what it is first given is as much as the largest takes.
    pub fn reserve(&mut self, config: EndpointConfig) {
        let footprint = self.footprint(&config).unwrap_or(0);
        let reserved =
            &mut self.reserved_memory[side(config.address.direction())][usize::from(config.address.number())];
        *reserved = footprint.max(*reserved);
    }

    /// An endpoint that was open before has its memory still; if that is too small, it is lost until all are closed.
    fn take_memory(&mut self, config: &EndpointConfig) -> Result<(), OpenError> {
        let footprint = self.footprint(config)?;
        let (side, number) = (side(config.address.direction()), usize::from(config.address.number()));
        let kept = &mut self.kept_memory[side][number];
        if footprint > *kept {
            let footprint = footprint.max(self.reserved_memory[side][number]);
            if self.memory_used + footprint > self.shape.packet_memory {
                return Err(OpenError::NoMemory);
            }
            self.memory_used += footprint;
            *kept = footprint;
        }
        Ok(())
    }

    /// Closes one direction of an endpoint.
    pub fn close(&mut self, endpoint: EndpointAddress) {
        let at = usize::from(endpoint.number());
        let was_open = match side(endpoint.direction()) {
            0 => self.outs[at].take().is_some(),
            _ => self.ins[at].take().is_some(),
        };
        self.forget_events(endpoint);
        if was_open {
            self.changed();
        }
    }

    /// Closes every endpoint but 0 and frees their packet memory.
    pub fn close_all(&mut self) {
        self.kept_memory = Default::default();
        self.reserved_memory = Default::default();
        self.memory_used = 0;
        for number in 1..NUMBERS as u8 {
            self.close(EndpointAddress::new(number, Direction::Out));
            self.close(EndpointAddress::new(number, Direction::In));
        }
    }
}
