//! The device side's seam: what a USB device controller does for the stack.
//!
//! A port implements [`Controller`] once for each chip; the virtual controller of the unix port implements it too. The
//! trait speaks of *runs*: a run is what the controller can move without being looked after, one packet on the RP2040,
//! many packets by DMA on the SAMD. The stack cuts transfers into runs, decides about zero-length packets, halts and
//! toggles, and never sees a register.
//!
//! # Who calls what, and when
//!
//! Every method is called with the controller's interrupt held off, from its interrupt handler or from the main program
//! inside a critical section; no method is ever entered twice at once, and none may wait for the bus.
//!
//! ```text
//! connect()                     pull-up on; the host sees a device
//!   next_event() -> Reset       address 0, endpoints closed, endpoint 0 idle: the driver has done all of that
//!     open(endpoint 0)          the stack opens endpoint 0 with the packet size of the device descriptor
//!   next_event() -> Setup
//!     send(0, data)...          IN data stage, one run after the other as `Sent` arrives; then
//!     arm(0, [])                OUT status stage, `Received` with an empty packet ends it
//!   or
//!     arm(0, [])                OUT data stage; `Received`, read(), release(), arm() again; then
//!     send(0, [])               IN status stage, `Sent` ends it
//!   or
//!     set_halt(0 IN and OUT)    protocol stall until the next SETUP
//! disconnect()                  pull-up off; nothing is delivered any more
//! ```
//!
//! A SETUP may arrive at any time, also in the middle of a control transfer: the driver then drops what endpoint 0 had
//! queued in either direction and every event of endpoint 0 that it has not delivered yet, ends a protocol stall, makes
//! DATA1 the next packet both ways, and delivers [`Event::Setup`]. One thing it does not drop: the event of an empty
//! packet that was over on the bus before that SETUP came. It is the end of the status stage before, and a program may
//! wait to hear of it; the stack gives endpoint 0 nothing to send in answer to it. From the moment a SETUP is in the
//! controller until it has been delivered, `send`, `arm` and `set_halt` on endpoint 0 are about the transfer before it:
//! the driver takes them and does nothing.
//!
//! In the same way a bus reset may be in the controller before the stack knows: until it has been delivered, calls for
//! the endpoints that it has closed are harmless.
//!
//! Endpoint 0 is given one packet at a time in each direction, with data that do not stay where they are: a driver
//! copies them, whatever it does on other endpoints, and receives into memory of its own (`room` is empty).

use crate::setup::SetupPacket;

/// The direction of a transfer, as the host sees it (USB 2.0 section 9.6.6, bit 7 of bEndpointAddress).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Host to device.
    Out,
    /// Device to host.
    In,
}

/// An endpoint's number (0 to 15) and direction, as in bEndpointAddress. Kept as [`EndpointAddress::index`], for which it is
/// asked more often than for the byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndpointAddress(u8);

impl EndpointAddress {
    /// Endpoint 0, host to device.
    pub const CONTROL_OUT: Self = Self(0);
    /// Endpoint 0, device to host.
    pub const CONTROL_IN: Self = Self(1);

    /// From the byte of a descriptor or of wIndex; the reserved bits 4 to 6 are dropped.
    pub const fn from_byte(byte: u8) -> Self {
        Self((byte & 0x0f) << 1 | byte >> 7)
    }

    /// From a number (only bits 0 to 3 count) and a direction.
    pub const fn new(number: u8, direction: Direction) -> Self {
        Self((number & 0x0f) << 1 | matches!(direction, Direction::In) as u8)
    }

    /// The byte as it stands in bEndpointAddress.
    pub const fn byte(self) -> u8 {
        self.number() | (self.0 & 1) << 7
    }

    /// Its place in a table of all endpoints, OUT and IN of each number one after the other: 0 to 31.
    pub const fn index(self) -> usize {
        (self.0 & 0x1f) as usize
    }

    /// 0 to 15.
    pub const fn number(self) -> u8 {
        self.0 >> 1
    }

    /// In or Out.
    pub const fn direction(self) -> Direction {
        if self.0 & 1 != 0 { Direction::In } else { Direction::Out }
    }
}

/// bmAttributes bits 0 and 1 of an endpoint descriptor (USB 2.0 table 9-13).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferType {
    /// Section 5.5.
    Control = 0,
    /// Section 5.6.
    Isochronous = 1,
    /// Section 5.8.
    Bulk = 2,
    /// Section 5.7.
    Interrupt = 3,
}

