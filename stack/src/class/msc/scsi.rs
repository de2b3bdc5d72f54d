//! The commands (SPC-4, SBC-3, and READ FORMAT CAPACITIES from MMC-6): what each of them wants to move.
//!
//! A command that only reads facts is done here, and its answer stands in the buffer. What moves blocks is done by the
//! driver, packet by packet. Numbers in commands and answers are big-endian.

use super::inquiry;
use super::medium::{Capacity, Medium, Sense};
use super::wrapper::Wrapper;

/// Operation codes.
pub(super) mod operation {
    pub const TEST_UNIT_READY: u8 = 0x00;
    pub const REQUEST_SENSE: u8 = 0x03;
    pub const INQUIRY: u8 = 0x12;
    pub const MODE_SENSE_6: u8 = 0x1a;
    pub const START_STOP_UNIT: u8 = 0x1b;
    pub const PREVENT_ALLOW_MEDIUM_REMOVAL: u8 = 0x1e;
    pub const READ_FORMAT_CAPACITIES: u8 = 0x23;
    pub const READ_CAPACITY_10: u8 = 0x25;
    pub const READ_10: u8 = 0x28;
    pub const WRITE_10: u8 = 0x2a;
    pub const VERIFY_10: u8 = 0x2f;
    pub const SYNCHRONIZE_CACHE_10: u8 = 0x35;
    pub const MODE_SENSE_10: u8 = 0x5a;
    pub const SERVICE_ACTION_IN_16: u8 = 0x9e;
    pub const REPORT_LUNS: u8 = 0xa0;
}

/// SERVICE ACTION of READ CAPACITY (16).
const READ_CAPACITY_16: u8 = 0x10;
/// Mode page 8: caching; and page 3F: all pages.
const CACHING_PAGE: u8 = 0x08;
const ALL_PAGES: u8 = 0x3f;

/// What a command moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Intent {
    /// Nothing: it is done.
    Done,
    /// So many bytes, which stand in the buffer, to the host.
    Answer(u32),
    /// Blocks of this size from this one on, so many bytes, to the host.
    Read { block: u32, block_size: u16, bytes: u32 },
    /// The same from the host.
    Write { block: u32, block_size: u16, bytes: u32 },
    /// Bytes from the host, of which only [`Medium::other`] knows what they are.
    Take(u32),
}

/// What outlives a command.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// Why the last command failed.
    pub sense: Sense,
    /// PREVENT ALLOW MEDIUM REMOVAL: the medium must stay.
    pub locked: bool,
}

/// Bytes that are appended to the front of a buffer.
pub(super) struct Answer<'a> {
    room: core::slice::IterMut<'a, u8>,
    length: u32,
}

impl<'a> Answer<'a> {
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self { room: buffer.iter_mut(), length: 0 }
    }

    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.room.next() {
                *place = *byte;
                self.length = self.length.saturating_add(1);
            }
        }
    }

    /// At most as much of it as the command allows.
    pub fn within(&self, allocation_length: u32) -> Result<Intent, Sense> {
        Ok(match self.length.min(allocation_length) {
            0 => Intent::Done,
            length => Intent::Answer(length),
        })
    }
}

/// Bytes of a command.
struct Fields<'a>(&'a [u8; 16]);

impl Fields<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    fn word(&self, at: usize) -> u32 {
        u32::from(self.byte(at)) << 8 | u32::from(self.byte(at.wrapping_add(1)))
    }

    fn long(&self, at: usize) -> u32 {
        self.word(at) << 16 | self.word(at.wrapping_add(2))
    }
}

