//! The bytes of Python objects.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::error::{Error, Result};
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
/// whoever keeps a region asks again before using it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The first byte; dangling when `len` is 0.
    pub start: *mut u8,
    /// How many bytes.
    pub len: usize,
}

impl Region {
    /// No bytes.
    pub const EMPTY: Self = Self { start: core::ptr::dangling_mut(), len: 0 };

    /// Asks `object` for its bytes; `None` if it has none to give for this access. Safe in interrupt context: the built-in
    /// types answer without allocating or calling Python.
    pub fn of(object: Obj, access: Access) -> Option<Self> {
        let flags = match access {
            Access::Read => ffi::MP_BUFFER_READ as usize,
            Access::ReadWrite => ffi::MP_BUFFER_RW as usize,
        };
        let mut info = MaybeUninit::<ffi::mp_buffer_info_t>::zeroed();
        // SAFETY: any object, and room for the answer. EXCEPTION: cannot raise without MP_BUFFER_RAISE_IF_UNSUPPORTED.
        let found = unsafe { ffi::mp_get_buffer(object, info.as_mut_ptr(), flags as ffi::mp_uint_t) };
        if !found {
            return None;
        }
        // SAFETY: all of its fields may be zero, and `mp_get_buffer` has filled them in.
        let info = unsafe { info.assume_init() };
        // The pointer may be NULL when there are no bytes; a slice may not.
        if info.len == 0 || info.buf.is_null() {
            Some(Self::EMPTY)
        } else {
            Some(Self { start: info.buf.cast(), len: info.len })
        }
    }

    /// Like [`Region::of`], for an argument.
    ///
    /// # Errors
    /// TypeError when the object has no bytes for this access.
    pub fn of_argument(object: Obj, access: Access) -> Result<Self> {
        Self::of(object, access).ok_or(Error::Type(NO_BUFFER))
    }

    /// The bytes.
    ///
    /// # Safety
    /// The object has been asked just now, is reachable from a root, and no Python code runs while the slice is in use.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the object says that `len` bytes are there; the caller keeps them there.
        unsafe { core::slice::from_raw_parts(self.start, self.len) }
    }

    /// The bytes, to be written.
    ///
    /// # Safety
    /// As for [`Region::bytes`]; the access was `ReadWrite`, and no other slice of the same object is in use.
    pub unsafe fn bytes_mut<'a>(self) -> &'a mut [u8] {
        // SAFETY: the object says that `len` writable bytes are there; the caller keeps them there and unshared.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.len) }
    }
}
