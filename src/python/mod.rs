//! MicroPython's object model, as Rust sees it: one small file for each idea.
//!
//! Everything that a caller outside this folder needs is safe to call, with one rule that the compiler cannot check: **on
//! the thread that runs MicroPython, not in interrupt context**, unless a function says otherwise. Three places add a rule
//! of their own to it, beside the function that it is about: nothing Python runs while bytes are borrowed
//! ([`Lender`](buffer::Lender)), the object in the root is not kept over a soft reset ([`root::held`]), and what is shared
//! with the interrupt is lent once at a time ([`Shared`](section::Shared)).
//!
//! # Exceptions
//!
//! MicroPython raises by `longjmp`. A jump over a Rust frame is allowed only if that frame owns nothing that would be
//! dropped, so raising is kept at the two ends: functions that may raise are called by [`catch::call`], which turns the
//! exception into an [`Error`](error::Error), and the function that MicroPython called raises first, while it takes its
//! arguments, or last, when its work is done ([`boundary`]). A function here whose comment says that it **raises over its
//! caller** is for these two places only. Beside each call into MicroPython a comment that begins with `EXCEPTION` says whether
//! it can raise.

pub mod args;
pub mod boundary;
pub mod buffer;
pub mod catch;
#[cfg(feature = "unix")]
pub mod containers;
pub mod disk;
pub mod error;
pub mod lookup;
pub mod obj;
pub mod port;
pub mod print;
pub mod qstr;
pub mod rom;
pub mod root;
pub mod runtime;
pub mod section;
pub mod slots;
pub mod view;

#[cfg(feature = "unix")]
pub use error::{Error, Result};
pub use obj::Obj;
#[cfg(feature = "unix")]
pub use qstr::Qstr;
