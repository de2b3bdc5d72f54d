//! Objects that stand in read-only memory: functions, tables, types, modules.
//!
//! Everything here is built at compile time, so it costs no code and no RAM, and lands in flash.

use core::mem::MaybeUninit;
use core::ptr;

use super::obj::Obj;
use super::qstr::Qstr;
use crate::ffi;

/// A constant that MicroPython may read from any thread.
#[repr(transparent)]
pub struct Rom<T>(T);

// SAFETY: nobody writes to it: Rust has no way to, and MicroPython treats these objects as constant.
unsafe impl<T> Sync for Rom<T> {}

impl<T> Rom<T> {
    /// Makes `value` a constant.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Its object; `T` begins with `mp_obj_base_t`.
    pub const fn object(&'static self) -> Obj {
        Obj::from_ptr(self)
    }

    /// Where it is.
    pub const fn as_ptr(&'static self) -> *const T {
        &raw const self.0
    }
}

/// What an object begins with.
pub const fn base(type_ptr: *const ffi::mp_obj_type_t) -> ffi::mp_obj_base_t {
    ffi::mp_obj_base_t { type_: type_ptr }
}

// ---- Functions ----

/// A function of one to three arguments.
pub type Fixed = Rom<ffi::mp_obj_fun_builtin_fixed_t>;
/// A function of a varying number of arguments, or with keywords.
pub type Varying = Rom<ffi::mp_obj_fun_builtin_var_t>;

impl Fixed {
    /// A function of one argument.
    pub const fn fun_1(f: unsafe extern "C" fn(Obj) -> Obj) -> Self {
        Rom(ffi::mp_obj_fun_builtin_fixed_t {
            base: base(&raw const ffi::mp_type_fun_builtin_1),
            fun: ffi::_mp_obj_fun_builtin_fixed_t__bindgen_ty_1 { _1: Some(f) },
        })
    }

    /// A function of two arguments.
    #[cfg(feature = "unix")]
    pub const fn fun_2(f: unsafe extern "C" fn(Obj, Obj) -> Obj) -> Self {
        Rom(ffi::mp_obj_fun_builtin_fixed_t {
            base: base(&raw const ffi::mp_type_fun_builtin_2),
            fun: ffi::_mp_obj_fun_builtin_fixed_t__bindgen_ty_1 { _2: Some(f) },
        })
    }

    /// A function of three arguments.
    pub const fn fun_3(f: unsafe extern "C" fn(Obj, Obj, Obj) -> Obj) -> Self {
        Rom(ffi::mp_obj_fun_builtin_fixed_t {
            base: base(&raw const ffi::mp_type_fun_builtin_3),
            fun: ffi::_mp_obj_fun_builtin_fixed_t__bindgen_ty_1 { _3: Some(f) },
        })
    }
}

impl Varying {
    /// MP_OBJ_FUN_MAKE_SIG
    const fn signature(min: u16, max: u16, keywords: bool) -> u32 {
        ((min as u32) << 17) | ((max as u32) << 1) | keywords as u32
    }

    /// A function of `min` to `max` positional arguments.
    pub const fn between(min: u16, max: u16, f: unsafe extern "C" fn(usize, *const Obj) -> Obj) -> Self {
        Rom(ffi::mp_obj_fun_builtin_var_t {
            base: base(&raw const ffi::mp_type_fun_builtin_var),
            sig: Self::signature(min, max, false),
            fun: ffi::_mp_obj_fun_builtin_var_t__bindgen_ty_1 { var: Some(f) },
        })
    }

    /// A function of at least `min` positional arguments, and keywords.
    pub const fn keywords(min: u16, f: unsafe extern "C" fn(usize, *const Obj, *mut ffi::mp_map_t) -> Obj) -> Self {
        Rom(ffi::mp_obj_fun_builtin_var_t {
            base: base(&raw const ffi::mp_type_fun_builtin_var),
            sig: Self::signature(min, u16::MAX, true),
            fun: ffi::_mp_obj_fun_builtin_var_t__bindgen_ty_1 { kw: Some(f) },
        })
    }
}

/// Defines the native function `$name` of 1 to 3 objects from a Rust function that returns `Result<Obj>`:
/// `function!(SUBMIT_XFER, 3, submit_xfer);`
macro_rules! function {
    ($name:ident, 1, $rust:path) => {
        static $name: $crate::python::rom::Fixed = {
            unsafe extern "C" fn entry(a: $crate::python::Obj) -> $crate::python::Obj {
                $crate::python::boundary::finish($rust(a))
            }
            $crate::python::rom::Fixed::fun_1(entry)
        };
    };
    ($name:ident, 2, $rust:path) => {
        static $name: $crate::python::rom::Fixed = {
            unsafe extern "C" fn entry(a: $crate::python::Obj, b: $crate::python::Obj) -> $crate::python::Obj {
                $crate::python::boundary::finish($rust(a, b))
            }
            $crate::python::rom::Fixed::fun_2(entry)
        };
    };
    ($name:ident, 3, $rust:path) => {
        static $name: $crate::python::rom::Fixed = {
            unsafe extern "C" fn entry(
                a: $crate::python::Obj,
                b: $crate::python::Obj,
                c: $crate::python::Obj,
            ) -> $crate::python::Obj {
                $crate::python::boundary::finish($rust(a, b, c))
            }
            $crate::python::rom::Fixed::fun_3(entry)
        };
    };
}
pub(crate) use function;

