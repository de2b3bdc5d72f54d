//! Arguments of native functions.

use super::obj::Obj;
use super::qstr::Qstr;
use crate::ffi;

/// One parameter of a function that takes keywords. All of them are objects.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Parameter(ffi::mp_arg_t);

// A value that is an object is nothing else.
const _: () = assert!(size_of::<ffi::mp_arg_val_t>() == size_of::<Obj>());
const _: () = assert!(align_of::<ffi::mp_arg_val_t>() == align_of::<Obj>());

// SAFETY: a constant: MicroPython's parser only reads it.
unsafe impl Sync for Parameter {}

impl Parameter {
    /// One that has to be given, by position or by name.
    pub const fn required(name: Qstr) -> Self {
        Self::new(name, ffi::MP_ARG_REQUIRED as u16, Obj::NULL)
    }

    /// One that may be given, by position or by name.
    pub const fn optional(name: Qstr, default: Obj) -> Self {
        Self::new(name, 0, default)
    }

    /// One that may be given by name only.
    pub const fn keyword(name: Qstr, default: Obj) -> Self {
        Self::new(name, ffi::MP_ARG_KW_ONLY as u16, default)
    }

    const fn new(name: Qstr, flags: u16, default: Obj) -> Self {
        Self(ffi::mp_arg_t {
            qst: name.short(),
            flags: ffi::MP_ARG_OBJ as u16 | flags,
            defval: ffi::mp_arg_val_t { u_obj: default },
        })
    }
}

/// The arguments of a function that takes any number of them, keywords included, as MicroPython passes them.
pub struct Arguments<'a> {
    positional: &'a [Obj],
    keywords: *mut ffi::mp_map_t,
}

impl<'a> Arguments<'a> {
    /// Takes what a native function was called with.
    ///
    /// # Safety
    /// `count` objects stand at `first`, and `keywords` is the map that came with them.
    pub unsafe fn new(count: usize, first: *const Obj, keywords: *mut ffi::mp_map_t) -> Self {
        // SAFETY: the caller's promise.
        Self { positional: unsafe { slice(count, first) }, keywords }
    }

    /// The object whose method was called.
    pub fn receiver(&self) -> Obj {
        self.positional.first().copied().unwrap_or(Obj::NULL)
    }

    /// A method's arguments in the order of `parameters`, the object itself left out. **Raises over its caller** TypeError for
    /// missing, unknown or doubled ones.
    pub fn parse<const N: usize>(&self, parameters: &[Parameter; N]) -> [Obj; N] {
        let rest = self.positional.get(1..).unwrap_or_default();
        let mut values = [Obj::NULL; N];
        let room: *mut ffi::mp_arg_val_t = values.as_mut_ptr().cast();
        // SAFETY: the arguments and the map that MicroPython passed; `Parameter` is an mp_arg_t; there is room for N values,
        // and as every parameter is of the kind MP_ARG_OBJ, the parser writes objects. EXCEPTION: raises TypeError, over frames
        // that own nothing.
        unsafe { ffi::mp_arg_parse_all(rest.len(), rest.as_ptr(), self.keywords, N, parameters.as_ptr().cast(), room) };
        values
    }
}

/// The positional arguments of a native function.
///
/// # Safety
/// `count` objects stand at `first`.
pub unsafe fn slice<'a>(count: usize, first: *const Obj) -> &'a [Obj] {
    if count == 0 {
        &[]
    } else {
        // SAFETY: the caller's promise.
        unsafe { core::slice::from_raw_parts(first, count) }
    }
}
