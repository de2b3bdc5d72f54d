//! The stack's other seam: what it asks of the program above it, in interrupt context.
//!
//! Every method is called with interrupts held off: it must not allocate, must not call Python and must return quickly.
//! Whatever needs more than that reaches the program as an [`Event`](crate::Event) that its task picks up.

use crate::controller::EndpointAddress;
use crate::descriptor::Lie;
use crate::string::StringDescriptor;

/// Where the text of a string index is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StringLookup {
    /// It has been written to the descriptor.
    Found,
    /// There is none: the request is stalled.
    Absent,
    /// Only the task can tell (it takes a call into Python): it gets an event and answers later.
    AskTask,
}

/// Which interfaces belong to the built-in class drivers: those with a number below this come first in the descriptor.
pub type BuiltinInterfaces = u8;

/// The program above the stack. Slices that it returns are used before the next call and not kept, except as
/// [`Controller::send`](crate::Controller::send) and [`Controller::arm`](crate::Controller::arm) say.
pub trait Application {
    /// The device descriptor. Untrusted: the stack checks it.
    fn device_descriptor(&self) -> &[u8];
    /// The whole configuration descriptor. Untrusted.
    fn configuration_descriptor(&self) -> &[u8];
    /// The BOS descriptor, if there is one. Untrusted.
    fn bos_descriptor(&self) -> Option<&[u8]>;
    /// Writes the text of string `index` to the descriptor. When it is `answered`, that is the text that the task has found
    /// for the last [`StringLookup::AskTask`], and has to stay until the next [`Event`](crate::Event) of the control pipe:
    /// it is asked for again for every packet.
    fn string(&self, index: u8, answered: bool, descriptor: &mut StringDescriptor) -> StringLookup;
    /// How many interfaces, from 0 on, the built-in drivers serve: 0 when they are off.
    fn builtin_interfaces(&self) -> BuiltinInterfaces;
    /// The buffer of the transfer in flight on an IN endpoint (endpoint 0: the answer to a control request). `None`
    /// when the object has moved or changed its length since it was submitted: the transfer fails.
    fn data_in(&self, endpoint: EndpointAddress) -> Option<&[u8]>;
    /// The same for an OUT endpoint.
    fn data_out(&mut self, endpoint: EndpointAddress) -> Option<&mut [u8]>;
    /// Something for the task was latched: schedule it.
    fn wake_task(&mut self);
    /// Bytes from the host for the built-in serial port's input; returns how many were taken (the rest waits).
    fn serial_input(&mut self, bytes: &[u8]) -> usize;
    /// The built-in serial port was opened at 1200 baud and closed: the host asks for the boot loader.
    fn touch_1200(&mut self);
    /// A descriptor that was fine when it was configured lies now; the request was stalled. Said once per
    /// configuration.
    fn descriptor_lies(&mut self, lie: Lie) {
        let _ = lie;
    }
}