/// Defines the native function `$name` of `$required` objects and one that may be left out from a Rust function of an array
/// and an `Option`: `function_optional!(STALL, 2, stall);`
macro_rules! function_optional {
    ($name:ident, $required:literal, $rust:path) => {
        static $name: $crate::python::rom::Varying = {
            unsafe extern "C" fn entry(count: usize, first: *const $crate::python::Obj) -> $crate::python::Obj {
                // SAFETY: MicroPython passes `count` objects at `first`, and not fewer than it was told.
                let required: [_; $required] = unsafe { *first.cast() };
                // SAFETY: as above.
                let last = (count > $required).then(|| unsafe { *first.add($required) });
                $crate::python::boundary::finish($rust(required, last))
            }
            $crate::python::rom::Varying::between($required, $required + 1, entry)
        };
    };
}
pub(crate) use function_optional;

/// Defines the native method `$name` with keywords from a Rust function of one
/// [`Arguments`](crate::python::args::Arguments): `function_keywords!(CONFIG, config);`
macro_rules! function_keywords {
    ($name:ident, $rust:path) => {
        static $name: $crate::python::rom::Varying = {
            unsafe extern "C" fn entry(
                count: usize,
                first: *const $crate::python::Obj,
                keywords: *mut $crate::ffi::mp_map_t,
            ) -> $crate::python::Obj {
                // SAFETY: MicroPython passes `count` objects at `first`, one at least, and the map of the keywords.
                let arguments = unsafe { $crate::python::args::Arguments::new(count, first, keywords) };
                $crate::python::boundary::finish($rust(&arguments))
            }
            $crate::python::rom::Varying::keywords(1, entry)
        };
    };
}
pub(crate) use function_keywords;

// ---- Data ----

/// A `bytes` object.
pub type Bytes = Rom<ffi::mp_obj_str_t>;

impl Bytes {
    /// The bytes of `data`.
    pub const fn of(data: &'static [u8]) -> Self {
        Rom(ffi::mp_obj_str_t {
            base: base(&raw const ffi::mp_type_bytes),
            // Not computed yet: MicroPython does so when it needs it.
            hash: 0,
            len: data.len(),
            data: data.as_ptr(),
        })
    }
}

/// The items of a table that has names as keys.
pub type Table<const N: usize> = Rom<[ffi::mp_rom_map_elem_t; N]>;

/// One item of a [`Table`].
pub const fn entry(name: Qstr, value: Obj) -> ffi::mp_rom_map_elem_t {
    ffi::mp_rom_map_elem_t { key: Obj::qstr(name).0.cast_const(), value: value.0.cast_const() }
}

/// A `dict` whose items stand in a [`Table`].
pub type Dict = Rom<ffi::mp_obj_dict_t>;

impl Dict {
    /// MP_DEFINE_CONST_DICT: the keys are names, the table is fixed and ordered.
    pub const fn of<const N: usize>(table: &'static Table<N>) -> Self {
        const ALL_KEYS_ARE_QSTRS: usize = 1;
        const IS_FIXED: usize = 2;
        const IS_ORDERED: usize = 4;
        // The bit fields of mp_map_t, little-endian: three flags, then the number of items used.
        let flags = ALL_KEYS_ARE_QSTRS | IS_FIXED | IS_ORDERED | (N << 3);
        Rom(ffi::mp_obj_dict_t {
            base: base(&raw const ffi::mp_type_dict),
            map: ffi::mp_map_t {
                _bitfield_align_1: [],
                _bitfield_1: ffi::__BindgenBitfieldUnit::new(flags.to_le_bytes()),
                alloc: N,
                table: table.as_ptr() as *mut ffi::mp_map_elem_t,
            },
        })
    }
}

/// A module with the names of a [`Dict`].
#[cfg(feature = "unix")]
pub type Module = Rom<ffi::mp_obj_module_t>;

#[cfg(feature = "unix")]
impl Module {
    /// A module.
    pub const fn of(globals: &'static Dict) -> Self {
        Rom(ffi::mp_obj_module_t {
            base: base(&raw const ffi::mp_type_module),
            globals: globals.as_ptr() as *mut ffi::mp_obj_dict_t,
        })
    }
}

/// An object that is nothing but an instance of its type and a number.
#[repr(C)]
pub struct Number {
    base: ffi::mp_obj_base_t,
    /// A small integer.
    value: Obj,
}

impl Number {
    /// The number of an object: a small integer.
    ///
    /// # Safety
    /// The object's type is a [`NumberType`].
    pub unsafe fn value(object: Obj) -> Obj {
        // SAFETY: the caller's promise.
        unsafe { (*object.0.cast::<Self>()).value }
    }
}

