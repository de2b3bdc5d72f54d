//! What went wrong, before it becomes a Python exception.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use usb_stack::descriptor::Lie;

use super::catch::catch;
use super::obj::Obj;
use crate::ffi;

/// The result of everything that can end in a Python exception.
pub type Result<T> = core::result::Result<T, Error>;

/// An exception to be raised. It owns nothing: the object is kept alive by the C stack that it stands on.
///
/// No more than the object, so that results are passed in registers: it is made where the error is found.
#[derive(Clone, Copy)]
pub struct Error(Obj);

impl Error {
    /// An exception that exists already.
    pub const fn raised(exception: Obj) -> Self {
        Self(exception)
    }

    /// The exception object. When there was no memory for it, the MemoryError that says so.
    pub const fn exception(self) -> Obj {
        self.0
    }

    /// `OSError(EINVAL)`
    pub fn invalid() -> Self {
        // SAFETY: a number. EXCEPTION: raises MemoryError.
        Self::made(catch(move || unsafe { ffi::usbdevice_new_os_error(ffi::MP_EINVAL as cty::c_int) }))
    }

    /// `OSError(errno, message)`
    #[cfg(feature = "unix")]
    pub fn os_message(errno: u32, message: Obj) -> Self {
        let args = [Obj::small_int(errno as isize), message];
        // SAFETY: the arguments are copied. EXCEPTION: raises MemoryError.
        Self::made(catch(move || unsafe {
            ffi::mp_obj_new_exception_args(&raw const ffi::mp_type_OSError, args.len(), args.as_ptr())
        }))
    }

    /// `ValueError(message)`
    pub fn value(message: &'static CStr) -> Self {
        Self::with_message(&raw const ffi::mp_type_ValueError, message.as_ptr())
    }

    /// `TypeError(message)`
    pub fn of_type(message: &'static CStr) -> Self {
        Self::with_message(&raw const ffi::mp_type_TypeError, message.as_ptr())
    }

    /// The message is constant: the exception may refer to it for ever.
    #[inline(never)]
    fn with_message(type_ptr: *const ffi::mp_obj_type_t, message: *const cty::c_char) -> Self {
        // SAFETY: an exception's type, and a text that ends with NUL. EXCEPTION: raises MemoryError.
        Self::made(catch(move || unsafe { ffi::usbdevice_new_exception(type_ptr, message) }))
    }

    /// A descriptor that cannot be right: `ValueError("<table>, byte <offset>: <rule>")`.
    #[inline(never)]
    pub fn descriptor(lie: Lie) -> Self {
        let (table, rule) = (lie.table().cast(), lie.rule().cast());
        let offset = usize::from(lie.offset());
        // SAFETY: two texts that end with NUL, and a number. EXCEPTION: raises MemoryError.
        Self::made(catch(move || unsafe { ffi::usbdevice_new_lie(table, offset, rule) }))
    }

    fn made(made: Result<Obj>) -> Self {
        match made {
            Ok(exception) | Err(Self(exception)) => Self(exception),
        }
    }
}

/// Which line raised an exception: MicroPython's numbers for its file and its place in that, `None` if there is no traceback.
pub fn raised_at(exception: Obj) -> Option<[usize; 2]> {
    // SAFETY: an exception object, and room for the answers. EXCEPTION: cannot raise for one, but it costs little to be sure.
    let traceback = catch(move || unsafe {
        let mut count = 0;
        let mut values = MaybeUninit::<*mut usize>::zeroed();
        ffi::mp_obj_exception_get_traceback(exception, &raw mut count, values.as_mut_ptr());
        (count, values.assume_init())
    });
    match traceback {
        // SAFETY: `count` words stand there: file, line and function of the innermost frame come first.
        Ok((count, values)) if count >= 2 && !values.is_null() => Some(unsafe { [*values, *values.add(1)] }),
        _ => None,
    }
}