impl TransferType {
    /// From bmAttributes.
    pub const fn from_attributes(bm_attributes: u8) -> Self {
        match bm_attributes & 3 {
            0 => Self::Control,
            1 => Self::Isochronous,
            2 => Self::Bulk,
            _ => Self::Interrupt,
        }
    }
}

/// What an endpoint is opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndpointConfig {
    /// Number and direction.
    pub address: EndpointAddress,
    /// What it carries.
    pub transfer_type: TransferType,
    /// Largest payload of one packet in bytes, 0 to 1023.
    pub max_packet_size: u16,
}

impl EndpointConfig {
    /// Full speed has such an endpoint: a control endpoint has number 0, and the packet size is what USB 2.0 sections 5.5.3,
    /// 5.6.3, 5.7.3 and 5.8.3 allow. 0, which the second of them recommends for an interface that is not used, is a size too.
    pub const fn is_legal(self) -> bool {
        let size = self.max_packet_size;
        if self.address.number() == 0 {
            return matches!(self.transfer_type, TransferType::Control) && is_control_size(size);
        }
        match self.transfer_type {
            TransferType::Control => false,
            TransferType::Isochronous => size <= 1023,
            TransferType::Bulk | TransferType::Interrupt => size <= 64,
        }
    }
}

/// Packets of endpoint 0 may be so large: 8, 16, 32 or 64 bytes (USB 2.0 section 5.5.3).
pub(crate) const fn is_control_size(size: u16) -> bool {
    size & !(8 | 16 | 32 | 64) == 0 && size.is_power_of_two()
}

/// What the controller can hold; descriptors that ask for more are refused before the host sees them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Endpoint numbers in each direction, endpoint 0 included: 16 on the RP2040, 8 on SAMD.
    pub endpoints: u8,
    /// Bytes of packet memory for all endpoints but 0, in the unit of [`Controller::footprint`].
    pub packet_memory: u32,
}

/// Why [`Controller::open`] refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// The number, type or packet size is beyond the controller.
    Unsupported,
    /// No packet memory is left.
    NoMemory,
}

/// What happened on the bus; [`Controller::next_event`] delivers it in bus order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A bus reset ended. The driver has set address 0, closed all endpoints but 0 and emptied endpoint 0.
    Reset,
    /// The bus has been idle for 3 ms (USB 2.0 section 7.1.7.6).
    Suspend,
    /// The host resumed the bus, or a remote wakeup succeeded.
    Resume,
    /// A start-of-frame packet; delivered only between `enable_sof(true)` and `enable_sof(false)`.
    StartOfFrame,
    /// A SETUP packet on endpoint 0.
    Setup(SetupPacket),
    /// The oldest run given to [`Controller::send`] has been taken by the host (for isochronous: its frame has passed).
    Sent {
        /// The IN endpoint's number.
        number: u8,
    },
    /// A run has arrived: [`Controller::received`] tells its length. One event for each run.
    Received {
        /// The OUT endpoint's number.
        number: u8,
    },
}

/// The oldest run that waits in an OUT endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received {
    /// Its bytes.
    pub len: usize,
    /// It ended with a packet shorter than the endpoint's packet size (a zero-length packet included).
    pub short: bool,
}

/// A full-speed USB device controller. See the module's text for the order of calls.
pub trait Controller {
    /// What the controller can hold.
    fn limits(&self) -> Limits;

    /// Packet memory that an endpoint of this configuration takes, in bytes, all of its buffers together. `None` when no
    /// endpoint like it can be opened at all; that is so at least where it is not [legal](EndpointConfig::is_legal).
    fn footprint(&self, config: EndpointConfig) -> Option<u32>;

    /// The endpoint will be opened with this configuration at some time until all are closed. When it is opened for the
    /// first time it is given as much packet memory as the largest of those takes that were announced before.
    fn reserve(&mut self, config: EndpointConfig);

    /// Lends the driver RAM for the packet buffers of the endpoints to be opened, for drivers that have no memory of
    /// their own (SAMD). `start` stays valid until the next call or until all endpoints are closed. Others ignore it.
    fn lend_memory(&mut self, start: *mut u8, len: usize) {
        let _ = (start, len);
    }

    /// Switches the pull-up on: the host sees a device and resets it.
    fn connect(&mut self);

    /// Switches the pull-up off, closes every endpoint and forgets every event. Address 0.
    fn disconnect(&mut self);

    /// The oldest event not delivered yet, `None` when there is none left. The stack calls it from the interrupt
    /// handler until it is empty.
    fn next_event(&mut self) -> Option<Event>;

