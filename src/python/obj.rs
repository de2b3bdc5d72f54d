//! Objects: the word that MicroPython passes everywhere.

use core::mem::offset_of;
use core::ptr;

use super::catch;
use super::error::Result;
use super::qstr::Qstr;
use crate::ffi;

/// A MicroPython object: a pointer to one, a small integer, an interned string, or None, False, True (py/obj.h,
/// MICROPY_OBJ_REPR_A, which `usbdevice.h` insists on).
pub use crate::ffi::mp_obj_t as Obj;

// See `Obj::plain_bytes`.
const _: () = {
    assert!(offset_of!(ffi::mp_obj_str_t, len) == offset_of!(ffi::mp_obj_array_t, len));
    assert!(offset_of!(ffi::mp_obj_str_t, data) == offset_of!(ffi::mp_obj_array_t, items));
};

impl PartialEq for Obj {
    /// The same object (`is`), not an equal one.
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.0, other.0)
    }
}

impl Obj {
    /// No object at all.
    pub const NULL: Self = Self::from_bits(0);
    /// MP_OBJ_SENTINEL: "load" in a subscript, "go on looking" in an attribute lookup.
    pub const SENTINEL: Self = Self::from_bits(4);
    /// `None`
    pub const NONE: Self = Self::immediate(0);
    /// `False`
    pub const FALSE: Self = Self::immediate(1);
    /// `True`
    pub const TRUE: Self = Self::immediate(3);

    const fn from_bits(bits: usize) -> Self {
        Self(ptr::without_provenance_mut(bits))
    }

    /// MP_OBJ_NEW_IMMEDIATE_OBJ: tag 6 in the low three bits.
    const fn immediate(value: usize) -> Self {
        Self::from_bits((value << 3) | 6)
    }

    /// MP_OBJ_NEW_SMALL_INT: tag 1 in the low bit. The top bit of `value` is lost.
    pub const fn small_int(value: isize) -> Self {
        Self::from_bits(((value as usize) << 1) | 1)
    }

    /// MP_OBJ_NEW_QSTR: tag 2 in the low three bits.
    pub const fn qstr(name: Qstr) -> Self {
        Self::from_bits((name.0 << 3) | 2)
    }

    /// The object at `pointer`: a struct that begins with `mp_obj_base_t`.
    pub const fn from_ptr<T>(pointer: *const T) -> Self {
        Self(pointer as *mut _)
    }

