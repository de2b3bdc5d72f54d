//! INQUIRY: who the unit is (SPC-4 sections 6.4 and 7.8).

use super::medium::{Identity, Medium, Sense};
use super::scsi::Answer;

/// A block device (SBC-3).
const BLOCK_DEVICE: u8 = 0x00;
/// Peripheral qualifier 3 and device type 1Fh: no such unit.
const NO_UNIT: u8 = 0x7f;
/// RMB: the medium can be taken out.
const REMOVABLE: u8 = 0x80;
/// VERSION: what upstream's firmware says, and the one that hosts take a bulk-only device for in any case.
const VERSION: u8 = 2;

/// Vital product data pages.
const SUPPORTED_PAGES: u8 = 0x00;
const SERIAL_NUMBER: u8 = 0x80;
const IDENTIFICATION: u8 = 0x83;

/// The longest serial number that is told.
const SERIAL_MAX: usize = 32;

/// Writes the standard data, or a page of vital product data.
///
/// # Errors
/// There is no such page.
pub(super) fn answer(answer: &mut Answer, page: Option<u8>, unit: u8, medium: &mut impl Medium) -> Result<(), Sense> {
    let device = if unit == 0 { BLOCK_DEVICE } else { NO_UNIT };
    let mut identity = Identity::BLANK;
    medium.identify(&mut identity);
    let mut serial = [0; SERIAL_MAX];
    let length = medium.serial_number(&mut serial);
    let serial = serial.get(..length).unwrap_or(&serial);
    match page {
        None => {
            answer.add(&[device, REMOVABLE, VERSION, 2, 31, 0, 0, 0]);
            answer.add(&identity.vendor);
            answer.add(&identity.product);
            answer.add(&identity.revision);
        }
        Some(SUPPORTED_PAGES) => {
            answer.add(&[device, SUPPORTED_PAGES, 0, 3, SUPPORTED_PAGES, SERIAL_NUMBER, IDENTIFICATION]);
        }
        Some(SERIAL_NUMBER) => {
            answer.add(&[device, SERIAL_NUMBER, 0, serial.len() as u8]);
            answer.add(serial);
        }
        Some(IDENTIFICATION) => {
            // One designator of ASCII for the unit: type 1, vendor identification and what the vendor likes.
            let length = (identity.vendor.len() as u8).saturating_add(serial.len() as u8);
            answer.add(&[device, IDENTIFICATION, 0, length.saturating_add(4), 2, 1, 0, length]);
            answer.add(&identity.vendor);
            answer.add(serial);
        }
        Some(_) => return Err(Sense::INVALID_FIELD),
    }
    Ok(())
}
