//! What a board does on the bus, one module for each subject.

mod activation;
mod boot;
mod callbacks;
mod console;
mod dupterm;
mod enumeration;
mod hostile;
mod repeat;
mod serial_output;
mod soft_reset;
mod volume;
