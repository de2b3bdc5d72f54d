//! `usbsim`: plugs a device program into the virtual bus and shows what a host sees.

mod auto;
mod device;
mod mouse;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "usbsim", about = "A virtual USB bus with a host that shows what it sees", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a device program, enumerates it, and prints what the host decodes from the wire
    Run(Run),
}

/// What the host does after enumeration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// Every keyboard, mouse and serial port that the descriptors show
    Auto,
    /// A keyboard; ends when LINE has been typed
    Keyboard,
    /// Sends LINE to a bulk OUT endpoint and expects it back
    Echo,
    /// A serial port; sends LINE and Enter, ends when LINE has come back
    Serial,
    /// Nothing: enumeration only
    None,
}

#[derive(clap::Args)]
struct Run {
    /// What the host does after enumeration
    #[arg(long, value_enum, default_value = "auto")]
    host: Driver,
    /// The text that must be typed or come back
    #[arg(long, value_name = "TEXT")]
    line: Option<String>,
    /// Record URBs for Wireshark
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Record transactions as text
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Leave the cable unplugged: the device must live without a host for the given time
    #[arg(long)]
    unplugged: bool,
    /// How long to wait for the device, in seconds of bus time
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Talk to the device over its standard input and output instead of a socket
    #[arg(long)]
    stdio: bool,
    /// Wait for a device that connects to this socket, instead of starting one
    #[arg(long, value_name = "SOCKET", conflicts_with = "device")]
    listen: Option<PathBuf>,
    /// The device program and its arguments; must be the last option
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    device: Vec<String>,
}

fn main() -> ExitCode {
    let Command::Run(options) = Arguments::parse().command;
    match run::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("usbsim: {reason}");
            ExitCode::FAILURE
        }
    }
}
