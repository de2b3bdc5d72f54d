//! A mass storage driver (USB Mass Storage Class, Bulk-Only Transport 1.0; SPC-4, SBC-3), which asks what Linux's usb-storage
//! asks of a new disk.

use std::fmt;

use thiserror::Error;

use crate::bus::urb::{Status, TransferType};
use crate::host::descriptor::Interface;
use crate::host::{BusAccess, Failure, Host, HostError, Request};
use crate::time::BusTime;

/// bInterfaceClass, bInterfaceSubClass (SCSI) and bInterfaceProtocol (bulk only).
const CLASS: [u8; 3] = [0x08, 0x06, 0x50];
const BULK_ONLY_RESET: u8 = 0xff;
const GET_MAX_LUN: u8 = 0xfe;
const STATUS_LENGTH: usize = 13;
/// How long a command may take (Linux: 30 s).
const TIMEOUT: BusTime = BusTime::from_millis(30_000);
/// Bytes that one command moves at most (Linux: max_sectors, 240 blocks of 512 bytes).
const LONGEST: u32 = 240 * 512;

/// Why a command failed (SPC-4 section 4.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sense {
    /// SENSE KEY.
    pub key: u8,
    /// ADDITIONAL SENSE CODE.
    pub code: u8,
    /// ADDITIONAL SENSE CODE QUALIFIER.
    pub qualifier: u8,
}

impl fmt::Display for Sense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, code, qualifier } = self;
        let text = match (key, code) {
            (2, 0x3a) => "no medium",
            (2, _) => "not ready",
            (3, _) => "the medium cannot be read or written",
            (5, 0x20) => "no such command",
            (5, 0x21) => "beyond the end of the medium",
            (5, 0x24) => "an invalid field in the command",
            (5, 0x53) => "the medium is locked in",
            (5, _) => "an illegal request",
            (7, _) => "write protected",
            _ => "it failed",
        };
        write!(f, "{text} (sense {key:x}, {code:02x}/{qualifier:02x})")
    }
}

/// What can go wrong with a command.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum StorageError {
    /// The unit refused it.
    #[error("{0}: {1}")]
    Refused(String, Sense),
    /// The device did not keep to Bulk-Only Transport.
    #[error("{0}: {1}")]
    Protocol(String, String),
    /// A transfer failed.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The data stage of a command.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// There is none.
    None,
    /// So many bytes are expected.
    In(usize),
    /// These go to the device.
    Out(&'a [u8]),
}

/// What a command has brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The data.
    pub data: Vec<u8>,
    /// dCSWDataResidue.
    pub residue: u32,
}

/// A disk that is plugged in. Its medium may be missing.
#[derive(Clone, Debug)]
pub struct Storage {
    interface: u8,
    endpoint_in: u8,
    endpoint_out: u8,
    tag: u32,
    name: String,
}

/// Blocks of a medium, and the bytes of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// How many.
    pub blocks: u32,
    /// Bytes.
    pub block_size: u32,
}

impl Storage {
    /// Whether an interface is a disk.
    pub fn fits(interface: &Interface) -> bool {
        interface.class == CLASS
    }

    /// Asks for the number of units and for the name of the first.
    ///
    /// # Errors
    /// [`HostError::Unsuitable`] when the descriptors do not describe a disk; what a command may fail with.
    pub fn open<B: BusAccess>(host: &mut Host<B>, interface: u8) -> Result<Self, StorageError> {
        let unsuitable = |text: &str| HostError::Unsuitable(format!("interface {interface}: {text}"));
        let device = host.device().ok_or_else(|| unsuitable("the device is not enumerated"))?;
        let setting = device.configuration.setting(interface, 0).ok_or_else(|| unsuitable("there is none"))?;
        let bulk = |is_in: bool| {
            let mut all = setting.endpoints.iter();
            all.find(|one| one.transfer_type == TransferType::Bulk && one.is_in() == is_in).map(|one| one.address)
        };
        let (Some(endpoint_in), Some(endpoint_out)) = (bulk(true), bulk(false)) else {
            return Err(unsuitable("a disk needs a bulk IN and a bulk OUT endpoint").into());
        };
        match host.control_in(Request::new(0xa1, GET_MAX_LUN, 0, u16::from(interface), 1)) {
            // A device with one unit may refuse (section 3.2).
            Err(error) if !error.is_stall() => return Err(error.into()),
            _ => {}
        }
        let mut storage = Self { interface, endpoint_in, endpoint_out, tag: 0, name: String::new() };
        let inquiry = storage.command(host, "INQUIRY", &[0x12, 0, 0, 0, 36, 0], Data::In(36))?.data;
        let Some(texts) = inquiry.get(8..36) else {
            let text = format!("{} bytes came, 36 were expected", inquiry.len());
            return Err(StorageError::Protocol("INQUIRY".to_owned(), text));
        };
        let texts = [&texts[..8], &texts[8..24], &texts[24..]].map(String::from_utf8_lossy);
        storage.name = texts.iter().map(|text| text.trim()).collect::<Vec<_>>().join(" ");
        Ok(storage)
    }

