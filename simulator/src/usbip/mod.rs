//! USB/IP: the protocol in which Linux's vhci_hcd (`usbip attach`) takes a device from a server. We are the server.
//!
//! A client asks for the list of devices, or imports one; from then on the connection carries URBs, several at a time, and
//! their ends in any order. A stall is -EPIPE, a URB that was taken back -ECONNRESET: the statuses are Linux's. Bus resets
//! and SET_ADDRESS stay with the client's own virtual port. When the device leaves, the connection ends. Numbers are
//! big-endian. The layout is in Linux's Documentation/usb/usbip_protocol.rst.
//!
//! The protocol knows no password: whoever can connect has the device.

pub mod message;
mod record;
mod session;

pub use session::UsbipSession;

/// The TCP port that clients expect.
pub const PORT: u16 = 3240;
/// The name of the only device, as `usbip attach --busid` takes it.
pub const BUS_ID: &str = "1-1";