    /// `False` or `True`.
    pub const fn bool(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    /// Whether there is an object.
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Whether it is `None`.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether it is `False` or `True`.
    pub fn is_bool(self) -> bool {
        self == Self::FALSE || self == Self::TRUE
    }

    /// Whether it is `None`, `False` or `True`.
    fn is_immediate(self) -> bool {
        self.0.addr() & 7 == 6
    }

    /// Whether it is an integer that stands in the word itself.
    pub fn is_small_int(self) -> bool {
        self.0.addr() & 1 != 0
    }

    /// Whether it is an interned string.
    pub fn is_qstr(self) -> bool {
        self.0.addr() & 7 == 2
    }

    /// Whether it stands somewhere else and the word is where.
    fn is_pointer(self) -> bool {
        self.0.addr() & 3 == 0
    }

    /// The object's type. Safe in interrupt context.
    pub fn type_ptr(self) -> *const ffi::mp_obj_type_t {
        // SAFETY: any object but NULL has a type; EXCEPTION: cannot raise.
        unsafe { ffi::mp_obj_get_type(self.0) }
    }

    /// Whether the object's type is exactly `type_ptr`, not one that inherits from it. Safe in interrupt context.
    pub fn is_exactly(self, type_ptr: *const ffi::mp_obj_type_t) -> bool {
        ptr::eq(self.type_ptr(), type_ptr)
    }

    /// Where the object is, if its type is exactly `type_ptr`, one whose objects are a `T`. Safe in interrupt context.
    pub fn exactly<T>(self, type_ptr: *const ffi::mp_obj_type_t) -> Option<*mut T> {
        self.is_exactly(type_ptr).then_some(self.0.cast())
    }

    /// Where the object is, if it is a `bytearray` or, when they are not `to_write`, a `bytes`: both say in the same fields
    /// where their bytes are. Safe in interrupt context.
    pub fn plain_bytes(self, to_write: bool) -> Option<*const ffi::mp_obj_array_t> {
        if !self.is_pointer() {
            return None;
        }
        let bytes: *const ffi::mp_obj_array_t = self.0.cast_const().cast();
        // SAFETY: all objects begin with the pointer to their type.
        let type_ptr = unsafe { (*bytes).base.type_ };
        let is_plain = ptr::eq(type_ptr, &raw const ffi::mp_type_bytearray)
            || (!to_write && ptr::eq(type_ptr, &raw const ffi::mp_type_bytes));
        is_plain.then_some(bytes)
    }

    /// Whether it is a `str`. Safe in interrupt context.
    pub fn is_str(self) -> bool {
        self.is_qstr() || self.is_exactly(&raw const ffi::mp_type_str)
    }

    /// Whether the object is an instance of the exception class `type_ptr` or of one that inherits from it.
    pub fn is_exception(self, type_ptr: *const ffi::mp_obj_type_t) -> bool {
        // SAFETY: both are types. EXCEPTION: cannot raise.
        unsafe { ffi::mp_obj_is_subclass_fast(self.type_ptr().cast(), type_ptr.cast()) }
    }

    /// Whether the type can be subscripted.
    pub fn has_subscript_slot(self) -> bool {
        // SAFETY: the type is a valid one, see `type_ptr`.
        unsafe { (*self.type_ptr()).slot_index_subscr != 0 }
    }

    /// Whether the object can be called.
    pub fn is_callable(self) -> bool {
        // SAFETY: any object. EXCEPTION: cannot raise; an instance is asked for `__call__` without running it.
        unsafe { ffi::mp_obj_is_callable(self) }
    }

    /// Its truth value.
    ///
    /// # Errors
    /// What the object's `__bool__` or `__len__` raises.
    #[inline(always)]
    pub fn is_true(self) -> Result<bool> {
        self.truth().map(|word| word != 0)
    }

    /// The same as a number, which is passed in a register.
    #[inline(never)]
    fn truth(self) -> Result<usize> {
        if self.is_immediate() {
            return Ok(usize::from(self == Self::TRUE));
        }
        // SAFETY: any object. EXCEPTION: caught.
        unsafe { catch::call(ffi::usbdevice_is_true, self, 0, ptr::null()) }.map(|word| word.0.addr())
    }

    /// The value of an argument as an integer. **Raises over its caller** TypeError if it has none, OverflowError if it is larger
    /// than a word.
    #[inline(never)]
    pub fn to_int(self) -> isize {
        if self.is_small_int() {
            return (self.0.addr() as isize) >> 1;
        }
        // SAFETY: any object. EXCEPTION: raises TypeError, OverflowError, over frames that own nothing.
        unsafe { ffi::mp_obj_get_int(self.0) as isize }
    }

    /// `self[index]`
    ///
    /// # Errors
    /// Whatever the lookup raises.
    pub fn subscript(self, index: usize) -> Result<Self> {
        // SAFETY: any object. EXCEPTION: caught.
        unsafe { catch::call(ffi::usbdevice_subscript, self, index, ptr::null()) }
    }

    /// `self(*args)`
    ///
    /// # Errors
    /// Whatever the call raises.
    pub fn call(self, args: &[Obj]) -> Result<Self> {
        // SAFETY: the arguments live until the call returns. EXCEPTION: caught.
        unsafe { catch::call(ffi::usbdevice_call, self, args.len(), args.as_ptr().cast()) }
    }
}