/// A type with `N` slots of which all instances are [`Number`]s: they are made here and nowhere else. `make_new`, if it has
/// that, returns one of them.
#[repr(transparent)]
pub struct NumberType<const N: usize>(Rom<Type<N>>);

impl<const N: usize> NumberType<N> {
    /// A type, as [`Rom::type_of`] makes it.
    pub const fn new(name: Qstr, flags: u32, slots: Slots) -> Self {
        Self(Rom::type_with(name, flags, slots))
    }

    /// The type as an object.
    #[cfg(feature = "unix")]
    pub const fn object(&'static self) -> Obj {
        self.0.object()
    }

    /// An instance, in read-only memory. The number fits into a small integer, as for all of them.
    pub const fn constant(&'static self, value: isize) -> Rom<Number> {
        Rom(self.number(value))
    }

    /// An instance.
    pub(super) const fn number(&'static self, value: isize) -> Number {
        Number { base: base(self.0.type_ptr()), value: Obj::small_int(value) }
    }

    /// The number of an instance, a small integer; `None` if `object` is none of this type.
    pub fn value_of(&'static self, object: Obj) -> Option<Obj> {
        // SAFETY: its type is this one.
        object.is_exactly(self.0.type_ptr()).then(|| unsafe { Number::value(object) })
    }
}

// ---- Types ----

/// What a type can do; what is left out it cannot.
#[derive(Clone, Copy)]
pub struct Slots {
    /// `Type(...)`
    pub make_new: Option<unsafe extern "C" fn(*const ffi::mp_obj_type_t, usize, usize, *const Obj) -> Obj>,
    /// `repr` and `str`; like the next two only for a [`NumberType`].
    pub print: Option<unsafe extern "C" fn(*const ffi::mp_print_t, Obj, ffi::mp_print_kind_t)>,
    /// `-x`, `bool(x)`, `hash(x)`, ...
    pub unary_op: Option<unsafe extern "C" fn(ffi::mp_unary_op_t, Obj) -> Obj>,
    /// `x + y`, `x == y`, ...
    pub binary_op: Option<unsafe extern "C" fn(ffi::mp_binary_op_t, Obj, Obj) -> Obj>,
    /// Attributes that need code.
    pub attr: Option<unsafe extern "C" fn(Obj, Qstr, *mut Obj)>,
    /// Methods and constants.
    pub locals: Option<&'static Dict>,
}

impl Slots {
    /// A type that can do nothing.
    pub const NONE: Self =
        Self { make_new: None, print: None, unary_op: None, binary_op: None, attr: None, locals: None };
}

/// A type with `N` slots.
#[repr(C)]
pub struct Type<const N: usize> {
    head: ffi::mp_obj_empty_type_t,
    slots: [*const cty::c_void; N],
}

// The flexible array of mp_obj_type_t begins where ours does.
const _: () = assert!(size_of::<ffi::mp_obj_type_t>() == size_of::<ffi::mp_obj_empty_type_t>());
const _: () = assert!(size_of::<Type<11>>() == size_of::<ffi::mp_obj_full_type_t>());

impl<const N: usize> Rom<Type<N>> {
    /// A type; does not compile unless exactly `N` slots are given.
    pub const fn type_of(name: Qstr, flags: u32, slots: Slots) -> Self {
        assert!(slots.print.is_none() && slots.unary_op.is_none() && slots.binary_op.is_none());
        Self::type_with(name, flags, slots)
    }

    /// The same, whatever the slots take its instances for.
    const fn type_with(name: Qstr, flags: u32, slots: Slots) -> Self {
        // SAFETY: numbers and a pointer, which may all be zero.
        let mut head: ffi::mp_obj_empty_type_t = unsafe { MaybeUninit::zeroed().assume_init() };
        head.base = base(&raw const ffi::mp_type_type);
        head.flags = flags as u16;
        head.name = name.short();

        let mut table = [ptr::null(); N];
        let mut used = 0;
        if let Some(f) = slots.make_new {
            table[used] = f as *const cty::c_void;
            used += 1;
            head.slot_index_make_new = used as u8;
        }
        if let Some(f) = slots.print {
            table[used] = f as *const cty::c_void;
            used += 1;
            head.slot_index_print = used as u8;
        }
        if let Some(f) = slots.unary_op {
            table[used] = f as *const cty::c_void;
            used += 1;
            head.slot_index_unary_op = used as u8;
        }
        if let Some(f) = slots.binary_op {
            table[used] = f as *const cty::c_void;
            used += 1;
            head.slot_index_binary_op = used as u8;
        }
        if let Some(f) = slots.attr {
            table[used] = f as *const cty::c_void;
            used += 1;
            head.slot_index_attr = used as u8;
        }
        if let Some(dict) = slots.locals {
            table[used] = dict.as_ptr().cast();
            used += 1;
            head.slot_index_locals_dict = used as u8;
        }
        assert!(used == N);
        Rom(Type { head, slots: table })
    }

    /// As the type of an object.
    pub const fn type_ptr(&'static self) -> *const ffi::mp_obj_type_t {
        (&raw const self.0).cast()
    }
}
