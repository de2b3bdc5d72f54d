//! What the driver asks of the block device behind it, and how a command says why it failed.

/// Why a command failed: sense key, additional sense code and its qualifier (SPC-4 section 4.5.6 and annex F).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sense {
    /// SENSE KEY, 0 to 15.
    pub key: u8,
    /// ADDITIONAL SENSE CODE.
    pub code: u8,
    /// ADDITIONAL SENSE CODE QUALIFIER.
    pub qualifier: u8,
}

impl Sense {
    /// Nothing is wrong.
    pub const NONE: Self = Self::new(0x0, 0x00, 0);
    /// NOT READY: MEDIUM NOT PRESENT.
    pub const NO_MEDIUM: Self = Self::new(0x2, 0x3a, 0);
    /// MEDIUM ERROR: UNRECOVERED READ ERROR.
    pub const READ_ERROR: Self = Self::new(0x3, 0x11, 0);
    /// MEDIUM ERROR: WRITE ERROR.
    pub const WRITE_ERROR: Self = Self::new(0x3, 0x0c, 0);
    /// ILLEGAL REQUEST: INVALID COMMAND OPERATION CODE.
    pub const NO_SUCH_COMMAND: Self = Self::new(0x5, 0x20, 0);
    /// ILLEGAL REQUEST: LOGICAL BLOCK ADDRESS OUT OF RANGE.
    pub const OUT_OF_RANGE: Self = Self::new(0x5, 0x21, 0);
    /// ILLEGAL REQUEST: INVALID FIELD IN CDB.
    pub const INVALID_FIELD: Self = Self::new(0x5, 0x24, 0);
    /// ILLEGAL REQUEST: LOGICAL UNIT NOT SUPPORTED.
    pub const NO_SUCH_UNIT: Self = Self::new(0x5, 0x25, 0);
    /// ILLEGAL REQUEST: SAVING PARAMETERS NOT SUPPORTED.
    pub const NOTHING_SAVED: Self = Self::new(0x5, 0x39, 0);
    /// ILLEGAL REQUEST: MEDIUM REMOVAL PREVENTED.
    pub const LOCKED_IN: Self = Self::new(0x5, 0x53, 2);
    /// DATA PROTECT: WRITE PROTECTED.
    pub const WRITE_PROTECTED: Self = Self::new(0x7, 0x27, 0);

    /// From its three numbers.
    pub const fn new(key: u8, code: u8, qualifier: u8) -> Self {
        Self { key, code, qualifier }
    }
}

/// Who made it: what INQUIRY answers (SPC-4 section 6.4.2). Left-aligned ASCII; spaces where nothing is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// T10 VENDOR IDENTIFICATION.
    pub vendor: [u8; 8],
    /// PRODUCT IDENTIFICATION.
    pub product: [u8; 16],
    /// PRODUCT REVISION LEVEL.
    pub revision: [u8; 4],
}

impl Identity {
    /// All spaces.
    pub const BLANK: Self = Self { vendor: [b' '; 8], product: [b' '; 16], revision: [b' '; 4] };
}

/// How large the medium is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Logical blocks; 0 without a medium.
    pub blocks: u32,
    /// Bytes of one; 0 without a medium.
    pub block_size: u16,
}

/// A block device that can be taken out.
///
/// Its methods are called in the task, never in the interrupt: they may wait for a flash chip. Where one returns a
/// [`Sense`], the host reads it with REQUEST SENSE.
pub trait Medium {
    /// Writes who made it over the spaces.
    fn identify(&mut self, identity: &mut Identity);

    /// Writes the unit's serial number, ASCII, to the front of `into`; returns its length.
    fn serial_number(&mut self, into: &mut [u8]) -> usize;

    /// A medium is in and can be used.
    ///
    /// # Errors
    /// Why not.
    fn is_ready(&mut self) -> Result<(), Sense>;

    /// The medium can be written.
    fn is_writable(&mut self) -> bool;

    /// How large the medium is.
    fn capacity(&mut self) -> Capacity;

    /// START STOP UNIT (SBC-3 section 5.25): `start` or stop; with `load_eject` take the medium in or out.
    ///
    /// # Errors
    /// Why it could not.
    fn start_stop(&mut self, power_condition: u8, start: bool, load_eject: bool) -> Result<(), Sense>;

    /// Reads from byte `offset` of block `block` on to the front of `into`. Returns how many bytes; 0 if it is busy and
    /// wants to be asked again. The blocks are on the medium.
    ///
    /// # Errors
    /// Why it could not.
    fn read(&mut self, block: u32, offset: u32, into: &mut [u8]) -> Result<usize, Sense>;

    /// Writes likewise; when it returns, the bytes it says it took are safe. It may use what it was given as it likes.
    ///
    /// # Errors
    /// Why it could not.
    fn write(&mut self, block: u32, offset: u32, from: &mut [u8]) -> Result<usize, Sense>;

    /// A command that the driver does not know. `data`: room for what the host wants to have, or what it sent. Returns
    /// how many bytes of it are to be sent.
    ///
    /// # Errors
    /// Why it is not done: [`Sense::NO_SUCH_COMMAND`] if it does not know it either.
    fn other(&mut self, command: &[u8; 16], data: &mut [u8]) -> Result<usize, Sense>;
}
