//! What went wrong, before it becomes a Python exception.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use usb_stack::descriptor::Lie;

use super::catch::catch;
use super::obj::Obj;
use crate::ffi;

/// The result of everything that can end in a Python exception.
pub type Result<T> = core::result::Result<T, Error>;

/// A text that an exception refers to for ever. One word, where a `&CStr` is two: results are passed through many functions.
#[derive(Clone, Copy)]
pub struct Message(*const cty::c_char);

impl Message {
    const fn new(text: &'static CStr) -> Self {
        Self(text.as_ptr())
    }
}

/// An exception to be raised. It owns nothing: an object in [`Error::Raised`] is kept alive by the C stack that it stands on.
#[derive(Clone, Copy)]
pub enum Error {
    /// `OSError(errno)`
    Os(u32),
    /// `OSError(errno, message)`
    #[cfg(feature = "unix")]
    OsMessage(u32, Obj),
    /// `ValueError(message)`
    Value(Message),
    /// `TypeError(message)`
    Type(Message),
    /// A descriptor that cannot be right: `ValueError("<table>, byte <offset>: <rule>")`.
    Descriptor(Lie),
    /// An exception that exists already.
    Raised(Obj),
}

impl Error {
    /// `ValueError(message)`
    pub const fn value(message: &'static CStr) -> Self {
        Self::Value(Message::new(message))
    }

    /// `TypeError(message)`
    pub const fn of_type(message: &'static CStr) -> Self {
        Self::Type(Message::new(message))
    }

    /// The exception object. When there is no memory for it, the MemoryError that says so.
    pub fn into_exception(self) -> Obj {
        let made = match self {
            Self::Raised(exception) => return exception,
            Self::Os(errno) => os_error(&[Obj::small_int(errno as isize)]),
            #[cfg(feature = "unix")]
            Self::OsMessage(errno, message) => os_error(&[Obj::small_int(errno as isize), message]),
            Self::Value(message) => with_message(&raw const ffi::mp_type_ValueError, message),
            Self::Type(message) => with_message(&raw const ffi::mp_type_TypeError, message),
            Self::Descriptor(lie) => {
                let (table, rule) = (lie.table.name(), lie.rule.text());
                // SAFETY: two texts with their lengths, and a number. EXCEPTION: raises MemoryError.
                catch(|| unsafe {
                    ffi::usbdevice_new_lie(
                        table.as_ptr().cast(),
                        table.len(),
                        usize::from(lie.offset),
                        rule.as_ptr().cast(),
                        rule.len(),
                    )
                })
            }
        };
        match made {
            Ok(exception) | Err(Self::Raised(exception)) => exception,
            // `catch` gives no other error.
            Err(_) => Obj::NONE,
        }
    }
}

fn os_error(args: &[Obj]) -> Result<Obj> {
    // SAFETY: the arguments are copied. EXCEPTION: raises MemoryError.
    catch(|| unsafe { ffi::mp_obj_new_exception_args(&raw const ffi::mp_type_OSError, args.len(), args.as_ptr()) })
}

fn with_message(type_ptr: *const ffi::mp_obj_type_t, message: Message) -> Result<Obj> {
    // SAFETY: the text is constant, the exception may refer to it for ever. EXCEPTION: raises MemoryError.
    catch(|| unsafe { ffi::usbdevice_new_exception(type_ptr, message.0) })
}

/// Which line raised an exception: MicroPython's numbers for its file and its place in that, `None` if there is no traceback.
pub fn raised_at(exception: Obj) -> Option<[usize; 2]> {
    // SAFETY: an exception object, and room for the answers. EXCEPTION: cannot raise for one, but it costs little to be sure.
    let traceback = catch(|| unsafe {
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
