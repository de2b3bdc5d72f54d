//! The way to the chip.

/// A chip, as far as its USB controller differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chip {
    /// RP2040 B0 or B1.
    Rp2040B1,
    /// RP2040 B2 and later.
    Rp2040B2,
    /// RP2350, any revision.
    Rp2350,
}

impl Chip {
    /// EP_ABORT works. On older chips it is never cleared (erratum RP2040-E2).
    pub const fn has_abort(self) -> bool {
        !matches!(self, Self::Rp2040B1)
    }

    /// The end of a bus reset is not seen on a busy bus (erratum RP2040-E5).
    pub const fn misses_end_of_reset(self) -> bool {
        matches!(self, Self::Rp2040B1)
    }

    /// A bulk IN packet that meets the end of a frame can lock the controller up (erratum RP2040-E15).
    pub const fn fails_at_end_of_frame(self) -> bool {
        !matches!(self, Self::Rp2350)
    }

    /// The transceiver is cut off until MAIN_CTRL.PHY_ISO is cleared (RP2350 data sheet, section 12.7.2).
    pub const fn isolates_transceiver(self) -> bool {
        matches!(self, Self::Rp2350)
    }
}

/// The controller's registers that the driver uses (section 4.1.4), by their offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Register {
    /// ADDR_ENDP: the device's address.
    Address = 0x00,
    /// MAIN_CTRL.
    Main = 0x40,
    /// SOF_RD: the frame's number; reading it ends the start-of-frame interrupt.
    Frame = 0x48,
    /// SIE_CTRL.
    SieControl = 0x4c,
    /// SIE_STATUS; a flag is cleared by writing 1 to it.
    SieStatus = 0x50,
    /// BUFF_STATUS: endpoints with a buffer that the controller is done with; cleared by writing 1.
    BuffersDone = 0x58,
    /// EP_ABORT.
    Abort = 0x60,
    /// EP_ABORT_DONE; cleared by writing 1.
    AbortDone = 0x64,
    /// EP_STALL_ARM.
    StallArm = 0x68,
    /// USB_MUXING.
    Muxing = 0x74,
    /// USB_PWR.
    Power = 0x78,
    /// USBPHY_DIRECT.
    PhyDirect = 0x7c,
    /// USBPHY_DIRECT_OVERRIDE.
    PhyOverride = 0x80,
    /// INTE.
    InterruptEnable = 0x90,
    /// INTS: interrupts that are up, after INTE and INTF.
    InterruptStatus = 0x98,
}

/// Bits of [`Register::Main`].
pub mod main {
    /// CONTROLLER_EN.
    pub const ENABLE: u32 = 1;
    /// PHY_ISO (RP2350).
    pub const ISOLATE: u32 = 1 << 2;
}

/// Bits of [`Register::SieControl`].
pub mod sie_control {
    /// RESUME: remote wakeup; clears itself.
    pub const RESUME: u32 = 1 << 12;
    /// PULLUP_EN.
    pub const PULL_UP: u32 = 1 << 16;
    /// EP0_INT_1BUF: an interrupt for every buffer of endpoint 0.
    pub const CONTROL_INTERRUPT: u32 = 1 << 29;
}

/// Bits of [`Register::SieStatus`].
pub mod sie_status {
    /// LINE_STATE: 0 is SE0.
    pub const LINE: u32 = 3 << 2;
    /// SUSPENDED.
    pub const SUSPENDED: u32 = 1 << 4;
    /// RESUME.
    pub const RESUME: u32 = 1 << 11;
    /// CONNECTED.
    pub const CONNECTED: u32 = 1 << 16;
    /// SETUP_REC.
    pub const SETUP: u32 = 1 << 17;
    /// TRANS_COMPLETE: a packet with LAST in its buffer's control word is over.
    pub const TRANSFER: u32 = 1 << 18;
    /// BUS_RESET.
    pub const RESET: u32 = 1 << 19;
}

/// Bits of [`Register::Muxing`].
pub mod muxing {
    /// TO_PHY.
    pub const TRANSCEIVER: u32 = 1;
    /// TO_DIGITAL_PAD.
    pub const PADS: u32 = 1 << 2;
    /// SOFTCON: pull-ups and the like belong to the controller.
    pub const SOFT_CONNECT: u32 = 1 << 3;
}