    /// Vendor, product and revision.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// bInterfaceNumber.
    pub const fn interface(&self) -> u8 {
        self.interface
    }

    /// Whether there is a medium: TEST UNIT READY.
    ///
    /// # Errors
    /// [`StorageError::Refused`] says why not; so for the functions below.
    pub fn test<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<(), StorageError> {
        self.command(host, "TEST UNIT READY", &[0; 6], Data::None).map(drop)
    }

    /// READ CAPACITY (10).
    ///
    /// # Errors
    /// See [`Storage::test`].
    pub fn capacity<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<Capacity, StorageError> {
        let name = "READ CAPACITY (10)";
        let bytes = self.command(host, name, &[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], Data::In(8))?.data;
        match bytes[..] {
            [a, b, c, d, e, f, g, h] => Ok(Capacity {
                blocks: u32::from_be_bytes([a, b, c, d]).saturating_add(1),
                block_size: u32::from_be_bytes([e, f, g, h]),
            }),
            _ => Err(StorageError::Protocol(name.to_owned(), format!("{} bytes came, not 8", bytes.len()))),
        }
    }

    /// Reads whole blocks from `first` on, in as many commands as that takes.
    ///
    /// # Errors
    /// See [`Storage::test`].
    pub fn read<B: BusAccess>(
        &mut self,
        host: &mut Host<B>,
        first: u32,
        blocks: u32,
        block_size: u32,
    ) -> Result<Vec<u8>, StorageError> {
        let mut bytes = Vec::new();
        let at_once = (LONGEST / block_size.max(1)).max(1);
        let mut done = 0;
        while done < blocks {
            let count = at_once.min(blocks - done);
            let length = count as usize * block_size as usize;
            let answer = self.command(host, "READ (10)", &ten(0x28, first + done, count), Data::In(length))?;
            if answer.data.len() != length || answer.residue != 0 {
                let text = format!("{} bytes came, {length} were expected", answer.data.len());
                return Err(StorageError::Protocol("READ (10)".to_owned(), text));
            }
            bytes.extend(answer.data);
            done += count;
        }
        Ok(bytes)
    }

    /// Writes whole blocks from `first` on.
    ///
    /// # Errors
    /// See [`Storage::test`].
    pub fn write<B: BusAccess>(
        &mut self,
        host: &mut Host<B>,
        first: u32,
        data: &[u8],
        block_size: u32,
    ) -> Result<(), StorageError> {
        let at_once = (LONGEST / block_size.max(1)).max(1);
        let mut block = first;
        for part in data.chunks(at_once as usize * block_size as usize) {
            let count = part.len() as u32 / block_size;
            let answer = self.command(host, "WRITE (10)", &ten(0x2a, block, count), Data::Out(part))?;
            if answer.residue != 0 {
                let text = format!("{} of {} bytes were not taken", answer.residue, part.len());
                return Err(StorageError::Protocol("WRITE (10)".to_owned(), text));
            }
            block += count;
        }
        Ok(())
    }

    /// SYNCHRONIZE CACHE (10).
    ///
    /// # Errors
    /// See [`Storage::test`].
    pub fn synchronize<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<(), StorageError> {
        self.command(host, "SYNCHRONIZE CACHE (10)", &ten(0x35, 0, 0), Data::None).map(drop)
    }

    /// START STOP UNIT: takes the medium out, or in.
    ///
    /// # Errors
    /// See [`Storage::test`].
    pub fn load<B: BusAccess>(&mut self, host: &mut Host<B>, is_in: bool) -> Result<(), StorageError> {
        self.command(host, "START STOP UNIT", &[0x1b, 0, 0, 0, 2 | u8::from(is_in), 0], Data::None).map(drop)
    }

