//! One memoryview that is used again and again to show Python some bytes for the time of a call.

use core::cell::Cell;
use core::ops::Range;
use core::ptr;

use super::obj::Obj;
use super::root::HeapObject;
use crate::ffi;

const _: () = {
    let array = core::mem::offset_of!(ffi::mp_obj_array_t, _bitfield_1);
    assert!(core::mem::offset_of!(ffi::mp_obj_array_t, len) == array + size_of::<usize>());
    assert!(array.is_multiple_of(align_of::<usize>()) && cfg!(target_endian = "little"));
};

/// A read-only memoryview of bytes, empty but while a callback looks through it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct View(Obj);

impl View {
    /// An empty one. **Raises over its caller** MemoryError.
    pub fn new() -> Self {
        // SAFETY: no bytes. EXCEPTION: raises MemoryError, over frames that own nothing.
        Self(unsafe { ffi::mp_obj_new_memoryview(b'B', 0, ptr::null_mut()) })
    }

    /// The object to be passed to Python.
    pub fn object(self) -> Obj {
        self.0
    }

    /// Shows `part`, which is a field of `owner`, an object of the heap: a slice that Python keeps also keeps the object.
    pub fn show_field<T: HeapObject, P>(self, owner: &T, part: &Cell<P>) {
        let start = ptr::from_ref(owner);
        let offset = part.as_ptr().addr().wrapping_sub(start.addr());
        self.show(start.cast_mut().cast(), offset, size_of::<P>());
    }

    /// Shows a part of the bytes of `object`; `bytes` is where the object has them now. A slice that Python keeps also keeps
    /// the block of the heap that they are in.
    pub fn show_part(self, object: Obj, bytes: &[u8], part: Range<usize>) {
        let (items, offset) = origin(object, bytes.as_ptr().cast_mut());
        self.show(items, offset.wrapping_add(part.start), part.end.wrapping_sub(part.start));
    }

    /// Shows `len` bytes from `offset` bytes after `items`, the first byte of a block of the heap.
    fn show(self, items: *mut u8, offset: usize, len: usize) {
        if let Some(view) = self.0.as_ptr::<ffi::mp_obj_array_t>() {
            // The fields `typecode` (8 bits) and `free`, for a memoryview the offset, share a word (py/objarray.h). bindgen's
            // setter moves it bit by bit, which takes a thousand cycles.
            let word = offset << 8 | usize::from(b'B');
            // SAFETY: `new` made a memoryview, and only this type changes it.
            unsafe {
                (*view).items = items.cast();
                (&raw mut (*view)._bitfield_1).cast::<usize>().write(word);
                (*view).len = len;
            }
        }
    }

    /// Shows nothing.
    pub fn clear(self) {
        self.show(ptr::null_mut(), 0, 0);
    }
}

/// The first byte of the block that holds the bytes of `object`, and how far in they begin: for a memoryview what it is a
/// view of, for everything else `start` itself.
fn origin(object: Obj, start: *mut u8) -> (*mut u8, usize) {
    if let Some(view) = object.exactly::<ffi::mp_obj_array_t>(&raw const ffi::mp_type_memoryview) {
        // SAFETY: the type says that it is an mp_obj_array_t.
        let items: *mut u8 = unsafe { (*view).items.cast() };
        let offset = start.addr().wrapping_sub(items.addr());
        return (items, offset);
    }
    (start, 0)
}
