//! Built-in class drivers, of two kinds.
//!
//! Those in the interrupt need no program: the serial port. They own the first interfaces of the configuration, as many
//! as [`Application::builtin_interfaces`] says. A driver knows its endpoints from [`Device::builtin_opened`], by the
//! class of the interface that they stand in; the rest of this file hands each endpoint's events and each request to the
//! driver whose it is.
//!
//! Those in the task wait for something slow: [`msc`]. To the stack they are a part of the program, with transfers,
//! events and answers; a program without one has not a byte of it.

use crate::application::Application;
use crate::control::Stage;
use crate::controller::{Controller, Direction};
use crate::descriptor::Endpoint;
use crate::device::Device;

pub(crate) mod cdc_acm;
pub(crate) mod fifo;
pub mod msc;

impl<C: Controller, const ENDPOINTS: usize> Device<C, ENDPOINTS> {
    /// An endpoint of a built-in interface was opened.
    pub(crate) fn builtin_opened(&mut self, endpoint: Endpoint) {
        self.serial_opened(endpoint);
    }

    /// An endpoint of a built-in interface can move data again, or has received some: the serial port looks at its own.
    pub(crate) fn builtin_pump<A: Application>(&mut self, app: &mut A, direction: Direction) {
        match direction {
            Direction::Out => self.serial_receive(app),
            Direction::In => self.serial_send(),
        }
    }

    /// The host took so many bytes from an IN endpoint of a built-in interface. Only the serial port gives it any.
    pub(crate) fn builtin_took(&mut self, bytes: u16) {
        self.fifo.drop_oldest(usize::from(bytes));
    }

    /// A class request to a built-in interface.
    pub(crate) fn builtin_request<A: Application>(&mut self, app: &mut A) -> Stage {
        self.serial_request(app)
    }

    /// The data stage of a request to a built-in interface is over, the data are in [`Device::small`].
    pub(crate) fn builtin_data(&mut self) -> Stage {
        self.serial_data()
    }
}
