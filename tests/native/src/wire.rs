//! A host that puts single packets on the wire. It retries what got no answer and keeps toggles, as USB 2.0 chapter 8 wants,
//! but follows no schedule and gives up a NAK as soon as the device cannot have anything new to say.

use std::collections::VecDeque;

use usb_simulator::port::{Fault, Port, Reply, Toggle, Token, Transaction};
use usb_simulator::time::BusTime;

use crate::rig::Rig;

/// Tries of one packet before the host gives up. A real host makes three; noise in these tests is thicker than in life.
const TRIES: usize = 40;

/// The stages of a control transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// SETUP packet.
    Setup,
    /// Data packets.
    Data,
    /// The packet that ends it.
    Status,
}

/// Why a transfer did not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// STALL.
    Stall,
    /// NAK, and nothing that could change it.
    Nak,
    /// No answer.
    Silent,
    /// More data than the host asked for, or than a packet may have.
    Babble,
    /// A status stage with data in it.
    NotEmpty,
    /// An answer that the token does not allow.
    Wrong,
}

/// The host's memory.
#[derive(Debug)]
pub struct Wire {
    /// The address that it talks to.
    pub address: u8,
    /// bMaxPacketSize0.
    pub max_packet_0: usize,
    /// Noise for the transactions to come; none when it is used up.
    pub noise: VecDeque<Option<Fault>>,
    toggles: [[Toggle; 16]; 2],
    frame: u16,
}

impl Wire {
    /// A host that has just come up.
    pub fn new(max_packet_0: usize) -> Self {
        Self {
            address: 0,
            max_packet_0: max_packet_0.max(8),
            noise: VecDeque::new(),
            toggles: Default::default(),
            frame: 0,
        }
    }

    /// DATA0 next for both directions of every endpoint but 0.
    pub fn reset_toggles(&mut self) {
        self.toggles = Default::default();
    }

    /// DATA0 next for one endpoint.
    pub fn reset_toggle(&mut self, endpoint: u8) {
        *self.toggle(endpoint) = Toggle::Data0;
    }

    fn toggle(&mut self, endpoint: u8) -> &mut Toggle {
        &mut self.toggles[usize::from(endpoint >> 7)][usize::from(endpoint & 0x0f)]
    }
}

/// A SETUP packet.
pub fn setup(request_type: u8, request: u8, value: u16, index: u16, length: u16) -> [u8; 8] {
    let ([v0, v1], [i0, i1], [l0, l1]) = (value.to_le_bytes(), index.to_le_bytes(), length.to_le_bytes());
    [request_type, request, v0, v1, i0, i1, l0, l1]
}

impl Rig {
    /// One transaction, just as given; interrupt and task run after it.
    pub fn transaction(
        &mut self,
        token: Token,
        endpoint: u8,
        toggle: Toggle,
        data: &[u8],
        fault: Option<Fault>,
    ) -> Reply {
        self.transaction_of(token, endpoint, toggle, data, 1023, false, fault)
    }

    #[expect(clippy::too_many_arguments, reason = "a transaction has that many sides")]
    fn transaction_of(
        &mut self,
        token: Token,
        endpoint: u8,
        toggle: Toggle,
        data: &[u8],
        room: usize,
        isochronous: bool,
        fault: Option<Fault>,
    ) -> Reply {
        let at = BusTime::ZERO;
        let reply = if fault == Some(Fault::LoseToken) {
            Reply::Silent
        } else {
            let transaction = Transaction {
                start: at,
                token_end: at,
                data_end: at,
                token,
                address: self.wire.address,
                endpoint,
                toggle,
                data,
                room,
                isochronous,
                fault,
            };
            self.bus.transaction(&transaction).unwrap_or(Reply::Silent)
        };
        self.turn();
        reply
    }

    /// Sends one packet with the given toggle until it is acknowledged.
    fn push(&mut self, token: Token, endpoint: u8, toggle: Toggle, data: &[u8]) -> Result<(), Broken> {
        let mut last = Broken::Silent;
        for _ in 0..TRIES {
            let changes = self.bus.changes();
            let fault = self.wire.noise.pop_front().flatten();
            match self.transaction(token, endpoint, toggle, data, fault) {
                // The host hears nothing of an acknowledgement that is lost, and sends again.
                _ if fault.is_some() => last = Broken::Silent,
                Reply::Ack => return Ok(()),
                Reply::Nak if self.bus.changes() == changes => return Err(Broken::Nak),
                Reply::Nak => last = Broken::Nak,
                Reply::Stall => return Err(Broken::Stall),
                Reply::Silent => last = Broken::Silent,
                Reply::Data { .. } => return Err(Broken::Wrong),
            }
        }
        Err(last)
    }

