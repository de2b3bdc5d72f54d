//! What a board does on the bus, one module for each subject.

mod activation;
mod boot;
mod callbacks;
mod chip;
mod console;
mod dupterm;
mod enumeration;
mod hostile;
mod packets;
mod power;
mod remote;
mod repeat;
mod serial_output;
mod soft_reset;
mod volume;
