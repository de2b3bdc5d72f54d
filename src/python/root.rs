//! The one root: the pointer through which the garbage collector finds everything that this library keeps.

use super::obj::Obj;
use crate::ffi;

/// A Rust struct that can be a Python object in MicroPython's heap. [`rooted_object!`] implements it.
///
/// # Safety
/// It is `repr(C)` and begins with `mp_obj_base_t`; a block of the heap is aligned for it; nothing in it needs dropping; all
/// zeros are a value of it, but for the type that [`HeapObject::TYPE`] is. The garbage collector finds what it refers to: it
/// reads every aligned word of the block.
pub unsafe trait HeapObject: Sized + 'static {
    /// The type of its objects.
    const TYPE: *const ffi::mp_obj_type_t;
}

/// The root, for the sake of [`Holds`].
pub struct Root;

/// Says what the root holds. It can be implemented once only, so no other kind of object ever gets there.
pub trait Holds {
    /// The kind of object.
    type Object: HeapObject;
}

/// The kind of object in the root.
pub type Held = <Root as Holds>::Object;

/// Makes a struct the one whose objects the root holds; `$base` is its field of type `mp_obj_base_t`, `$python` the type
/// object: `rooted_object!(UsbDevice, base, machine_usb_device_type);`
macro_rules! rooted_object {
    ($name:ty, $base:ident, $python:path) => {
        const _: () = {
            // The field has that type.
            let _: fn(&$name) -> &$crate::ffi::mp_obj_base_t = |object| &object.$base;
            assert!(core::mem::offset_of!($name, $base) == 0);
            assert!(align_of::<$name>() <= align_of::<$crate::python::Obj>());
            assert!(!core::mem::needs_drop::<$name>());
            // SAFETY: it is only looked at by the compiler, which says so if zeros are no value of this type.
            let _: $name = unsafe { core::mem::zeroed() };
        };

        // SAFETY: checked above. Rust puts pointers nowhere but on aligned places.
        unsafe impl $crate::python::root::HeapObject for $name {
            const TYPE: *const $crate::ffi::mp_obj_type_t = $python.type_ptr();
        }

        impl $crate::python::root::Holds for $crate::python::root::Root {
            type Object = $name;
        }
    };
}
pub(crate) use rooted_object;

/// The object in the root as Python sees it, NULL when there is none. Safe in interrupt context.
#[inline(always)]
pub fn get() -> Obj {
    // SAFETY: the root is a variable of MicroPython's state, which lives for ever; a word is read whole. EXCEPTION: cannot
    // raise.
    unsafe { (&raw const ffi::mp_state_ctx.vm.usbd).read_volatile() }
}

/// The object in the root. Safe in interrupt context.
///
/// It stays in the heap while it is in the root. So nobody keeps the reference over a soft reset, which begins with
/// [`clear`]: no Python code runs between that and the end of the heap.
#[inline(always)]
pub fn held() -> Option<&'static Held> {
    // SAFETY: only `create` puts an object into the root, a whole one of this kind; MicroPython only clears it.
    unsafe { get().0.cast::<Held>().as_ref() }
}

fn set(object: Obj) {
    // SAFETY: as in `get`; a word is written whole. EXCEPTION: cannot raise.
    unsafe { (&raw mut ffi::mp_state_ctx.vm.usbd).write_volatile(object) };
}

/// Makes an object, all zeros but for what `fill` puts into it, and puts it into the root, which must be empty: references to
/// what was there would outlive it. **Raises over its caller** MemoryError.
pub fn create(fill: impl FnOnce(&Held)) {
    // SAFETY: a size. EXCEPTION: raises MemoryError, over frames that own nothing.
    let place: *mut Held = unsafe { ffi::m_malloc0(size_of::<Held>()) }.cast();
    // SAFETY: a fresh block of the right size, aligned for any object, and with zeros, which are a value of its type.
    unsafe {
        place.cast::<*const ffi::mp_obj_type_t>().write(Held::TYPE);
        fill(&*place);
    }
    set(Obj::from_ptr(place));
}

/// Empties the root.
pub fn clear() {
    set(Obj::NULL);
}
