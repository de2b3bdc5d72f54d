//! The other host's transfers: from what it asks to URBs, and what a host controller's driver does when they end.

use super::Station;
use crate::bus::urb::{Completion, Status, TransferType, Urb, UrbId};
use crate::host::descriptor::Endpoint;

/// CLEAR_FEATURE, SET_ADDRESS, SET_CONFIGURATION, SET_INTERFACE (USB 2.0 table 9-4).
const CLEAR_FEATURE: u8 = 1;
const SET_ADDRESS: u8 = 5;
const SET_CONFIGURATION: u8 = 9;
const SET_INTERFACE: u8 = 11;

/// bmRequestType of standard requests without data.
const TO_DEVICE: u8 = 0x00;
const TO_INTERFACE: u8 = 0x01;
const TO_ENDPOINT: u8 = 0x02;

impl Station {
    /// A control transfer. `data` counts if the SETUP packet says OUT; a length that differs from its wLength is the
    /// caller's to refuse.
    pub fn control(&mut self, setup: [u8; 8], data: &[u8]) -> UrbId {
        let id = self.submit(Urb::control(self.address, self.max_packet0, setup, data));
        let changes = matches!(
            (setup[0], setup[1]),
            (TO_DEVICE, SET_ADDRESS | SET_CONFIGURATION) | (TO_INTERFACE, SET_INTERFACE) | (TO_ENDPOINT, CLEAR_FEATURE)
        );
        if changes {
            self.changing.push((id, setup));
        }
        id
    }

    /// A bulk or interrupt OUT transfer.
    pub fn output(&mut self, endpoint: &Endpoint, data: &[u8], zero_packet: bool) -> UrbId {
        let urb = Urb::out(self.address, endpoint.address, endpoint.transfer_type, endpoint.max_packet, data);
        self.submit(Urb { zero_packet, ..urb.every(endpoint.interval()) })
    }

    /// A bulk or interrupt IN transfer.
    pub fn input(&mut self, endpoint: &Endpoint, length: usize) -> UrbId {
        let urb = Urb::input(self.address, endpoint.address, endpoint.transfer_type, endpoint.max_packet, length);
        self.submit(urb.every(endpoint.interval()))
    }

    /// An isochronous transfer, one packet in each interval: `data` cut to `packets`, or room for them.
    pub fn isochronous(&mut self, endpoint: &Endpoint, data: &[u8], packets: Vec<usize>) -> UrbId {
        let urb = Urb::isochronous(self.address, endpoint.address, endpoint.max_packet, data, packets);
        self.submit(urb.every(endpoint.interval()))
    }

    /// Takes a URB back. Its end is news as any other's.
    pub fn cancel(&mut self, id: UrbId) {
        self.bus.cancel(id);
    }

    fn submit(&mut self, urb: Urb) -> UrbId {
        if is_brisk(urb.transfer_type) {
            self.note_movement();
        }
        self.bus.submit(urb)
    }

    /// Does for a URB that has ended what a host controller's driver does.
    pub(super) fn ended(&mut self, completion: &Completion) {
        if is_brisk(completion.transfer_type) {
            self.note_movement();
        }
        let Some(place) = self.changing.iter().position(|(id, _)| *id == completion.id) else { return };
        let (_, setup) = self.changing.swap_remove(place);
        if completion.status != Status::Done {
            return;
        }
        match (setup[0], setup[1]) {
            (TO_DEVICE, SET_ADDRESS) => self.address = setup[2] & 0x7f,
            (TO_DEVICE, SET_CONFIGURATION) => {
                if let Some(settings) = &mut self.settings {
                    settings.set_configuration(setup[2]);
                }
                self.bus.cancel_all(|endpoint| endpoint & 0x0f != 0);
                self.bus.reset_toggles(self.address);
            }
            (TO_INTERFACE, SET_INTERFACE) => self.set_alternate(setup[4], setup[2]),
            (TO_ENDPOINT, CLEAR_FEATURE) if setup[2] == 0 && setup[4] & 0x0f != 0 => {
                self.bus.reset_toggle(self.address, setup[4]);
            }
            _ => {}
        }
    }

    fn set_alternate(&mut self, interface: u8, alternate: u8) {
        let Some(settings) = &mut self.settings else { return };
        settings.set_alternate(interface, alternate);
        let endpoints = settings.endpoints_of(interface);
        self.bus.cancel_all(|endpoint| endpoints.contains(&endpoint));
        for endpoint in endpoints {
            self.bus.reset_toggle(self.address, endpoint);
        }
    }
}

/// Transfers that a host waits for; the others have their intervals.
const fn is_brisk(kind: TransferType) -> bool {
    matches!(kind, TransferType::Control | TransferType::Bulk)
}