/// Does a command, or says what it moves.
///
/// # Errors
/// Why it failed.
pub(super) fn begin(
    unit: &mut Unit,
    wrapper: &Wrapper,
    medium: &mut impl Medium,
    buffer: &mut [u8],
) -> Result<Intent, Sense> {
    let fields = Fields(&wrapper.command);
    let operation = fields.byte(0);
    // What went wrong before is of interest until the next command (SPC-4 section 5.13.1).
    let sense = core::mem::replace(&mut unit.sense, Sense::NONE);
    if wrapper.unit != 0 && !matches!(operation, operation::INQUIRY | operation::REQUEST_SENSE) {
        return Err(Sense::NO_SUCH_UNIT);
    }
    let mut answer = Answer::new(buffer);
    match operation {
        operation::TEST_UNIT_READY => medium.is_ready().map(|()| Intent::Done),
        operation::REQUEST_SENSE => {
            if fields.byte(1) & 1 != 0 {
                // DESC: descriptor format.
                return Err(Sense::INVALID_FIELD);
            }
            let sense = if wrapper.unit == 0 { sense } else { Sense::NO_SUCH_UNIT };
            answer.add(&[0x70, 0, sense.key, 0, 0, 0, 0, 10, 0, 0, 0, 0, sense.code, sense.qualifier, 0, 0, 0, 0]);
            answer.within(u32::from(fields.byte(4)))
        }
        operation::INQUIRY => {
            let page = (fields.byte(1) & 1 != 0).then_some(fields.byte(2));
            if page.is_none() && fields.byte(2) != 0 {
                return Err(Sense::INVALID_FIELD);
            }
            inquiry::answer(&mut answer, page, wrapper.unit, medium)?;
            answer.within(fields.word(3))
        }
        operation::MODE_SENSE_6 => {
            let (page, protected) = mode_page(&fields, medium)?;
            answer.add(&[(3 + page.len()) as u8, 0, protected, 0]);
            answer.add(&page);
            answer.within(u32::from(fields.byte(4)))
        }
        operation::MODE_SENSE_10 => {
            let (page, protected) = mode_page(&fields, medium)?;
            answer.add(&[0, (6 + page.len()) as u8, 0, protected, 0, 0, 0, 0]);
            answer.add(&page);
            answer.within(fields.word(7))
        }
        operation::START_STOP_UNIT => {
            let byte = fields.byte(4);
            let power_condition = byte >> 4;
            let start = byte & 1 != 0;
            // With a power condition the other two mean nothing.
            let load_eject = byte & 2 != 0 && power_condition == 0;
            if load_eject && !start && unit.locked {
                return Err(Sense::LOCKED_IN);
            }
            medium.start_stop(power_condition, start, load_eject).map(|()| Intent::Done)
        }
        operation::PREVENT_ALLOW_MEDIUM_REMOVAL => {
            unit.locked = fields.byte(4) & 1 != 0;
            Ok(Intent::Done)
        }
        operation::READ_FORMAT_CAPACITIES => {
            let capacity = present(medium)?;
            answer.add(&[0, 0, 0, 8]);
            answer.add(&capacity.blocks.to_be_bytes());
            let [high, low] = capacity.block_size.to_be_bytes();
            // Descriptor type 2: formatted media; the block length has three bytes.
            answer.add(&[2, 0, high, low]);
            answer.within(fields.word(7))
        }
        operation::READ_CAPACITY_10 => {
            let capacity = present(medium)?;
            if fields.byte(8) & 1 == 0 && fields.long(2) != 0 {
                return Err(Sense::INVALID_FIELD);
            }
            answer.add(&capacity.blocks.wrapping_sub(1).to_be_bytes());
            answer.add(&u32::from(capacity.block_size).to_be_bytes());
            answer.within(8)
        }
        operation::SERVICE_ACTION_IN_16 if fields.byte(1) & 0x1f == READ_CAPACITY_16 => {
            let capacity = present(medium)?;
            answer.add(&u64::from(capacity.blocks.wrapping_sub(1)).to_be_bytes());
            answer.add(&u32::from(capacity.block_size).to_be_bytes());
            answer.add(&[0; 20]);
            answer.within(fields.long(10))
        }
        operation::READ_10 => {
            let (block_size, bytes) = blocks(&fields, medium)?;
            Ok(if bytes == 0 { Intent::Done } else { Intent::Read { block: fields.long(2), block_size, bytes } })
        }
        operation::WRITE_10 => {
            let (block_size, bytes) = blocks(&fields, medium)?;
            if !medium.is_writable() {
                return Err(Sense::WRITE_PROTECTED);
            }
            Ok(if bytes == 0 { Intent::Done } else { Intent::Write { block: fields.long(2), block_size, bytes } })
        }
        operation::VERIFY_10 => {
            // BYTCHK: compare with bytes from the host.
            if fields.byte(1) & 6 != 0 {
                return Err(Sense::INVALID_FIELD);
            }
            blocks(&fields, medium).map(|_| Intent::Done)
        }
        // Everything written is safe already.
        operation::SYNCHRONIZE_CACHE_10 => blocks(&fields, medium).map(|_| Intent::Done),
        operation::REPORT_LUNS => {
            if fields.byte(2) > 2 {
                return Err(Sense::INVALID_FIELD);
            }
            // One entry of eight bytes: unit 0.
            answer.add(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            answer.within(fields.long(6))
        }
        _ if wrapper.length != 0 && !wrapper.is_in => {
            // What the data mean shows when they are there. They have to fit.
            if wrapper.length as usize > buffer.len() {
                return Err(Sense::NO_SUCH_COMMAND);
            }
            Ok(Intent::Take(wrapper.length))
        }
        _ => {
            let wanted = buffer.len().min(wrapper.length as usize);
            let room = buffer.get_mut(..wanted).unwrap_or(&mut []);
            let length = medium.other(&wrapper.command, room)?.min(wanted);
            Ok(if length == 0 { Intent::Done } else { Intent::Answer(length as u32) })
        }
    }
}

/// The capacity of the medium.
///
/// # Errors
/// There is none.
fn present(medium: &mut impl Medium) -> Result<Capacity, Sense> {
    medium.is_ready()?;
    let capacity = medium.capacity();
    if capacity.blocks == 0 || capacity.block_size == 0 { Err(Sense::NO_MEDIUM) } else { Ok(capacity) }
}

/// The blocks that a command of ten bytes names, if they are on the medium: the size of one, and the bytes of all.
fn blocks(fields: &Fields, medium: &mut impl Medium) -> Result<(u16, u32), Sense> {
    let capacity = present(medium)?;
    let (first, count) = (fields.long(2), fields.word(7));
    match first.checked_add(count) {
        Some(end) if end <= capacity.blocks => {
            // Both have sixteen bits.
            Ok((capacity.block_size, count.wrapping_mul(u32::from(capacity.block_size))))
        }
        _ => Err(Sense::OUT_OF_RANGE),
    }
}

/// The caching page, the only one there is, and the DEVICE-SPECIFIC PARAMETER: bit 7 is write protection.
fn mode_page(fields: &Fields, medium: &mut impl Medium) -> Result<([u8; 20], u8), Sense> {
    let byte = fields.byte(2);
    if !matches!(byte & 0x3f, CACHING_PAGE | ALL_PAGES) {
        return Err(Sense::INVALID_FIELD);
    }
    if byte >> 6 == 3 {
        return Err(Sense::NOTHING_SAVED);
    }
    let mut page = [0; 20];
    // Write cache off, read cache on; nothing of it can be changed.
    if let Some(head) = page.first_chunk_mut() {
        *head = [CACHING_PAGE, 18];
    }
    Ok((page, if medium.is_writable() { 0 } else { 0x80 }))
}
