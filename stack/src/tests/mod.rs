//! The device as a host and a program meet it, one file for each part of its behaviour.

mod chapter9;
mod control;
mod latching;
mod msc;
mod msc_commands;
mod random;
mod serial;
mod settings;
mod transfers;
