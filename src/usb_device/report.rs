//! Exceptions of callbacks, kept until they can be printed, and printed once for each cause.
//!
//! A host can make a callback raise as often as it likes. What is printed is bounded: two tracebacks for one run of the
//! task, eight for one configuration.

use core::cell::Cell;

use super::object::{Argument, UsbDevice};
use crate::device::with_device;
use crate::ffi;
use crate::python::error::{Error, raised_at};
use crate::python::obj::Obj;
use crate::python::{print, runtime};

/// Tracebacks for one run of the task.
const TRACEBACKS: usize = 2;
/// Causes that are remembered until the next configuration.
const CAUSES: usize = 8;

/// What has been raised and printed. All zeros when nothing was.
pub struct Report {
    held: [Cell<Obj>; TRACEBACKS],
    /// How many of `held` are used.
    held_count: Cell<usize>,
    /// Exceptions of this run that are not held.
    more: Cell<usize>,
    /// Causes that have been printed; 0 is a free place.
    causes: [Cell<u32>; CAUSES],
    /// There may be something to flush.
    news: Cell<bool>,
    /// KeyboardInterrupt or SystemExit: the main program's.
    interruption: Cell<Obj>,
    said_lie: Cell<bool>,
    said_cut: Cell<bool>,
}

impl Report {
    /// A new configuration: what was said once may be said again.
    pub fn forget_causes(&self) {
        for cause in &self.causes {
            cause.set(0);
        }
        self.said_lie.set(false);
        self.said_cut.set(false);
    }

    /// Whether this is the first descriptor that lies: then it is told by the next [`Report::flush`]. Safe in interrupt
    /// context.
    pub fn first_lie(&self) -> bool {
        self.news.set(true);
        !self.said_lie.replace(true)
    }

    /// The same for a string that is cut.
    pub fn first_cut(&self) -> bool {
        self.news.set(true);
        !self.said_cut.replace(true)
    }

    /// A callback raised KeyboardInterrupt or SystemExit, which the main program waits for.
    pub fn is_interrupted(&self) -> bool {
        !self.interruption.get().is_null()
    }

    /// Keeps an exception that a callback raised; `None`: nobody's.
    pub fn raised(&self, callback: Option<Argument>, error: Error) {
        self.news.set(true);
        let exception = error.exception();
        if exception.is_exception(&raw const ffi::mp_type_KeyboardInterrupt)
            || exception.is_exception(&raw const ffi::mp_type_SystemExit)
        {
            if !self.is_interrupted() {
                self.interruption.set(exception);
            }
            return;
        }
        if self.is_new(cause(callback, exception))
            && let Some(place) = self.held.get(self.held_count.get())
        {
            place.set(exception);
            self.held_count.set(self.held_count.get().wrapping_add(1));
        } else {
            self.more.set(self.more.get().saturating_add(1));
        }
    }

    /// Remembers a cause; false when it was known, or when there is no place for another.
    fn is_new(&self, cause: u32) -> bool {
        for place in &self.causes {
            if place.get() == cause {
                return false;
            }
            if place.get() == 0 {
                place.set(cause);
                return true;
            }
        }
        false
    }

    /// Prints what was kept and hands an interruption to the main program, or prints it if there is none. The printing may
    /// wait for the console and run the task again: everything is taken out first.
    #[inline(never)]
    pub fn flush(device: &UsbDevice, has_program: bool) {
        let report = &device.report;
        if !report.news.replace(false) {
            return;
        }
        let held = [report.held[0].replace(Obj::NULL), report.held[1].replace(Obj::NULL)];
        let held_count = report.held_count.replace(0);
        let more = report.more.replace(0);
        let interruption = report.interruption.replace(Obj::NULL);
        // These two come from the interrupt.
        let (lie, string_was_cut) = with_device(|_, _| (device.lie.take(), device.string_was_cut.replace(false)));

        for exception in held.iter().take(held_count) {
            print::exception(*exception);
        }
        if held_count > 0 && more > 0 {
            print::more_exceptions(more);
        }
        if let Some(lie) = lie {
            print::exception(Error::descriptor(lie).exception());
        }
        if string_was_cut {
            print::string_was_cut();
        }
        if !interruption.is_null() {
            if has_program {
                runtime::pend_exception(interruption);
            } else {
                print::exception(interruption);
            }
        }
    }
}

/// A number for where an exception comes from: the callback, its class, and the line that raised it. Never 0.
fn cause(callback: Option<Argument>, exception: Obj) -> u32 {
    let mut hash = callback.map_or(0, |callback| callback as u32);
    let mut mix = |value: usize| {
        // FNV-1a over words (Fowler, Noll, Vo); the lowest bits of an address say little.
        hash = (hash ^ (value as u32) ^ ((value >> 16) as u32)).wrapping_mul(0x0100_0193);
    };
    mix(exception.type_ptr().addr());
    if let Some([file, line]) = raised_at(exception) {
        mix(file);
        mix(line);
    }
    hash | 1
}
