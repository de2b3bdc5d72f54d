//! New Python objects, for the host in the same process (`usbsim`): the USB device itself makes none.

use super::buffer::{Lender, NO_BUFFER};
use super::catch::catch;
use super::error::{Error, Result};
use super::obj::Obj;
use super::rom::{Number, NumberType};
use crate::ffi;

impl Obj {
    /// An integer.
    ///
    /// # Errors
    /// MemoryError, if it needs more than a small integer.
    pub fn int(value: isize) -> Result<Self> {
        let small = Self::small_int(value);
        if (small.0.addr() as isize) >> 1 == value {
            return Ok(small);
        }
        // SAFETY: a number. EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_new_int(value as ffi::mp_int_t) })
    }

    /// Its value as an integer.
    ///
    /// # Errors
    /// TypeError if it has none, OverflowError if it is larger than a word.
    pub fn try_to_int(self) -> Result<isize> {
        // SAFETY: any object. EXCEPTION: raises TypeError, OverflowError.
        catch(move || unsafe { ffi::mp_obj_get_int(self.0) as isize })
    }

    /// A `bytes` object with a copy of `data`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn bytes(data: &[u8]) -> Result<Self> {
        // SAFETY: the bytes are copied. EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_new_bytes(data.as_ptr(), data.len()) })
    }

    /// A copy of the object's bytes.
    ///
    /// # Errors
    /// TypeError when it has none.
    pub fn to_vec(self) -> Result<Vec<u8>> {
        Lender::new().read(self).map(<[u8]>::to_vec).ok_or_else(|| Error::of_type(NO_BUFFER))
    }

    /// A `str` object with a copy of `text`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn str(text: &str) -> Result<Self> {
        // SAFETY: the bytes are copied, and they are UTF-8. EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_new_str(text.as_ptr().cast(), text.len()) })
    }

    /// A tuple of `items`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn tuple(items: &[Obj]) -> Result<Self> {
        // SAFETY: the items are copied. EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_new_tuple(items.len(), items.as_ptr()) })
    }

    /// An empty list.
    ///
    /// # Errors
    /// MemoryError.
    pub fn list() -> Result<Self> {
        // SAFETY: no items. EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_new_list(0, core::ptr::null_mut()) })
    }

    /// Puts `item` at the end of a list.
    ///
    /// # Errors
    /// MemoryError; TypeError if it is not a list.
    pub fn append(self, item: Obj) -> Result<()> {
        // SAFETY: any objects, but the function trusts its argument to be a list, as only `list` makes them here.
        // EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_list_append(self, item) }).map(|_| ())
    }

    /// An empty dict.
    ///
    /// # Errors
    /// MemoryError.
    pub fn dict() -> Result<Self> {
        // SAFETY: a size. EXCEPTION: raises MemoryError.
        catch(move || unsafe { ffi::mp_obj_new_dict(0) })
    }

    /// `self[key] = value`, in a dict.
    ///
    /// # Errors
    /// MemoryError, and TypeError for a key that has no hash.
    pub fn store(self, key: Obj, value: Obj) -> Result<()> {
        // SAFETY: as for `append`. EXCEPTION: raises MemoryError, TypeError.
        catch(move || unsafe { ffi::mp_obj_dict_store(self, key, value) }).map(|_| ())
    }
}

impl<const N: usize> NumberType<N> {
    /// A new instance in the heap.
    ///
    /// # Errors
    /// MemoryError.
    pub fn allocate(&'static self, value: isize) -> Result<Obj> {
        // SAFETY: a size. EXCEPTION: raises MemoryError.
        let place: *mut Number = catch(move || unsafe { ffi::m_malloc(size_of::<Number>()) })?.cast();
        // SAFETY: a fresh block of the right size; blocks of the heap are aligned for any object.
        unsafe { place.write(self.number(value)) };
        Ok(Obj::from_ptr(place))
    }
}