    /// Fetches one packet of at most `room` bytes; one that repeats the last toggle is acknowledged and dropped.
    fn pull(&mut self, endpoint: u8, expected: Toggle, room: usize) -> Result<Vec<u8>, Broken> {
        let mut last = Broken::Silent;
        for _ in 0..TRIES {
            let changes = self.bus.changes();
            let fault = self.wire.noise.pop_front().flatten();
            match self.transaction_of(Token::In, endpoint, expected, &[], room, false, fault) {
                Reply::Data { .. } | Reply::Nak | Reply::Stall if fault == Some(Fault::CorruptData) => {
                    last = Broken::Silent;
                }
                Reply::Data { bytes, .. } if bytes.len() > room => return Err(Broken::Babble),
                Reply::Data { toggle, bytes } if toggle == expected => return Ok(bytes),
                Reply::Data { .. } => {}
                Reply::Nak if self.bus.waits_for_frame() => self.frames(1),
                Reply::Nak if self.bus.changes() == changes => return Err(Broken::Nak),
                Reply::Nak => last = Broken::Nak,
                Reply::Stall => return Err(Broken::Stall),
                Reply::Silent => last = Broken::Silent,
                Reply::Ack => return Err(Broken::Wrong),
            }
        }
        Err(last)
    }

    /// One packet to an OUT endpoint.
    pub fn send_packet(&mut self, endpoint: u8, data: &[u8]) -> Result<(), Broken> {
        let toggle = *self.wire.toggle(endpoint & 0x0f);
        self.push(Token::Out, endpoint & 0x0f, toggle, data)?;
        *self.wire.toggle(endpoint & 0x0f) = toggle.flipped();
        Ok(())
    }

    /// One packet from an IN endpoint.
    pub fn fetch_packet(&mut self, endpoint: u8, room: usize) -> Result<Vec<u8>, Broken> {
        let toggle = *self.wire.toggle(endpoint | 0x80);
        let bytes = self.pull(endpoint & 0x0f, toggle, room)?;
        *self.wire.toggle(endpoint | 0x80) = toggle.flipped();
        Ok(bytes)
    }

    /// An isochronous packet to the device.
    pub fn send_isochronous(&mut self, endpoint: u8, data: &[u8]) -> Reply {
        self.transaction_of(Token::Out, endpoint, Toggle::Data0, data, 1023, true, None)
    }

