//! Which controller the library is built for: one cargo feature chooses it.

#[cfg(not(any(feature = "unix", feature = "qemu", feature = "rp2", feature = "rp2350")))]
compile_error!("choose the port: --features unix, qemu, rp2 or rp2350");

#[cfg(feature = "unix")]
mod unix {
    use port_unix::{Shape, VirtualController, Wire};

    /// The virtual controller's two ends meet here: the stack drives one, the virtual bus the other.
    pub static WIRE: Wire = Wire::new(Shape::RP2040);

    /// The controller's driver.
    pub type Port = VirtualController;

    /// Endpoint numbers in each direction, endpoint 0 included.
    pub const ENDPOINTS: usize = 16;

    /// The driver at start-up.
    pub const fn port() -> Port {
        VirtualController::on(&WIRE)
    }

    /// The main program looks at all that it waits for, and then waits again.
    pub const fn about_to_look() {}
}

#[cfg(feature = "unix")]
pub use unix::{ENDPOINTS, Port, WIRE, about_to_look, port};

#[cfg(feature = "qemu")]
mod busless;

#[cfg(feature = "qemu")]
pub use busless::{ENDPOINTS, Port, about_to_look, port};

#[cfg(any(feature = "rp2", feature = "rp2350"))]
mod rp2 {
    use port_rp2::Driver;
    use port_rp2::hardware::Hardware;
    /// The main program looks at all that it waits for, and then waits again.
    pub use port_rp2::hardware::drop_event as about_to_look;

    /// The controller's driver.
    pub type Port = Driver<Hardware>;

    /// Endpoint numbers in each direction, endpoint 0 included.
    pub const ENDPOINTS: usize = port_rp2::ENDPOINTS;

    /// The driver at start-up.
    pub const fn port() -> Port {
        Driver::new(Hardware::new())
    }
}

#[cfg(any(feature = "rp2", feature = "rp2350"))]
pub use rp2::{ENDPOINTS, Port, about_to_look, port};
