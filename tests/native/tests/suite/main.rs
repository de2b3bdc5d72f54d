//! The device stack's behaviour on the bus, one module for each subject.

mod alternates;
mod chapter9;
mod control_pipe;
mod control_stages;
mod enumeration;
mod halts;
mod hostile;
mod lies;
mod mass_storage;
mod noise;
mod order;
mod plugged;
mod power;
mod reset;
mod serial;
mod streams;
mod strings;
mod submit;
mod transfers;