    /// An isochronous packet from the device, `None` if it has none.
    pub fn fetch_isochronous(&mut self, endpoint: u8) -> Option<Vec<u8>> {
        match self.transaction_of(Token::In, endpoint, Toggle::Data0, &[], 1023, true, None) {
            Reply::Data { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// Sends `data` in packets of `size`, an empty one if there are none. Returns how many bytes were acknowledged before it
    /// broke, if it did.
    pub fn write(&mut self, endpoint: u8, size: usize, data: &[u8]) -> Result<(), (usize, Broken)> {
        let mut at = 0;
        loop {
            let end = data.len().min(at + size);
            self.send_packet(endpoint, &data[at..end]).map_err(|broken| (at, broken))?;
            at = end;
            if at == data.len() {
                return Ok(());
            }
        }
    }

    /// Fetches packets of `size` until one is short or `len` bytes are there. What came before it broke comes with the error.
    pub fn read(&mut self, endpoint: u8, size: usize, len: usize) -> Result<Vec<u8>, (Vec<u8>, Broken)> {
        let mut got = Vec::new();
        loop {
            match self.fetch_packet(endpoint, size) {
                Ok(bytes) => {
                    let short = bytes.len() < size;
                    got.extend(bytes);
                    if short || got.len() >= len {
                        return Ok(got);
                    }
                }
                Err(broken) => return Err((got, broken)),
            }
        }
    }

    /// Only the SETUP packet of a control transfer.
    pub fn send_setup(&mut self, packet: [u8; 8]) -> Result<(), Broken> {
        self.push(Token::Setup, 0, Toggle::Data0, &packet)
    }

    /// The data stage of a control IN transfer.
    pub fn control_data_in(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        let size = self.wire.max_packet_0;
        let (mut got, mut toggle) = (Vec::new(), Toggle::Data1);
        while got.len() < length {
            let bytes = self.pull(0, toggle, size)?;
            toggle = toggle.flipped();
            let short = bytes.len() < size;
            got.extend(bytes);
            if short {
                break;
            }
        }
        if got.len() > length { Err(Broken::Babble) } else { Ok(got) }
    }

    /// The data stage of a control OUT transfer.
    pub fn control_data_out(&mut self, data: &[u8]) -> Result<(), Broken> {
        let (size, mut toggle) = (self.wire.max_packet_0, Toggle::Data1);
        for packet in data.chunks(size) {
            self.push(Token::Out, 0, toggle, packet)?;
            toggle = toggle.flipped();
        }
        Ok(())
    }

    /// The status stage of a control transfer that had an IN data stage.
    pub fn status_out(&mut self) -> Result<(), Broken> {
        self.push(Token::Out, 0, Toggle::Data1, &[])
    }

    /// The status stage of any other control transfer.
    pub fn status_in(&mut self) -> Result<(), Broken> {
        let bytes = self.pull(0, Toggle::Data1, self.wire.max_packet_0)?;
        if bytes.is_empty() { Ok(()) } else { Err(Broken::NotEmpty) }
    }

    /// A control transfer whose data come from the device.
    pub fn control_in(&mut self, packet: [u8; 8]) -> Result<Vec<u8>, (Stage, Broken)> {
        let length = u16::from_le_bytes([packet[6], packet[7]]).into();
        self.send_setup(packet).map_err(|broken| (Stage::Setup, broken))?;
        if length == 0 {
            return self.status_in().map(|()| Vec::new()).map_err(|broken| (Stage::Status, broken));
        }
        let got = self.control_data_in(length).map_err(|broken| (Stage::Data, broken))?;
        self.status_out().map_err(|broken| (Stage::Status, broken))?;
        Ok(got)
    }

    /// A control transfer with `data` for the device; wLength is filled in.
    pub fn control_out(&mut self, mut packet: [u8; 8], data: &[u8]) -> Result<(), (Stage, Broken)> {
        packet[6..].copy_from_slice(&(data.len() as u16).to_le_bytes());
        self.send_setup(packet).map_err(|broken| (Stage::Setup, broken))?;
        self.control_data_out(data).map_err(|broken| (Stage::Data, broken))?;
        self.status_in().map_err(|broken| (Stage::Status, broken))
    }

    /// A bus reset.
    pub fn bus_reset(&mut self) {
        // The port of a controller in this process cannot fail.
        let _ = self.bus.reset(BusTime::ZERO, BusTime::ZERO);
        self.wire.address = 0;
        self.wire.reset_toggles();
        self.turn();
    }

    /// Frames without traffic.
    pub fn frames(&mut self, count: u32) {
        for _ in 0..count {
            self.wire.frame = self.wire.frame.wrapping_add(1) & 0x7ff;
            let _ = self.bus.start_of_frame(BusTime::ZERO, self.wire.frame);
            self.turn();
        }
    }

    /// The host stops the frames.
    pub fn suspend(&mut self) {
        let _ = self.bus.suspend(BusTime::ZERO);
        self.turn();
    }

    /// The host resumes.
    pub fn resume(&mut self) {
        let _ = self.bus.resume(BusTime::ZERO);
        self.turn();
    }

    /// SET_ADDRESS.
    pub fn set_address(&mut self, address: u8) -> Result<(), (Stage, Broken)> {
        self.control_out(setup(0x00, 5, address.into(), 0, 0), &[])?;
        self.wire.address = address;
        Ok(())
    }

    /// SET_CONFIGURATION.
    pub fn set_configuration(&mut self, value: u8) -> Result<(), (Stage, Broken)> {
        self.control_out(setup(0x00, 9, value.into(), 0, 0), &[])?;
        self.wire.reset_toggles();
        Ok(())
    }

    /// SET_INTERFACE; what toggles the interface has is the caller's to know.
    pub fn set_interface(&mut self, interface: u8, alternate: u8) -> Result<(), (Stage, Broken)> {
        self.control_out(setup(0x01, 11, alternate.into(), interface.into(), 0), &[])
    }

    /// SET_FEATURE(ENDPOINT_HALT).
    pub fn halt(&mut self, endpoint: u8) -> Result<(), (Stage, Broken)> {
        self.control_out(setup(0x02, 3, 0, endpoint.into(), 0), &[])
    }

    /// CLEAR_FEATURE(ENDPOINT_HALT).
    pub fn clear_halt(&mut self, endpoint: u8) -> Result<(), (Stage, Broken)> {
        self.control_out(setup(0x02, 1, 0, endpoint.into(), 0), &[])?;
        self.wire.reset_toggle(endpoint);
        Ok(())
    }

    /// GET_DESCRIPTOR to the device.
    pub fn descriptor(&mut self, kind: u8, index: u8, length: u16) -> Result<Vec<u8>, (Stage, Broken)> {
        let language = if kind == 3 && index != 0 { 0x0409 } else { 0 };
        self.control_in(setup(0x80, 6, u16::from_be_bytes([kind, index]), language, length))
    }

    /// GET_STATUS of device (0x80), interface (0x81) or endpoint (0x82).
    pub fn status(&mut self, recipient: u8, index: u16) -> Result<Vec<u8>, (Stage, Broken)> {
        self.control_in(setup(recipient, 0, 0, index, 2))
    }

    /// Reset, address 5, the descriptors as they are, configuration 1.
    ///
    /// # Panics
    /// When any step fails: the test cannot go on then.
    pub fn enumerate(&mut self) {
        self.bus_reset();
        let (device, configuration) = (self.app.device.clone(), self.app.configuration.clone());
        assert_eq!(self.descriptor(1, 0, 18).as_deref(), Ok(&device[..]), "device descriptor");
        self.set_address(5).expect("SET_ADDRESS");
        assert_eq!(self.descriptor(2, 0, 9).as_deref(), Ok(&configuration[..9]), "configuration descriptor, its head");
        let total = configuration.len() as u16;
        assert_eq!(self.descriptor(2, 0, total).as_deref(), Ok(&configuration[..]), "configuration descriptor");
        self.set_configuration(1).expect("SET_CONFIGURATION");
        assert!(self.device.is_configured());
    }
}
