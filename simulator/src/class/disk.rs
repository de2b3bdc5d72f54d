//! A mass storage's medium as a stream of bytes that can be read and written anywhere, for the crate `fatfs`.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::storage::{Capacity, Storage, StorageError};
use crate::host::{BusAccess, Host};

/// The medium. One block is kept here, and written when another one is asked for, at [`Write::flush`], and at the end.
pub struct Disk<'a, B: BusAccess> {
    host: &'a mut Host<B>,
    storage: &'a mut Storage,
    capacity: Capacity,
    position: u64,
    block: Option<Block>,
}

struct Block {
    number: u32,
    bytes: Vec<u8>,
    /// It has to be written.
    changed: bool,
}

impl<'a, B: BusAccess> Disk<'a, B> {
    /// The medium of a disk.
    ///
    /// # Errors
    /// What READ CAPACITY failed with: there may be no medium.
    pub fn new(host: &'a mut Host<B>, storage: &'a mut Storage) -> Result<Self, StorageError> {
        let capacity = storage.capacity(host)?;
        Ok(Self { host, storage, capacity, position: 0, block: None })
    }

    /// How large it is.
    pub const fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn length(&self) -> u64 {
        u64::from(self.capacity.blocks) * u64::from(self.capacity.block_size)
    }

    /// Block and place in it of the present position; `None` at the end of the medium.
    fn place(&self) -> Option<(u32, usize)> {
        let size = u64::from(self.capacity.block_size);
        let number = self.position.checked_div(size)?;
        let number = u32::try_from(number).ok().filter(|number| *number < self.capacity.blocks)?;
        Some((number, (self.position % size) as usize))
    }

    /// The block with this number. `fetch`: its bytes matter.
    fn block(&mut self, number: u32, fetch: bool) -> io::Result<&mut Block> {
        if self.block.as_ref().is_none_or(|block| block.number != number) {
            self.write_back()?;
            let size = self.capacity.block_size;
            let bytes = if fetch {
                self.storage.read(self.host, number, 1, size).map_err(io::Error::other)?
            } else {
                vec![0; size as usize]
            };
            self.block = Some(Block { number, bytes, changed: false });
        }
        self.block.as_mut().ok_or_else(|| io::Error::other("no block"))
    }

    fn write_back(&mut self) -> io::Result<()> {
        if let Some(block) = self.block.as_mut().filter(|block| block.changed) {
            let written = self.storage.write(self.host, block.number, &block.bytes, self.capacity.block_size);
            written.map_err(io::Error::other)?;
            block.changed = false;
        }
        Ok(())
    }
}

impl<B: BusAccess> Read for Disk<'_, B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some((number, at)) = self.place() else { return Ok(0) };
        let block = self.block(number, true)?;
        let from = &block.bytes[at..];
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl<B: BusAccess> Write for Disk<'_, B> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let Some((number, at)) = self.place() else { return Ok(0) };
        let whole = at == 0 && from.len() >= self.capacity.block_size as usize;
        let block = self.block(number, !whole)?;
        let place = &mut block.bytes[at..];
        let count = place.len().min(from.len());
        place[..count].copy_from_slice(&from[..count]);
        block.changed = true;
        self.position += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_back()
    }
}

impl<B: BusAccess> Seek for Disk<'_, B> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl<B: BusAccess> Drop for Disk<'_, B> {
    fn drop(&mut self) {
        // Whoever wants to know whether it worked calls flush().
        let _ = self.write_back();
    }
}