    /// A command. When it fails, asks why.
    ///
    /// # Errors
    /// See [`Storage::test`].
    pub fn command<B: BusAccess>(
        &mut self,
        host: &mut Host<B>,
        name: &str,
        command: &[u8],
        data: Data<'_>,
    ) -> Result<Answer, StorageError> {
        let (status, answer) = self.raw_command(host, name, command, data)?;
        match status {
            0 => Ok(answer),
            1 => {
                let (_, sense) = self.raw_command(host, "REQUEST SENSE", &[3, 0, 0, 0, 18, 0], Data::In(18))?;
                let byte = |at: usize| sense.data.get(at).copied().unwrap_or(0);
                let sense = Sense { key: byte(2) & 0x0f, code: byte(12), qualifier: byte(13) };
                Err(StorageError::Refused(name.to_owned(), sense))
            }
            _ => {
                self.recover(host)?;
                Err(StorageError::Protocol(name.to_owned(), format!("bCSWStatus {status:02x}h")))
            }
        }
    }

    /// A command with its three stages; returns bCSWStatus and what came. A halt is cleared where it belongs to the protocol
    /// (section 6.7).
    ///
    /// # Errors
    /// [`StorageError::Host`], and [`StorageError::Protocol`] for a status that is none.
    pub fn raw_command<B: BusAccess>(
        &mut self,
        host: &mut Host<B>,
        name: &str,
        command: &[u8],
        data: Data<'_>,
    ) -> Result<(u8, Answer), StorageError> {
        self.tag = self.tag.wrapping_add(1);
        let (length, is_in) = match data {
            Data::None => (0, false),
            Data::In(length) => (length, true),
            Data::Out(bytes) => (bytes.len(), false),
        };
        let mut wrapper = b"USBC".to_vec();
        wrapper.extend(self.tag.to_le_bytes());
        wrapper.extend((length as u32).to_le_bytes());
        wrapper.extend([if is_in { 0x80 } else { 0 }, 0, command.len() as u8]);
        wrapper.extend(command);
        wrapper.resize(31, 0);
        host.write(self.endpoint_out, &wrapper, false, TIMEOUT)?;
        let came = match data {
            Data::None => Vec::new(),
            Data::In(length) => match host.read(self.endpoint_in, length, TIMEOUT) {
                Err(HostError::Transfer { failure: Failure::Ended(Status::Stall), partial, .. }) => {
                    host.clear_halt(self.endpoint_in)?;
                    partial
                }
                other => other?,
            },
            Data::Out(bytes) => match host.write(self.endpoint_out, bytes, false, TIMEOUT) {
                Err(error) if error.is_stall() => {
                    host.clear_halt(self.endpoint_out)?;
                    Vec::new()
                }
                other => other.map(|_| Vec::new())?,
            },
        };
        let status = match host.read(self.endpoint_in, STATUS_LENGTH, TIMEOUT) {
            // The halt after a short packet was not met before.
            Err(error) if error.is_stall() => {
                host.clear_halt(self.endpoint_in)?;
                host.read(self.endpoint_in, STATUS_LENGTH, TIMEOUT)?
            }
            other => other?,
        };
        match status[..] {
            [b'U', b'S', b'B', b'S', t0, t1, t2, t3, r0, r1, r2, r3, status]
                if u32::from_le_bytes([t0, t1, t2, t3]) == self.tag =>
            {
                Ok((status, Answer { data: came, residue: u32::from_le_bytes([r0, r1, r2, r3]) }))
            }
            _ => Err(StorageError::Protocol(name.to_owned(), format!("no command status wrapper: {status:02x?}"))),
        }
    }

    /// Reset recovery (section 5.3.4).
    ///
    /// # Errors
    /// [`HostError::Transfer`].
    pub fn recover<B: BusAccess>(&mut self, host: &mut Host<B>) -> Result<(), HostError> {
        host.control_out(Request::new(0x21, BULK_ONLY_RESET, 0, u16::from(self.interface), 0), &[])?;
        host.clear_halt(self.endpoint_in)?;
        host.clear_halt(self.endpoint_out)
    }
}

/// A command of ten bytes about blocks.
fn ten(operation: u8, first: u32, count: u32) -> [u8; 10] {
    let [a, b, c, d] = first.to_be_bytes();
    let [_, _, e, f] = count.to_be_bytes();
    [operation, 0, a, b, c, d, 0, e, f, 0]
}