/// Bits of [`Register::Power`].
pub mod power {
    /// VBUS_DETECT.
    pub const VBUS: u32 = 1 << 2;
    /// VBUS_DETECT_OVERRIDE_EN.
    pub const VBUS_OVERRIDE: u32 = 1 << 3;
}

/// Bits of [`Register::PhyDirect`] and [`Register::PhyOverride`].
pub mod phy {
    /// DP_PULLUP_EN of USBPHY_DIRECT.
    pub const DP_PULL_UP: u32 = 1 << 1;
    /// DP_PULLUP_EN_OVERRIDE_EN of USBPHY_DIRECT_OVERRIDE.
    pub const OVERRIDE_DP_PULL_UP: u32 = 1 << 2;
}

/// Bits of the interrupt registers.
pub mod interrupt {
    /// TRANS_COMPLETE.
    pub const TRANSFER: u32 = 1 << 3;
    /// BUFF_STATUS.
    pub const BUFFERS: u32 = 1 << 4;
    /// BUS_RESET.
    pub const RESET: u32 = 1 << 12;
    /// DEV_SUSPEND.
    pub const SUSPEND: u32 = 1 << 14;
    /// DEV_RESUME_FROM_HOST.
    pub const RESUME: u32 = 1 << 15;
    /// SETUP_REQ.
    pub const SETUP: u32 = 1 << 16;
    /// DEV_SOF.
    pub const FRAME: u32 = 1 << 17;
}

/// What the driver needs of the chip. Offsets into the packet memory are in bytes, 0 to 0xfff, and aligned to what is
/// accessed: the RP2350 faults on anything else.
pub trait Registers {
    /// Which chip it is.
    fn chip(&self) -> Chip;

    /// Reads a register.
    fn read(&self, register: Register) -> u32;

    /// Writes a register.
    fn write(&mut self, register: Register, value: u32);

    /// Sets bits of a register in one access, through its SET alias (section 2.1.2).
    fn set(&mut self, register: Register, bits: u32);

    /// Clears bits of a register in one access, through its CLR alias.
    fn clear(&mut self, register: Register, bits: u32);

    /// Reads 16 bits of packet memory.
    fn half(&self, at: u16) -> u16;

    /// Writes 16 bits of packet memory.
    fn set_half(&mut self, at: u16, value: u16);

    /// Reads 32 bits of packet memory.
    fn word(&self, at: u16) -> u32;

    /// Writes 32 bits of packet memory.
    fn set_word(&mut self, at: u16, value: u32);

    /// Copies bytes into the packet memory, from a whole word on; the last word is filled up with zeros.
    fn copy_in(&mut self, at: u16, bytes: &[u8]) {
        let mut at = at;
        for piece in bytes.chunks(4) {
            let mut word = [0; 4];
            for (to, from) in word.iter_mut().zip(piece) {
                *to = *from;
            }
            self.set_word(at, u32::from_le_bytes(word));
            at = at.wrapping_add(4);
        }
    }

    /// Copies bytes out of the packet memory, from any byte on.
    fn copy_out(&self, at: u16, into: &mut [u8]) {
        let mut at = at;
        for byte in into {
            *byte = (self.word(at & !3) >> (8 * (at & 3))) as u8;
            at = at.wrapping_add(1);
        }
    }

    /// Waits until what was written to the packet memory is seen by the controller: more than one cycle of its 48 MHz
    /// clock.
    fn settle(&mut self);

    /// A clock in microseconds that wraps.
    fn now_us(&self) -> u32;

    /// Puts the controller's block into its reset state and lets its interrupt come.
    fn restart(&mut self);

    /// Makes the interrupt handler run once more in about `us` microseconds.
    fn call_back(&mut self, us: u32);

    /// Takes GPIO 15 away from whatever uses it and makes it feed J into the controller's D+ input, or gives it back
    /// (erratum RP2040-E5). Other chips than [`Chip::Rp2040B1`] are never asked.
    fn force_j(&mut self, on: bool);
}
