//! Which hardware the virtual controller looks like.

use usb_stack::controller::{Direction, EndpointConfig, Limits, OpenError, TransferType};

/// What differs between controllers as the stack and the host can notice it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Endpoint numbers in each direction, endpoint 0 included (1 to 16).
    pub endpoints: u8,
    /// Bytes of packet memory for all endpoints but 0.
    pub packet_memory: u32,
    /// Packet memory is handed out in pieces of this many bytes; at least 1.
    pub granule: u32,
    /// Buffers of a bulk endpoint in one direction, at least 1. Every other endpoint has one.
    pub bulk_buffers: u8,
    /// The most packets that one run of a bulk or interrupt endpoint may have, at least 1. A run of a control or isochronous
    /// endpoint is always one packet.
    pub run_packets: u16,
    /// An OUT packet that repeats the last one (its acknowledgement was lost) is acknowledged even when no buffer is
    /// armed, as USB 2.0 section 8.6.3 has it. Without this it is answered with NAK until one is, because the hardware
    /// looks for a buffer first.
    pub acknowledges_retries_unarmed: bool,
}

impl Shape {
    /// RP2040 (data sheet section 4.1.2.5): one packet a run, bulk double-buffered, 64-byte pieces of 3,712 bytes.
    pub const RP2040: Self = Self {
        endpoints: 16,
        packet_memory: 3712,
        granule: 64,
        bulk_buffers: 2,
        run_packets: 1,
        acknowledges_retries_unarmed: false,
    };

    /// SAMD21 and SAMD51: eight endpoint numbers, runs of up to 16 KiB by DMA, one at a time.
    pub const SAMD: Self = Self {
        endpoints: 8,
        packet_memory: 8192,
        granule: 4,
        bulk_buffers: 1,
        run_packets: 255,
        acknowledges_retries_unarmed: false,
    };

    /// The least that the contract allows: one packet a run, one buffer an endpoint.
    pub const MINIMAL: Self = Self {
        endpoints: 16,
        packet_memory: 3712,
        granule: 1,
        bulk_buffers: 1,
        run_packets: 1,
        acknowledges_retries_unarmed: true,
    };

    /// For [`usb_stack::Controller::limits`].
    pub const fn limits(&self) -> Limits {
        Limits { endpoints: self.endpoints, packet_memory: self.packet_memory }
    }

    /// Buffers that an endpoint of this type has in one direction.
    pub const fn buffers(&self, transfer_type: TransferType) -> usize {
        match transfer_type {
            TransferType::Bulk => self.bulk_buffers as usize,
            _ => 1,
        }
    }

    /// The most packets in one run of an endpoint of this type.
    pub const fn packets_in_run(&self, transfer_type: TransferType) -> usize {
        match transfer_type {
            TransferType::Isochronous | TransferType::Control => 1,
            _ => self.run_packets as usize,
        }
    }

    /// Packet memory in bytes that an endpoint takes; endpoint 0 has its own.
    ///
    /// # Errors
    /// [`OpenError::Unsupported`] when the number, the type or the packet size does not exist here.
    pub const fn footprint(&self, config: &EndpointConfig) -> Result<u32, OpenError> {
        let number = config.address.number();
        if !config.is_legal() || number >= self.endpoints {
            return Err(OpenError::Unsupported);
        }
        if number == 0 {
            return Ok(0);
        }
        let pieces = (config.max_packet_size as u32).div_ceil(self.granule);
        Ok(pieces * self.granule * self.buffers(config.transfer_type) as u32)
    }
}

/// The index of a direction in a pair of tables.
pub(crate) const fn side(direction: Direction) -> usize {
    match direction {
        Direction::Out => 0,
        Direction::In => 1,
    }
}
