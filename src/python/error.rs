//! What went wrong, before it becomes a Python exception.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use usb_stack::descriptor::Lie;

use super::obj::Obj;
use crate::ffi;

/// The result of everything that can end in a Python exception.
pub type Result<T> = core::result::Result<T, Error>;

/// An exception to be raised. It owns nothing: the object is kept alive by the C stack that it stands on.
///
/// No more than the object, so that results are passed in registers: it is made where the error is found. That never fails,
/// MicroPython sees to it: without memory an exception has no message, or is the one that is set aside for this case.
#[derive(Clone, Copy)]
pub struct Error(Obj);

impl Error {
    /// An exception that exists already.
    pub const fn raised(exception: Obj) -> Self {
        Self(exception)
    }

    /// The exception object.
    pub const fn exception(self) -> Obj {
        self.0
    }

    /// `OSError(errno, message)`
    #[cfg(feature = "unix")]
    pub fn os_message(errno: u32, message: Obj) -> Self {
        let args = [Obj::small_int(errno as isize), message];
        // SAFETY: the arguments are copied. EXCEPTION: cannot raise, see `Error`.
        Self(unsafe { ffi::mp_obj_exception_make_new(&raw const ffi::mp_type_OSError, args.len(), 0, args.as_ptr()) })
    }

    /// `ValueError(message)`
    #[cfg(feature = "unix")]
    pub fn value(message: &'static CStr) -> Self {
        Self::with_message(&raw const ffi::mp_type_ValueError, message)
    }

    /// `TypeError(message)`
    pub fn of_type(message: &'static CStr) -> Self {
        Self::with_message(&raw const ffi::mp_type_TypeError, message)
    }

    /// The message is constant: the exception may refer to it for ever.
    fn with_message(type_ptr: *const ffi::mp_obj_type_t, message: &'static CStr) -> Self {
        // SAFETY: an exception's type, and a text that ends with NUL. EXCEPTION: cannot raise, see `Error`.
        Self(unsafe { ffi::mp_obj_new_exception_msg(type_ptr, text(message)) })
    }

    /// A descriptor that cannot be right: `ValueError("<table>, byte <offset>: <rule>")`.
    #[inline(never)]
    pub fn descriptor(lie: Lie) -> Self {
        let (table, rule) = (lie.table().cast(), lie.rule().cast());
        // SAFETY: two texts that end with NUL, and a number. EXCEPTION: cannot raise, see `Error`.
        Self(unsafe { ffi::usbdevice_new_lie(table, usize::from(lie.offset()), rule) })
    }
}

/// A message as MicroPython wants it: its own are compressed, plain ones it takes as well.
pub(super) const fn text(message: &'static CStr) -> ffi::mp_rom_error_text_t {
    message.as_ptr().cast_mut().cast()
}

/// Which line raised an exception: MicroPython's numbers for its file and its place in that, `None` if there is no traceback.
pub fn raised_at(exception: Obj) -> Option<[usize; 2]> {
    let mut count = MaybeUninit::uninit();
    let mut values = MaybeUninit::<*mut usize>::uninit();
    // SAFETY: an exception object, and room for the answers. EXCEPTION: cannot raise.
    unsafe { ffi::mp_obj_exception_get_traceback(exception, count.as_mut_ptr(), values.as_mut_ptr()) };
    // SAFETY: both are there now.
    let (count, values) = unsafe { (count.assume_init(), values.assume_init()) };
    // SAFETY: `count` words stand there: file, line and function of the innermost frame come first.
    (count >= 2).then(|| unsafe { [*values, *values.add(1)] })
}
