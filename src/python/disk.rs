//! The port's block device, where the port has mass storage: the C functions `tud_msc_..._cb`, and the buffer between them
//! and the bus.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

use usb_stack::msc::{Capacity, Identity, Medium, Sense};

use super::buffer::Lender;
use super::port;
use crate::ffi;

/// Bytes of the buffer: the largest sector of MicroPython's FAT file systems, none where there is no mass storage.
const SIZE: usize = ffi::USBDEVICE_MSC_BUFFER_SIZE as usize;

/// There is one unit.
const UNIT: u8 = 0;
/// Index of the string with the serial number.
const SERIAL_NUMBER: u8 = 3;

/// Aligned as flash chips and DMA want it, and TinyUSB has it.
#[repr(align(4))]
struct Buffer(UnsafeCell<[u8; SIZE]>);

// SAFETY: from a submission to its end the stack uses it, in critical sections, otherwise the task; the functions below
// that lend it say so.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; SIZE]));

/// The buffer, for a transfer of the mass storage that is under way. In a critical section; the lender holds the slice to
/// the rules for Python's objects.
pub fn buffer_to_send(_lender: &Lender) -> &[u8] {
    // SAFETY: while a transfer is under way the task does not touch it.
    unsafe { &*BUFFER.0.get() }
}

/// The same, to be written.
pub fn buffer_to_fill(_lender: &mut Lender) -> &mut [u8] {
    // SAFETY: as above, and the lender has lent nothing else.
    unsafe { &mut *BUFFER.0.get() }
}

/// Lends the buffer to the task, for as long as no transfer is under way. `use_it` does not come back here.
pub fn with_buffer<R>(use_it: impl FnOnce(&mut [u8]) -> R) -> R {
    // SAFETY: there is one task, it is not in here already, and the interrupt asks for it only while a transfer is under
    // way.
    use_it(unsafe { &mut *BUFFER.0.get() })
}

/// What the port said of the present command: key, code and qualifier; 0 is nothing.
static SENSE: AtomicU32 = AtomicU32::new(0);

/// The port says why it refuses the present command.
pub fn set_sense(sense: Sense) {
    SENSE.store(u32::from_be_bytes([0, sense.key, sense.code, sense.qualifier]), Ordering::Relaxed);
}

/// Calls a function of the port that may refuse. Why it did, if it gave no reason, is `otherwise`.
fn unless_refused<R>(otherwise: Sense, call: impl FnOnce() -> Option<R>) -> Result<R, Sense> {
    SENSE.store(0, Ordering::Relaxed);
    call().ok_or_else(|| match SENSE.load(Ordering::Relaxed).to_be_bytes() {
        [_, 0, ..] => otherwise,
        [_, key, code, qualifier] => Sense::new(key, code, qualifier),
    })
}

/// A number of bytes, as the port returns it: negative when it could not.
fn count(result: i32) -> Option<usize> {
    usize::try_from(result).ok()
}

/// The block device. For the task: its functions may take as long as a flash chip needs.
pub struct Disk;

impl Medium for Disk {
    fn identify(&mut self, identity: &mut Identity) {
        let (vendor, product, revision) =
            (identity.vendor.as_mut_ptr(), identity.product.as_mut_ptr(), identity.revision.as_mut_ptr());
        // SAFETY: 8, 16 and 4 bytes to be written. EXCEPTION: cannot raise.
        unsafe { ffi::tud_msc_inquiry_cb(UNIT, vendor, product, revision) };
    }

    fn serial_number(&mut self, into: &mut [u8]) -> usize {
        let lender = Lender::new();
        let text = port::builtin_string(&lender, SERIAL_NUMBER).unwrap_or_default();
        into.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        text.len().min(into.len())
    }

    fn is_ready(&mut self) -> Result<(), Sense> {
        // SAFETY: a number. EXCEPTION: cannot raise.
        unless_refused(Sense::NO_MEDIUM, || unsafe { ffi::tud_msc_test_unit_ready_cb(UNIT) }.then_some(()))
    }

    fn is_writable(&mut self) -> bool {
        // SAFETY: a number. EXCEPTION: cannot raise.
        unsafe { ffi::tud_msc_is_writable_cb(UNIT) }
    }

    fn capacity(&mut self) -> Capacity {
        let mut capacity = Capacity { blocks: 0, block_size: 0 };
        // SAFETY: two numbers to be written. EXCEPTION: cannot raise.
        unsafe { ffi::tud_msc_capacity_cb(UNIT, &raw mut capacity.blocks, &raw mut capacity.block_size) };
        capacity
    }

    fn start_stop(&mut self, power_condition: u8, start: bool, load_eject: bool) -> Result<(), Sense> {
        unless_refused(Sense::NO_MEDIUM, || {
            // SAFETY: numbers. EXCEPTION: cannot raise.
            unsafe { ffi::tud_msc_start_stop_cb(UNIT, power_condition, start, load_eject) }.then_some(())
        })
    }

    fn read(&mut self, block: u32, offset: u32, into: &mut [u8]) -> Result<usize, Sense> {
        let (start, length) = (into.as_mut_ptr().cast(), into.len() as u32);
        unless_refused(Sense::READ_ERROR, || {
            // SAFETY: `length` bytes to be written. EXCEPTION: cannot raise.
            let result = unsafe { ffi::tud_msc_read10_cb(UNIT, block, offset, start, length) };
            count(result)
        })
    }

    fn write(&mut self, block: u32, offset: u32, from: &mut [u8]) -> Result<usize, Sense> {
        let (start, length) = (from.as_mut_ptr(), from.len() as u32);
        unless_refused(Sense::WRITE_ERROR, || {
            // SAFETY: `length` bytes to be read, or written as the declaration allows. EXCEPTION: cannot raise.
            let result = unsafe { ffi::tud_msc_write10_cb(UNIT, block, offset, start, length) };
            count(result)
        })
    }

    fn other(&mut self, command: &[u8; 16], data: &mut [u8]) -> Result<usize, Sense> {
        let (start, length) = (data.as_mut_ptr().cast(), u16::try_from(data.len()).unwrap_or(u16::MAX));
        unless_refused(Sense::NO_SUCH_COMMAND, || {
            // SAFETY: sixteen bytes to be read, `length` bytes to be read or written. EXCEPTION: cannot raise.
            let result = unsafe { ffi::tud_msc_scsi_cb(UNIT, command.as_ptr(), start, length) };
            count(result)
        })
    }
}
