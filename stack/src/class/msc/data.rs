//! The data of a command: which way they go, cut into parts that fit in the buffer, and how that ends.

use super::medium::{Medium, Sense};
use super::scsi::{self, Intent};
use super::wrapper::{Status, Wrapper};
use super::{MassStorage, Phase};

impl MassStorage {
    /// A command has come.
    pub(super) fn begin(&mut self, medium: &mut impl Medium, buffer: &mut [u8], len: usize) {
        let Some(wrapper) = buffer.get(..len).and_then(Wrapper::parse) else {
            self.phase = Phase::Broken(2);
            return;
        };
        self.wrapper = wrapper;
        self.status = Status::Passed;
        self.planned = 0;
        self.moved = 0;
        self.done = 0;
        let intent = match scsi::begin(&mut self.unit, &wrapper, medium, buffer) {
            Ok(intent) => intent,
            Err(sense) => return self.fail(sense),
        };
        self.intent = intent;
        let (wanted, is_in) = match intent {
            Intent::Done => return self.end_data(),
            Intent::Answer(bytes) | Intent::Read { bytes, .. } => (bytes, true),
            Intent::Take(bytes) | Intent::Write { bytes, .. } => (bytes, false),
        };
        if wanted > wrapper.length || is_in != wrapper.is_in {
            // Cases 2, 3, 7, 8, 10 and 13.
            self.status = Status::PhaseError;
            return self.end_data();
        }
        self.planned = wanted;
        match intent {
            Intent::Answer(bytes) => {
                self.part = bytes as usize;
                self.phase = Phase::Send;
            }
            _ => self.phase = Phase::NextPart,
        }
    }

    /// The next part of the data begins: whole blocks if the buffer holds any.
    pub(super) fn next_part(&mut self, room: usize) {
        let (block_size, phase) = match self.intent {
            Intent::Read { block_size, .. } => (usize::from(block_size), Phase::Fill),
            Intent::Write { block_size, .. } => (usize::from(block_size), Phase::Receive),
            _ => (1, Phase::Receive),
        };
        let whole = room.saturating_sub(room.checked_rem(block_size).unwrap_or(0));
        let room = if whole == 0 { room } else { whole };
        self.part = room.min(self.planned.saturating_sub(self.done) as usize);
        self.by_medium = 0;
        self.phase = phase;
    }

    /// Has the medium give or take the next bytes of the part in the buffer. Returns how many; 0 if it is busy.
    pub(super) fn ask_medium(&self, medium: &mut impl Medium, buffer: &mut [u8]) -> Result<usize, Sense> {
        let position = self.done.saturating_add(self.by_medium as u32);
        let data = buffer.get_mut(self.by_medium..self.part).unwrap_or(&mut []);
        let count = match self.intent {
            Intent::Read { block, block_size, .. } => {
                let (block, offset) = place(block, block_size, position);
                medium.read(block, offset, data)?
            }
            Intent::Write { block, block_size, .. } => {
                let (block, offset) = place(block, block_size, position);
                medium.write(block, offset, data)?
            }
            _ => {
                medium.other(&self.wrapper.command, data)?;
                data.len()
            }
        };
        Ok(count.min(data.len()))
    }

    /// The medium has given or taken bytes of the part.
    pub(super) fn medium_moved(&mut self, count: usize) {
        self.by_medium = self.by_medium.saturating_add(count);
        if self.by_medium < self.part {
            return;
        }
        if self.phase == Phase::Fill {
            self.phase = Phase::Send;
            return;
        }
        self.done = self.done.saturating_add(self.part as u32);
        self.after_part();
    }

    /// A part has been moved all the way.
    pub(super) fn after_part(&mut self) {
        if self.done < self.planned { self.phase = Phase::NextPart } else { self.end_data() }
    }

    /// The command failed.
    pub(super) fn fail(&mut self, sense: Sense) {
        self.unit.sense = sense;
        self.status = Status::Failed;
        self.end_data();
    }

    /// No more data are moved. A host that has or wants more is told by a halt (sections 6.7.2 and 6.7.3).
    fn end_data(&mut self) {
        self.phase = if self.moved >= self.wrapper.length { Phase::Status } else { Phase::Halt };
    }
}

/// The block and the byte in it that stand `position` bytes behind the start of `block`.
fn place(block: u32, block_size: u16, position: u32) -> (u32, u32) {
    let size = u32::from(block_size);
    let blocks = position.checked_div(size).unwrap_or(0);
    (block.wrapping_add(blocks), position.wrapping_sub(blocks.wrapping_mul(size)))
}
