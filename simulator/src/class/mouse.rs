//! A mouse driver: where its reports say that it went, and which buttons are down.

use super::hid::{Field, ReportDescriptor, ReportError};
use super::hid_device::HidDevice;
use crate::host::{BusAccess, Host, HostError};

/// Usage pages (HID Usage Tables, section 3) and the usages of page 1 that a mouse has.
const PAGE_DESKTOP: u16 = 0x01;
const PAGE_BUTTON: u16 = 0x09;
const X: u16 = 0x30;
const Y: u16 = 0x31;
const WHEEL: u16 = 0x38;

/// What one input report says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Movement {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
    /// Away from the user.
    pub wheel: i32,
    /// Buttons that are down; bit 0 is button 1, the left one.
    pub buttons: u32,
}

/// Where X, Y, wheel and buttons are in the input reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MouseMap {
    descriptor: ReportDescriptor,
}

impl MouseMap {
    /// # Errors
    /// When the descriptor does not have X and Y that tell how far it went.
    pub fn new(descriptor: ReportDescriptor) -> Result<Self, ReportError> {
        let has = |usage| {
            let fields = descriptor.inputs.iter().filter(|field| !field.constant && field.variable && field.relative);
            fields.flat_map(|field| &field.usages).any(|one| *one == (PAGE_DESKTOP, usage))
        };
        if !has(X) || !has(Y) {
            let rule = "no relative X and Y in the input fields (usage page 0x01, usages 0x30 and 0x31)".to_owned();
            return Err(ReportError { offset: 0, rule });
        }
        Ok(Self { descriptor })
    }

    /// What a report says; `None` if it is about something else.
    ///
    /// # Errors
    /// With the lengths, when the report is not as long as the descriptor says.
    pub fn movement(&self, report: &[u8]) -> Result<Option<Movement>, String> {
        let (id, body) = self.descriptor.split(report)?;
        let mut movement = Movement::default();
        let mut about_us = false;
        let fields = self.descriptor.inputs.iter();
        for field in fields.filter(|field| field.report_id == id && !field.constant && field.variable) {
            for index in 0..field.count {
                let value = signed(field, body, index);
                match field.usage(index) {
                    Some((PAGE_DESKTOP, X)) => movement.x = value,
                    Some((PAGE_DESKTOP, Y)) => movement.y = value,
                    Some((PAGE_DESKTOP, WHEEL)) => movement.wheel = value,
                    Some((PAGE_BUTTON, number @ 1..=32)) if value != 0 => movement.buttons |= 1 << (number - 1),
                    Some((PAGE_BUTTON, _)) => {}
                    _ => continue,
                }
                about_us = true;
            }
        }
        Ok(about_us.then_some(movement))
    }
}

/// A value, with its sign if it can be negative (HID 1.11 section 5.8).
fn signed(field: &Field, report: &[u8], index: usize) -> i32 {
    let value = field.value(report, index);
    if field.logical_minimum >= 0 || field.size == 0 || field.size >= 32 {
        return value as i32;
    }
    let unused = 32 - field.size as u32;
    (value << unused) as i32 >> unused
}

/// An open mouse interface.
#[derive(Debug)]
pub struct Mouse {
    device: HidDevice,
    map: MouseMap,
}

impl Mouse {
    /// Whether reports of that shape are a mouse's.
    pub fn fits(descriptor: &ReportDescriptor) -> bool {
        MouseMap::new(descriptor.clone()).is_ok()
    }

    /// # Errors
    /// [`HostError::Unsuitable`] when the report descriptor is of something else.
    pub fn new(device: HidDevice) -> Result<Self, HostError> {
        match MouseMap::new(device.descriptor().clone()) {
            Ok(map) => Ok(Self { device, map }),
            Err(error) => Err(HostError::Unsuitable(format!("interface {}: {error}", device.interface()))),
        }
    }

    /// The interface that it is on.
    pub const fn device(&self) -> &HidDevice {
        &self.device
    }

    /// Keeps the endpoint polled, and returns the next movement if one has come. Does not wait.
    ///
    /// # Errors
    /// [`HostError::Transfer`] when polling failed, [`HostError::Unsuitable`] when a report contradicts its descriptor.
    pub fn poll<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<Option<Movement>, HostError> {
        while let Some(report) = self.device.poll(host)? {
            match self.map.movement(&report) {
                Ok(Some(movement)) => return Ok(Some(movement)),
                Ok(None) => {}
                Err(reason) => return Err(self.device.wrong(&reason)),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The boot mouse of HID 1.11 appendix B.2, with a wheel.
    const MOUSE: [u8; 52] = [
        0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00,
        0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x01, 0x05, 0x01, 0x09, 0x30,
        0x09, 0x31, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06, 0xc0, 0xc0,
    ];

    fn map(bytes: &[u8]) -> Result<MouseMap, ReportError> {
        MouseMap::new(ReportDescriptor::parse(bytes).unwrap())
    }

    #[test]
    fn movements_have_signs_and_buttons_are_bits() {
        let map = map(&MOUSE).unwrap();
        let moved = Movement { x: -127, y: 127, wheel: -1, buttons: 0b101 };
        assert_eq!(map.movement(&[0b101, 0x81, 0x7f, 0xff]), Ok(Some(moved)));
        assert_eq!(map.movement(&[0; 4]), Ok(Some(Movement::default())));
        let error = map.movement(&[0; 3]).unwrap_err();
        assert_eq!(error, "an input report of 3 bytes, the report descriptor says 4");
    }

    #[test]
    fn what_is_not_relative_is_no_mouse() {
        let mut tablet = MOUSE;
        tablet[49] = 0x02;
        assert!(map(&tablet).unwrap_err().to_string().contains("no relative X and Y"));
        assert!(map(&super::super::hid::tests::KEYBOARD).is_err());
    }

    #[test]
    fn twelve_bits_have_a_sign_too() {
        let mut wide = MOUSE.to_vec();
        wide.splice(40..46, [0x16, 0x01, 0xf8, 0x26, 0xff, 0x07, 0x75, 0x0c]);
        // 8 bits of buttons, three times 12: 44, and 4 to fill the byte.
        let end = wide.len() - 2;
        wide.splice(end..end, [0x75, 0x04, 0x95, 0x01, 0x81, 0x01]);
        let moved = map(&wide).unwrap().movement(&[0, 0xff, 0x2f, 0x00, 0x00, 0x08]);
        assert_eq!(moved, Ok(Some(Movement { x: -1, y: 2, wheel: -2048, buttons: 0 })));
    }
}
