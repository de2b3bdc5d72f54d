//! Endpoints opened and closed, and their packet memory.

use usb_stack::controller::{EndpointConfig, OpenError, TransferType};

use crate::channel::{BULK, Channel, DOUBLE, ISOCHRONOUS};
use crate::driver::{Driver, slots_of};
use crate::memory::{self, Slot, endpoint_control};
use crate::registers::Registers;

/// Packet memory that an endpoint takes in bytes: pieces of 64 bytes, twice as many for the two buffers of a bulk
/// endpoint. Endpoint 0 has its own.
///
/// # Errors
/// [`OpenError::Unsupported`] for what full speed or the controller does not have (USB 2.0 sections 5.5.3, 5.6.3, 5.7.3
/// and 5.8.3).
pub(crate) fn footprint(config: &EndpointConfig) -> Result<u16, OpenError> {
    let size = config.max_packet_size;
    let number = config.address.number();
    let is_legal = match config.transfer_type {
        TransferType::Control => number == 0 && matches!(size, 8 | 16 | 32 | 64),
        TransferType::Isochronous => number != 0 && size <= 1023,
        TransferType::Bulk | TransferType::Interrupt => number != 0 && size <= 64,
    };
    if !is_legal {
        return Err(OpenError::Unsupported);
    }
    let one = size.wrapping_add(memory::GRANULE - 1) & !(memory::GRANULE - 1);
    Ok(match config.transfer_type {
        TransferType::Control => 0,
        TransferType::Bulk => one << 1,
        _ => one,
    })
}

impl<R: Registers> Driver<R> {
    pub(crate) fn open_endpoint(&mut self, config: &EndpointConfig) -> Result<(), OpenError> {
        let (slot, other) = slots_of(config.address);
        self.shut(slot);
        if let Some(other) = other {
            self.shut(other);
        }
        self.take_memory(slot, footprint(config)?)?;
        let packet = config.max_packet_size;
        let (flags, double) = match config.transfer_type {
            TransferType::Bulk => (BULK | DOUBLE, endpoint_control::DOUBLE),
            TransferType::Isochronous => (ISOCHRONOUS, 0),
            _ => (0, 0),
        };
        self.channel(slot).open(packet, flags);
        if let Some(other) = other {
            self.channel(slot).buffer = memory::CONTROL_BUFFER;
            self.channel(other).open(packet, flags);
            self.channel(other).buffer = memory::CONTROL_BUFFER;
            return Ok(());
        }
        if flags & BULK != 0 && !slot.is_out() {
            self.bulk_in_opened(slot);
        }
        self.registers.set_word(
            slot.endpoint_control(),
            endpoint_control::ENABLE
                | endpoint_control::INTERRUPT
                | double
                | (config.transfer_type as u32) << endpoint_control::TYPE_SHIFT
                | u32::from(self.channels[slot.index()].buffer),
        );
        Ok(())
    }

    /// An endpoint that was open before has its memory still; if that is too small, it is lost until all are closed.
    fn take_memory(&mut self, slot: Slot, size: u16) -> Result<(), OpenError> {
        if size > self.channel(slot).memory {
            let left = memory::SIZE.wrapping_sub(memory::BUFFERS).wrapping_sub(self.memory_used);
            if size > left {
                return Err(OpenError::NoMemory);
            }
            let buffer = memory::BUFFERS.wrapping_add(self.memory_used);
            self.memory_used = self.memory_used.wrapping_add(size);
            let channel = self.channel(slot);
            channel.buffer = buffer;
            channel.memory = size;
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
