//! What host drivers do with a device once it is configured.

pub mod bos;
pub mod cdc;
pub mod disk;
pub mod hid;
pub mod hid_device;
pub mod keyboard;
pub mod layout;
pub mod midi;
pub mod mouse;
mod ms_os_20;
pub mod storage;
