//! MicroPython's object model, as Rust sees it: one small file for each idea.
//!
//! Everything that a caller outside this folder needs is safe to call, with one rule that the compiler cannot check: **on
//! the thread that runs MicroPython, not in interrupt context**, unless a function says otherwise.
//!
//! # Exceptions
//!
//! MicroPython raises by `longjmp`. A jump over a Rust frame is allowed only if that frame owns nothing that would be
//! dropped, so raising is kept at the two ends: functions that may raise are called inside [`catch`](catch::catch), which
//! turns the exception into an [`Error`], and the function that MicroPython called raises last, when its work is done
//! ([`boundary`]). Beside each call into MicroPython a comment that begins with `EXCEPTION` says whether it can raise.

pub mod args;
pub mod boundary;
pub mod buffer;
pub mod catch;
#[cfg(feature = "unix")]
pub mod containers;
pub mod error;
pub mod obj;
pub mod print;
pub mod qstr;
pub mod rom;
pub mod root;
pub mod runtime;
pub mod view;

#[cfg(feature = "unix")]
pub use error::{Error, Result};
pub use obj::Obj;
#[cfg(feature = "unix")]
pub use qstr::Qstr;
