//! The bytes of Python objects.

use core::ffi::{CStr, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::boundary::raise_type;
use super::obj::Obj;
use crate::ffi;

/// What a caller wants to do with an object's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read them.
    Read,
    /// Read and write them.
    ReadWrite,
}

/// The message of upstream's TypeError for an object without bytes.
pub const NO_BUFFER: &CStr = c"object with buffer protocol required";

/// Where an object's bytes are at this moment. An object may move them or change their number whenever Python code runs, so
/// a region that was kept is good for a comparison only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The first byte; dangling when `len` is 0.
    pub(super) start: NonNull<u8>,
    /// How many bytes.
    pub len: usize,
}

impl Region {
    /// No bytes.
    pub const EMPTY: Self = Self { start: NonNull::dangling(), len: 0 };

    /// Asks `object` for its bytes; `None` if it has none to give for this access. Safe in interrupt context: the built-in
    /// types answer without allocating or calling Python.
    pub fn of(object: Obj, access: Access) -> Option<Self> {
        let (start, len) = match object.plain_bytes(access == Access::ReadWrite) {
            // SAFETY: the fields of such an object.
            Some(bytes) => unsafe { ((*bytes).items, (*bytes).len) },
            None => ask(object, access)?,
        };
        // The pointer may be NULL when there are no bytes; a slice may not.
        Some(NonNull::new(start.cast()).map_or(Self::EMPTY, |start| Self { start, len }))
    }

    /// Like [`Region::of`], for an argument. **Raises over its caller** TypeError when the object has no bytes for this access.
    pub fn of_argument(object: Obj, access: Access) -> Self {
        Self::of(object, access).unwrap_or_else(|| raise_type(NO_BUFFER))
    }
}

/// Asks any object where its bytes are, and how many.
fn ask(object: Obj, access: Access) -> Option<(*mut c_void, usize)> {
    let flags = match access {
        Access::Read => ffi::MP_BUFFER_READ as usize,
        Access::ReadWrite => ffi::MP_BUFFER_RW as usize,
    };
    let mut info = MaybeUninit::<ffi::mp_buffer_info_t>::uninit();
    // SAFETY: any object, and room for the answer. EXCEPTION: cannot raise without MP_BUFFER_RAISE_IF_UNSUPPORTED.
    let is_given = unsafe { ffi::mp_get_buffer(object, info.as_mut_ptr(), flags as ffi::mp_uint_t) };
    // SAFETY: then `mp_get_buffer` has filled these two in.
    is_given.then(|| unsafe { ((*info.as_ptr()).buf, (*info.as_ptr()).len) })
}

/// The right to look at the bytes of Python objects. A slice is borrowed from it, so it ends with it, and there is none to
/// write beside another.
///
/// The rule of this folder: **while a slice is in use no Python code runs**, and nothing else that could resize an object
/// or collect garbage; the objects are reachable from the root, or are arguments of the function that is running. Whoever
/// makes a lender uses it for something short, so that this is easily seen, and one at a time to write. Safe in interrupt
/// context.
pub struct Lender(());

impl Lender {
    /// One for the work at hand.
    pub const fn new() -> Self {
        Self(())
    }

    /// The bytes of `object`, `None` if it has none to give.
    pub fn read(&self, object: Obj) -> Option<&[u8]> {
        let region = Region::of(object, Access::Read)?;
        // SAFETY: the object says just now that `len` bytes are there. The rule above keeps them there, and unchanged.
        Some(unsafe { core::slice::from_raw_parts(region.start.as_ptr(), region.len) })
    }

    /// The same, if they are where they were before.
    pub fn read_again(&self, object: Obj, before: Region) -> Option<&[u8]> {
        let region = Region::of(object, Access::Read).filter(|region| *region == before)?;
        // SAFETY: as for `read`.
        Some(unsafe { core::slice::from_raw_parts(region.start.as_ptr(), region.len) })
    }

    /// The bytes of `object`, to be written, if they are where they were before; `None` if it has none to write.
    pub fn write_again(&mut self, object: Obj, before: Region) -> Option<&mut [u8]> {
        let region = Region::of(object, Access::ReadWrite).filter(|region| *region == before)?;
        // SAFETY: as for `read`; the bytes may be written, and no other slice is borrowed.
        Some(unsafe { core::slice::from_raw_parts_mut(region.start.as_ptr(), region.len) })
    }
}
