//! The chip. Everything in the port that is unsafe is here.

use core::ptr::{read_volatile, write_volatile};
use core::sync::atomic::{Ordering, compiler_fence};

#[cfg(feature = "rp2350")]
use rp235x_pac::{RESETS, TIMER0 as TIMER, USB as Usb, USB_DPRAM as PacketMemory};
#[cfg(feature = "rp2040")]
use rp2040_pac::{RESETS, TIMER, USBCTRL_DPRAM as PacketMemory, USBCTRL_REGS as Usb};

use crate::memory;
use crate::registers::{Chip, Register, Registers};

/// Offset of a register's alias that sets the bits written to it (RP2040 section 2.1.2, RP2350 section 2.1.3).
const SET: usize = 0x2000;
/// The same for clearing.
const CLEAR: usize = 0x3000;

/// Four words.
type Quad = [u32; 4];

/// USBCTRL in RESETS.RESET and RESETS.RESET_DONE.
const RESET_BIT: u32 = if cfg!(feature = "rp2350") { 1 << 28 } else { 1 << 24 };

// The other half of this file, in C: what the SDK has as inline functions and macros (ports/rp2/c/usb_port.c).
unsafe extern "C" {
    safe fn usbdevice_rp2_enable_interrupt();
    safe fn usbdevice_rp2_drop_event();
    #[cfg(feature = "rp2040")]
    safe fn usbdevice_rp2_call_back(us: u32);
}

/// The chip's registers.
pub struct Hardware {
    /// CTRL and PADS registers of GPIO 15 while it is taken (erratum RP2040-E5).
    #[cfg(feature = "rp2040")]
    pin: [u32; 2],
}

impl Hardware {
    /// The chip's registers. There is one chip: a second value would get in the way of the first.
    pub const fn new() -> Self {
        Self {
            #[cfg(feature = "rp2040")]
            pin: [0; 2],
        }
    }

    #[inline(always)]
    fn register(register: Register) -> *mut u32 {
        // SAFETY: the block is there as long as the chip is.
        let usb = unsafe { &*Usb::ptr() };
        match register {
            Register::Address => usb.addr_endp().as_ptr(),
            Register::Main => usb.main_ctrl().as_ptr(),
            Register::Frame => usb.sof_rd().as_ptr(),
            Register::SieControl => usb.sie_ctrl().as_ptr(),
            Register::SieStatus => usb.sie_status().as_ptr(),
            Register::BuffersDone => usb.buff_status().as_ptr(),
            Register::Abort => usb.ep_abort().as_ptr(),
            Register::AbortDone => usb.ep_abort_done().as_ptr(),
            Register::StallArm => usb.ep_stall_arm().as_ptr(),
            Register::Muxing => usb.usb_muxing().as_ptr(),
            Register::Power => usb.usb_pwr().as_ptr(),
            Register::PhyDirect => usb.usbphy_direct().as_ptr(),
            Register::PhyOverride => usb.usbphy_direct_override().as_ptr(),
            Register::InterruptEnable => usb.inte().as_ptr(),
            Register::InterruptStatus => usb.ints().as_ptr(),
        }
    }

    /// A place in the packet memory, aligned to words or (`at` is even) half words; nothing outside can be named.
    #[inline(always)]
    fn place<T>(at: u16) -> *mut T {
        let offset = usize::from(at) & (memory::SIZE as usize - size_of::<T>());
        PacketMemory::ptr().cast_mut().cast::<u8>().wrapping_add(offset).cast()
    }
}

/// Copies bytes between the packet memory, from `at` to its end at most, and some other place: four words at once if both are
/// aligned to words, the rest one by one. So every access is aligned to what it is, which the RP2350 wants. Not into its
/// callers, which are made small.
///
/// # Safety
/// There are `len` bytes at `other`; with `out` they may be written.
#[inline(never)]
unsafe fn copy(at: u16, other: *mut u8, len: usize, out: bool) {
    let inside: *mut u8 = Hardware::place(at);
    let room = memory::SIZE as usize - (usize::from(at) & (memory::SIZE as usize - 1));
    let mut len = len.min(room);
    let (mut from, mut to) = if out { (inside, other) } else { (other, inside) };
    compiler_fence(Ordering::SeqCst);
    // SAFETY: as much as `len` says is left at both ends, and a quad is only touched where it is aligned.
    unsafe {
        if (from as usize | to as usize).is_multiple_of(size_of::<u32>()) {
            while len >= size_of::<Quad>() {
                *to.cast::<Quad>() = *from.cast::<Quad>();
                from = from.add(size_of::<Quad>());
                to = to.add(size_of::<Quad>());
                len -= size_of::<Quad>();
            }
        }
        while len != 0 {
            *to = *from;
            from = from.add(1);
            to = to.add(1);
            len -= 1;
        }
    }
    compiler_fence(Ordering::SeqCst);
}

/// The main program has woken up and is about to look at everything that it waits for: what the handler has left in the
/// processor's event register must not make it look twice.
pub fn drop_event() {
    usbdevice_rp2_drop_event();
}

impl Default for Hardware {
    fn default() -> Self {
        Self::new()
    }
}

