//! Interned strings: numbers that stand for names.

/// The number of a name in MicroPython's string table.
///
/// The constants are `ffi::MP_QSTR_<name>`; `modules/usbdevice/make_qstrs.py` tells MicroPython which ones the sources use.
pub use crate::ffi::qstr as Qstr;

impl Qstr {
    /// As the 16 bits of a type's or an argument's name field. Built-in names come first in the table, so they fit.
    pub const fn short(self) -> u16 {
        self.0 as u16
    }
}

impl PartialEq for Qstr {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// `Qstr` of a name: `qstr!(MP_QSTR_config)`.
macro_rules! qstr {
    ($name:ident) => {
        // The constant's type is the smallest that holds all names, or int: that depends on the C compiler.
        $crate::ffi::qstr($crate::ffi::$name as usize)
    };
}
pub(crate) use qstr;

const _: () = assert!(size_of::<Qstr>() == size_of::<usize>());
