//! What joins the two ends: the model behind a mutex, held by reference or by count.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::controller::VirtualController;
use crate::model::Model;
use crate::port::BusEnd;
use crate::shape::Shape;

/// The shared controller. It can be a `static`, because it is made in a constant expression.
#[derive(Debug)]
pub struct Wire(Mutex<Model>);

impl Wire {
    /// A controller of the given shape, not connected.
    pub const fn new(shape: Shape) -> Self {
        Self(Mutex::new(Model::new(shape)))
    }

    /// The model, held until the guard goes. Neither end may be used meanwhile by the same thread.
    pub fn model(&self) -> MutexGuard<'_, Model> {
        // The model is never left half changed: a panic elsewhere while it is held does no harm to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The interrupt line: call `Device::interrupt` while it is up.
    pub fn irq(&self) -> bool {
        self.model().interrupt_pending()
    }
}

/// How an end holds the wire.
#[derive(Clone, Debug)]
pub(crate) enum Hold {
    Static(&'static Wire),
    Shared(Arc<Wire>),
}

impl Deref for Hold {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        match self {
            Self::Static(wire) => wire,
            Self::Shared(wire) => wire,
        }
    }
}

/// A new controller's two ends, for programs that do not need a `static`.
pub fn pair(shape: Shape) -> (VirtualController, BusEnd) {
    let wire = Arc::new(Wire::new(shape));
    (VirtualController::held(Hold::Shared(Arc::clone(&wire))), BusEnd::held(Hold::Shared(wire)))
}

#[cfg(test)]
mod tests {
    use usb_simulator::port::Port;
    use usb_stack::Controller;

    use super::*;

    static WIRE: Wire = Wire::new(Shape::RP2040);

    #[test]
    fn both_ends_of_a_static_wire_are_one_controller() {
        const DEVICE: VirtualController = VirtualController::on(&WIRE);
        let (mut device, bus) = (DEVICE, BusEnd::on(&WIRE));
        assert!(!bus.pull_up());
        device.connect();
        assert!(bus.pull_up() && !bus.irq());
        bus.wire().model().bus_reset();
        assert!(bus.irq() && device.wire().irq());
        assert!(device.next_event().is_some() && !bus.irq());
    }

    #[test]
    fn a_pair_shares_nothing_with_another() {
        let (mut one, one_bus) = pair(Shape::SAMD);
        let (_other, other_bus) = pair(Shape::SAMD);
        one.connect();
        assert!(one_bus.pull_up() && !other_bus.pull_up());
    }
}
