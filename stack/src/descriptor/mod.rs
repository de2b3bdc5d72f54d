//! Descriptors: reading them without trusting them.
//!
//! Everything here takes bytes of which nothing is known. [`check_device`], [`check_configuration`] and [`check_bos`]
//! say what is wrong with them; the walkers read nothing outside them, checked or not, and stop where they make no
//! sense.

mod check;
mod lie;
mod walk;

pub use check::{check_bos, check_configuration, check_device, packet_memory};
pub use lie::{Lie, Rule, Table};
pub(crate) use walk::{Endpoint, configuration_value, endpoints, has_setting, total};
pub use walk::{Function, Items, function, items};

/// bDescriptorType (USB 2.0 table 9-5, and the interface association ECN).
pub mod kind {
    /// The device.
    pub const DEVICE: u8 = 1;
    /// A configuration, with all that belongs to it.
    pub const CONFIGURATION: u8 = 2;
    /// A string.
    pub const STRING: u8 = 3;
    /// One alternate setting of an interface.
    pub const INTERFACE: u8 = 4;
    /// An endpoint.
    pub const ENDPOINT: u8 = 5;
    /// Interfaces that make one function.
    pub const INTERFACE_ASSOCIATION: u8 = 11;
    /// Binary object store (USB 3.2 section 9.6.2).
    pub const BOS: u8 = 15;
    /// One capability in a binary object store.
    pub const DEVICE_CAPABILITY: u8 = 16;
}

/// Bytes of a device descriptor.
pub const DEVICE_LENGTH: usize = 18;
/// Bytes of the configuration descriptor's own part.
pub const CONFIGURATION_LENGTH: usize = 9;
/// Bytes of an interface descriptor that this crate reads.
const INTERFACE_LENGTH: usize = 9;
/// Bytes of an endpoint descriptor that this crate reads.
const ENDPOINT_LENGTH: usize = 7;
/// Bytes of an interface association descriptor that this crate reads.
const ASSOCIATION_LENGTH: usize = 8;
/// Bytes of the binary object store's own part.
const BOS_LENGTH: usize = 5;
/// Largest packet of endpoint 0.
pub(crate) const LARGEST_PACKET_0: u8 = 64;