impl Registers for Hardware {
    #[inline(always)]
    fn chip(&self) -> Chip {
        #[cfg(feature = "rp2350")]
        return Chip::Rp2350;
        #[cfg(feature = "rp2040")]
        {
            // Its revision is 1 for B0 and B1, 2 for B2 (section 2.20).
            // SAFETY: a register without side effects. Its value never changes, so the read need not be volatile: where the
            // answer makes no difference there is none.
            let id = unsafe { (*rp2040_pac::SYSINFO::ptr()).chip_id().as_ptr().read() };
            if id >> 28 < 2 { Chip::Rp2040B1 } else { Chip::Rp2040B2 }
        }
    }

    #[inline(always)]
    fn read(&self, register: Register) -> u32 {
        // SAFETY: a register of the controller, which this value stands for.
        unsafe { read_volatile(Self::register(register)) }
    }

    #[inline(always)]
    fn write(&mut self, register: Register, value: u32) {
        // SAFETY: as in `read`; the controller touches no memory but its own.
        unsafe { write_volatile(Self::register(register), value) }
    }

    #[inline(always)]
    fn set(&mut self, register: Register, bits: u32) {
        // SAFETY: as in `write`; every register has the alias.
        unsafe { write_volatile(Self::register(register).wrapping_byte_add(SET), bits) }
    }

    #[inline(always)]
    fn clear(&mut self, register: Register, bits: u32) {
        // SAFETY: as in `write`; every register has the alias.
        unsafe { write_volatile(Self::register(register).wrapping_byte_add(CLEAR), bits) }
    }

    #[inline(always)]
    fn half(&self, at: u16) -> u16 {
        // SAFETY: `place` stays inside the packet memory and is aligned.
        unsafe { read_volatile(Self::place(at)) }
    }

    #[inline(always)]
    fn set_half(&mut self, at: u16, value: u16) {
        // SAFETY: as in `half`.
        unsafe { write_volatile(Self::place(at), value) }
    }

    #[inline(always)]
    fn word(&self, at: u16) -> u32 {
        // SAFETY: as in `half`.
        unsafe { read_volatile(Self::place(at)) }
    }

    #[inline(always)]
    fn set_word(&mut self, at: u16, value: u32) {
        // SAFETY: as in `half`.
        unsafe { write_volatile(Self::place(at), value) }
    }

    fn copy_in(&mut self, at: u16, bytes: &[u8]) {
        // SAFETY: `bytes` are there and only read.
        unsafe { copy(at, bytes.as_ptr().cast_mut(), bytes.len(), false) }
    }

    fn copy_out(&self, at: u16, into: &mut [u8]) {
        // SAFETY: `into` is there.
        unsafe { copy(at, into.as_mut_ptr(), into.len(), true) }
    }

    // The call and the return are a part of the pause.
    #[inline(never)]
    fn settle(&mut self) {
        // The RP2350's controller reads a control word twice and needs no pause (its data sheet, section 12.7.2).
        #[cfg(all(feature = "rp2040", target_arch = "arm"))]
        // SAFETY: eight instructions that do nothing, five cycles to get here and back: more than a cycle of 48 MHz up to a
        // clk_sys of 500 MHz.
        unsafe {
            core::arch::asm!("nop", "nop", "nop", "nop", "nop", "nop", "nop", "nop", options(nostack, preserves_flags));
        }
    }

    fn now_us(&self) -> u32 {
        // SAFETY: a register without side effects.
        unsafe { (*TIMER::ptr()).timerawl().read().bits() }
    }

    fn restart(&mut self) {
        // SAFETY: nothing else uses the block; while it is in reset nothing of it is touched.
        unsafe {
            let resets = &*RESETS::ptr();
            write_volatile(resets.reset().as_ptr().wrapping_byte_add(SET), RESET_BIT);
            write_volatile(resets.reset().as_ptr().wrapping_byte_add(CLEAR), RESET_BIT);
            // A few cycles, if the block has a clock, which every boot gives it.
            while resets.reset_done().read().bits() & RESET_BIT == 0 {}
        }
        usbdevice_rp2_enable_interrupt();
    }

    #[cfg(feature = "rp2350")]
    fn call_back(&mut self, _us: u32) {}

    #[cfg(feature = "rp2040")]
    fn call_back(&mut self, us: u32) {
        usbdevice_rp2_call_back(us);
    }

    #[cfg(feature = "rp2350")]
    fn force_j(&mut self, _on: bool) {}

    /// Section 2.19.2: function 8 of GPIO 15 and 16 connects them to D+ and D- of the controller.
    #[cfg(feature = "rp2040")]
    fn force_j(&mut self, on: bool) {
        const DP: usize = 15;
        /// FUNCSEL 8, OEOVER: output off, INOVER: input high. D- is low as long as GPIO 16 has another function.
        const FEED_J: u32 = 8 | 2 << 12 | 3 << 16;
        /// Both pulls on: the pad keeps its level.
        const KEEP: u32 = 3 << 2;
        // SAFETY: the erratum leaves no other way; the pin's registers go back to what they were.
        unsafe {
            let control = (*rp2040_pac::IO_BANK0::ptr()).gpio(DP).gpio_ctrl().as_ptr();
            let pad = (*rp2040_pac::PADS_BANK0::ptr()).gpio(DP).as_ptr();
            if on {
                self.pin = [read_volatile(control), read_volatile(pad)];
                write_volatile(pad, self.pin[1] | KEEP);
                write_volatile(control, FEED_J);
            } else {
                write_volatile(control, self.pin[0]);
                write_volatile(pad, self.pin[1]);
            }
        }
    }
}
