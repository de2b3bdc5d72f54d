//! Endpoints opened and closed, and their packet memory.

use usb_stack::controller::{EndpointConfig, OpenError, TransferType};

use crate::channel::{BULK, Channel, DOUBLE, ISOCHRONOUS};
use crate::driver::Driver;
use crate::memory::{self, Slot, endpoint_control};
use crate::registers::Registers;

/// Packet memory that an endpoint takes in bytes: pieces of 64 bytes, twice as many for the two buffers of a bulk
/// endpoint. Endpoint 0, which has its own, is not asked about.
pub(crate) fn footprint(config: EndpointConfig) -> Option<u32> {
    let granule = u32::from(memory::GRANULE);
    let one = u32::from(config.max_packet_size).wrapping_add(granule - 1) & !(granule - 1);
    let is_double = config.transfer_type == TransferType::Bulk;
    config.is_legal().then_some(one << u32::from(is_double))
}

impl<R: Registers> Driver<R> {
    pub(crate) fn open_endpoint(&mut self, config: EndpointConfig) -> Result<(), OpenError> {
        let slot = Slot::of(config.address);
        self.shut(slot);
        let footprint = footprint(config).ok_or(OpenError::Unsupported)?;
        if slot.is_control() {
            // Endpoint 0 is both of its slots, whatever the direction.
            for bit in 0..2 {
                let slot = Slot::from_bit(bit);
                self.shut(slot);
                let channel = self.channel(slot);
                channel.open(config.max_packet_size, 0);
                channel.buffer = memory::CONTROL_BUFFER;
            }
            return Ok(());
        }
        self.take_memory(slot, footprint as u16)?;
        let mut control = endpoint_control::ENABLE
            | endpoint_control::INTERRUPT
            | (config.transfer_type as u32) << endpoint_control::TYPE_SHIFT;
        let mut flags = 0;
        match config.transfer_type {
            TransferType::Bulk => {
                flags = BULK | DOUBLE;
                control |= endpoint_control::DOUBLE;
                if !slot.is_out() {
                    self.bulk_in_opened(slot);
                }
            }
            TransferType::Isochronous => flags = ISOCHRONOUS,
            _ => {}
        }
        let channel = self.channel(slot);
        channel.open(config.max_packet_size, flags);
        let control = control | u32::from(channel.buffer);
        self.registers.set_word(slot.endpoint_control(), control);
        Ok(())
    }

    /// The endpoint will be opened with this configuration too: what it is first given is as much as the largest takes.
    pub(crate) fn reserve_memory(&mut self, config: EndpointConfig) {
        let footprint = footprint(config).unwrap_or(0) as u16;
        let channel = self.channel(Slot::of(config.address));
        if channel.buffer == 0 {
            channel.memory = channel.memory.max(footprint);
        }
    }

    /// An endpoint that was open before has its memory still; if that is too small, it is lost until all are closed.
    fn take_memory(&mut self, slot: Slot, size: u16) -> Result<(), OpenError> {
        let used = self.memory_used;
        let channel = self.channel(slot);
        if channel.buffer == 0 || size > channel.memory {
            let size = size.max(channel.memory);
            let end = used.wrapping_add(size.into());
            if end > u32::from(memory::SIZE.wrapping_sub(memory::BUFFERS)) {
                return Err(OpenError::NoMemory);
            }
            channel.buffer = memory::BUFFERS.wrapping_add(used as u16);
            channel.memory = size;
            self.memory_used = end;
        }
        Ok(())
    }

    /// Closes one slot. Tokens get no answer then; endpoint 0, which cannot be switched off, answers NAK.
    pub(crate) fn shut(&mut self, slot: Slot) {
        self.take_back(slot);
        if !slot.is_control() {
            self.registers.set_word(slot.endpoint_control(), 0);
        }
        self.channel(slot).close();
        self.forget_events(slot);
        self.bulk_in_closed(slot);
    }

    /// Closes every slot but endpoint 0's and frees their memory.
    pub(crate) fn shut_all(&mut self) {
        for index in 2..Slot::COUNT as u8 {
            let slot = Slot::from_bit(index);
            self.shut(slot);
            *self.channel(slot) = Channel::CLOSED;
        }
        self.memory_used = 0;
    }
}
