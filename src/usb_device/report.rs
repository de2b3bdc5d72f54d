//! Exceptions of callbacks, kept until they can be printed, and printed once for each cause.
//!
//! A host can make a callback raise as often as it likes. What is printed is bounded: two tracebacks for one run of the
//! task, eight for one configuration.

use core::cell::Cell;

use usb_stack::descriptor::Lie;

use super::object::{ARGUMENTS, Argument};
use crate::ffi;
use crate::python::error::{Error, raised_at};
use crate::python::obj::Obj;
use crate::python::{print, runtime};

/// Causes that are remembered until the next configuration.
const CAUSES: usize = 8;

/// What has been raised and printed. All zeros when nothing was. Bytes come first: a Cortex-M0+ reaches those with one instruction.
#[repr(C)]
pub struct Report {
    /// There may be something to flush.
    news: Cell<bool>,
    /// What is to be said, and what has been said or is to be, until the next configuration: for each [`Message`].
    due: [Cell<bool>; 2],
    said: [Cell<bool>; 2],
    /// What a [`Message::Lie`] says.
    lie: Cell<Option<Lie>>,
    /// KeyboardInterrupt or SystemExit: the main program's.
    interruption: Cell<Obj>,
    /// The exceptions of this run that get a traceback, in order.
    first: Cell<Obj>,
    second: Cell<Obj>,
    /// How many more there were.
    more: Cell<usize>,
    /// Causes that have been printed; 0 is a free place.
    causes: [Cell<u32>; CAUSES],
}

/// What is said once for a configuration.
#[derive(Clone, Copy)]
enum Message {
    /// A descriptor was found wrong while the host asked for it.
    Lie,
    /// A string was cut.
    Cut,
}

impl Report {
    /// A new configuration: what was said once may be said again.
    pub fn forget_causes(&self) {
        for place in &self.causes {
            place.set(0);
        }
        for said in &self.said {
            said.set(false);
        }
    }

    /// A descriptor is wrong: the first time the next [`Report::flush`] tells it, and the result is true. Safe in interrupt
    /// context.
    pub fn lies(&self, lie: Lie) -> bool {
        let is_first = self.is_first(Message::Lie);
        if is_first {
            self.lie.set(Some(lie));
        }
        is_first
    }

    /// The same for a string that is cut.
    pub fn is_cut(&self) -> bool {
        self.is_first(Message::Cut)
    }

    fn is_first(&self, message: Message) -> bool {
        let is_first = !self.said[message as usize].replace(true);
        if is_first {
            self.due[message as usize].set(true);
            self.news.set(true);
        }
        is_first
    }

    /// Whether it is to be said, which it then is. Only the interrupt sets what is cleared here, and once only.
    fn is_due(&self, message: Message) -> bool {
        let due = &self.due[message as usize];
        let is_due = due.get();
        if is_due {
            due.set(false);
        }
        is_due
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
        } else if !self.is_new(cause(callback, exception)) || !self.second.get().is_null() {
            self.more.set(self.more.get().wrapping_add(1));
        } else if self.first.get().is_null() {
            self.first.set(exception);
        } else {
            self.second.set(exception);
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

    /// There may be something to [`flush`](Self::flush), which seldom is so.
    pub fn has_news(&self) -> bool {
        self.news.get()
    }

    /// Prints what was kept and hands an interruption to the main program, or prints it if there is none. The printing may
    /// wait for the console and run the task again: everything is taken out first.
    #[inline(never)]
    pub fn flush(&self, has_program: bool) {
        self.news.set(false);
        let (first, second) = (self.first.replace(Obj::NULL), self.second.replace(Obj::NULL));
        let more = self.more.replace(0);
        let interruption = self.interruption.replace(Obj::NULL);

        if !first.is_null() {
            print::exception(first);
            if !second.is_null() {
                print::exception(second);
            }
            if more > 0 {
                print::more_exceptions(more);
            }
        }
        if self.is_due(Message::Lie)
            && let Some(lie) = self.lie.get()
        {
            print::exception(Error::descriptor(lie).exception());
        }
        if self.is_due(Message::Cut) {
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
    // The prime number of Fowler, Noll and Vo's hash.
    let mix = |hash: u32, part: usize| hash.wrapping_add(part as u32).wrapping_mul(0x0100_0193);
    let callback = callback.map_or(ARGUMENTS as u32, |callback| callback as u32);
    let mut hash = mix(mix(0, callback as usize), exception.type_ptr().addr());
    if let Some([file, line]) = raised_at(exception) {
        hash = mix(mix(hash, file), line);
    }
    hash | 1
}
