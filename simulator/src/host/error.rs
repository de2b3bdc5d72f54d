//! What can go wrong on the host's side, in words: which request, which stage, what was expected.

use thiserror::Error;

use super::descriptor::DescriptorError;
use crate::bus::urb::{Stage, Status};
use crate::port::PortError;
use crate::time::BusTime;

/// Why a transfer did not succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Failure {
    /// The bus says how it ended.
    #[error("{0}")]
    Ended(Status),
    /// It did not end in time. NAKs and packets with a repeated toggle tell what the device did meanwhile.
    #[error(
        "no end after {} ms ({naks} NAK, {repeated_toggles} packets with the toggle of the packet before)",
        waited.millis()
    )]
    Timeout {
        /// How long the host waited.
        waited: BusTime,
        /// Answers NAK.
        naks: u64,
        /// Packets that were dropped because of their toggle.
        repeated_toggles: u64,
    },
    /// The device sent fewer bytes than the request needs.
    #[error("{got} bytes came, {expected} were expected")]
    TooShort {
        /// What came.
        got: usize,
        /// What was needed.
        expected: usize,
    },
}

/// Everything that a host function can report.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum HostError {
    /// A transfer failed.
    #[error("{what}: {}{failure}", stage_text(*stage))]
    Transfer {
        /// The request by name, or the endpoint.
        what: String,
        /// Where, for control transfers.
        stage: Option<Stage>,
        /// Why.
        failure: Failure,
        /// IN: the bytes that had come.
        partial: Vec<u8>,
    },
    /// A descriptor breaks a rule.
    #[error("data stage of GET_DESCRIPTOR: {0}")]
    Descriptor(#[from] DescriptorError),
    /// No pull-up was seen.
    #[error("no device attached within {} ms", .0.millis())]
    NotAttached(BusTime),
    /// The device left the bus while the host waited for something that is not a transfer.
    #[error("the device has left the bus")]
    Detached,
    /// A class driver cannot work with this device; the text says why.
    #[error("{0}")]
    Unsuitable(String),
    /// A HID device whose report descriptor is right and has no keys, where a keyboard was wanted.
    #[error("{0}")]
    NoKeys(String),
    /// The host was asked for something that it cannot do now.
    #[error("{0}")]
    Usage(String),
    /// The embedding program wants out.
    #[error("interrupted")]
    Interrupted,
    /// The link to the device is broken.
    #[error("{0}")]
    Port(#[from] PortError),
}

fn stage_text(stage: Option<Stage>) -> String {
    stage.map_or_else(String::new, |stage| format!("{stage}: "))
}

impl HostError {
    /// Linux's error number, positive: EPIPE for STALL, ETIMEDOUT, EPROTO, EOVERFLOW for babble, ENODEV, EINTR, EINVAL.
    pub const fn errno(&self) -> i32 {
        match self {
            Self::Transfer { failure, .. } => match failure {
                Failure::Ended(Status::Detached) => 19,
                Failure::Ended(status) => -status.errno(),
                Failure::Timeout { .. } => 110,
                Failure::TooShort { .. } => 71,
            },
            Self::Descriptor(_) => 71,
            Self::Unsuitable(_) | Self::NoKeys(_) | Self::Usage(_) => 22,
            Self::NotAttached(_) => 110,
            Self::Detached | Self::Port(_) => 19,
            Self::Interrupted => 4,
        }
    }

    /// The device refused with STALL.
    pub const fn is_stall(&self) -> bool {
        matches!(self, Self::Transfer { failure: Failure::Ended(Status::Stall), .. })
    }

    /// The device has left the bus.
    pub const fn is_detached(&self) -> bool {
        matches!(self, Self::Detached | Self::Transfer { failure: Failure::Ended(Status::Detached), .. })
    }

    /// A transfer did not end in time.
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Transfer { failure: Failure::Timeout { .. }, .. })
    }
}