    /// [`Controller::next_event`] has nothing to deliver. A driver that can tell faster than it can look for an event does;
    /// `false` is never wrong.
    fn is_quiet(&self) -> bool {
        false
    }

    /// From now on the device answers to `address`. The stack calls it when the status stage of SET_ADDRESS is over.
    fn set_address(&mut self, address: u8);

    /// Opens an endpoint: empty, not halted, DATA0 next. An open endpoint is closed first. Endpoint 0 is opened in both
    /// directions by one call with either direction.
    ///
    /// Packet memory that an endpoint has once been given stays its own, closed or not, until the next reset or
    /// [`Controller::close_all`]: opened again with a configuration that was [announced](Controller::reserve), with the same
    /// packet size or with a smaller one, it cannot run out.
    ///
    /// # Errors
    /// See [`OpenError`]; the endpoint is then closed.
    fn open(&mut self, config: EndpointConfig) -> Result<(), OpenError>;

    /// Closes an endpoint: tokens to it get no answer, its runs and events are gone. Does nothing if it is not open.
    fn close(&mut self, endpoint: EndpointAddress);

    /// Closes every endpoint but 0 and frees their packet memory.
    fn close_all(&mut self);

    /// Queues the next run of an IN endpoint: the driver takes bytes from the front of `data`, either all of it or a
    /// whole number of packets, and says how many; an empty `data` is a zero-length packet. `None`: no buffer is free,
    /// ask again after [`Event::Sent`]. The stack has at most two runs in flight on one endpoint, and offers at most 64
    /// packets for one.
    ///
    /// A driver with DMA may keep the address: `data` stays where it is, unchanged, until `Sent` or
    /// [`Controller::cancel`].
    fn send(&mut self, number: u8, data: &[u8]) -> Option<usize>;

    /// Bytes of the oldest run given to [`Controller::send`] that the host has acknowledged while the run is still in
    /// flight. Asked before runs are taken back, so that those bytes are not sent twice. A run of one packet is either in
    /// flight or over: 0.
    fn acknowledged(&self, number: u8) -> usize {
        let _ = number;
        0
    }

    /// Lets the host send to an OUT endpoint: buffers are armed for as many packets as `room` can take whole, and for
    /// one packet in any case. Buffers already armed count. Calling it again is harmless.
    ///
    /// A driver with DMA may receive whole packets straight into `room`, which then stays where it is until the run is
    /// released or cancelled, and the same `room` is given to [`Controller::read`].
    fn arm(&mut self, number: u8, room: &mut [u8]);

    /// Lets the host send to all of an OUT endpoint's own buffers, for data that stay in the controller until they are
    /// read without a room known beforehand (a byte stream). Buffers already armed count. A driver with one buffer, or
    /// one that would need `room`, arms one packet.
    fn arm_ahead(&mut self, number: u8) {
        self.arm(number, &mut []);
    }

    /// The oldest run that waits, `None` if none does.
    fn received(&self, number: u8) -> Option<Received>;

    /// Copies bytes of the oldest waiting run, from its byte `offset` on, to the front of `into`: as many as both have.
    fn read(&mut self, number: u8, offset: usize, into: &mut [u8]);

    /// Lets go of the oldest waiting run: its buffer is free to be armed again (by the next `arm`, not by itself).
    fn release(&mut self, number: u8);

    /// Takes back every run in flight. What the host has not acknowledged was never sent: toggles stay what the host
    /// expects. No event of this endpoint is delivered any more, and runs that wait in an OUT endpoint are dropped too.
    fn cancel(&mut self, endpoint: EndpointAddress);

    /// Sets or ends the halt of an endpoint (STALL to every token but SETUP). Setting it takes back IN runs in flight
    /// and disarms OUT buffers, but keeps OUT runs that wait; the stack sends and arms again after the halt. A run that
    /// the host has taken by then still gets its [`Event::Sent`]. Ending it makes DATA0 the next packet. On endpoint 0
    /// a halt is the protocol stall, which the next SETUP ends.
    fn set_halt(&mut self, endpoint: EndpointAddress, halted: bool);

    /// Makes DATA0 the next packet, keeping what is queued (CLEAR_FEATURE on an endpoint that is not halted, USB 2.0
    /// section 9.4.5).
    fn reset_toggle(&mut self, endpoint: EndpointAddress);

    /// Signals resume to a suspended host (USB 2.0 section 7.1.7.7). [`Event::Resume`] follows.
    fn remote_wakeup(&mut self);

    /// Turns [`Event::StartOfFrame`] on or off; off after a reset.
    fn enable_sof(&mut self, enabled: bool);
}
