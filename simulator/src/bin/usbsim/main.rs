//! `usbsim`: plugs a device program into the virtual bus and shows what a host sees.

mod auto;
mod device;
mod disks;
mod midi;
mod mouse;
mod paced;
mod pty;
mod remote;
mod run;
mod stream;
mod terminal;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use usb_simulator::usbip;

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
    /// Gives a device program to QEMU, whose guest is its host (usb-redir)
    #[command(after_help = REDIR_HELP)]
    Redir(Redir),
    /// Gives a device program to a Linux kernel, on this machine or another one (USB/IP)
    #[command(after_help = USBIP_HELP)]
    Usbip(Usbip),
}

const REDIR_HELP: &str = "\
QEMU connects to the socket and plugs the device into its guest:
  qemu-system-x86_64 ... -device qemu-xhci,id=xhci \\
    -chardev socket,path=PATH,id=redir -device usb-redir,chardev=redir,bus=xhci.0
The device runs from the start, and is plugged in while a guest is connected. When the guest goes, the next one may
connect. It ends when the device program ends, or when it is told to.";

const USBIP_HELP: &str = "\
On a Linux desktop, as root:
  modprobe vhci-hcd
  usbip attach --remote 127.0.0.1 --busid 1-1
USB/IP knows no password: whoever can connect has the device, and what the device sends is input to a kernel.";

/// What the host does after enumeration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// Every keyboard, mouse, MIDI and serial port, disk, isochronous stream and BOS descriptor that the device shows
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
    /// Offer the serial port as a pseudo-terminal with a link to it at PATH, in real time, until Ctrl-C
    #[arg(long, value_name = "PATH", conflicts_with_all = ["line", "unplugged"])]
    pty: Option<PathBuf>,
    /// The pseudo-terminal goes when the device leaves the bus, and comes back with it, as on Linux
    #[arg(long, requires = "pty")]
    hang_up: bool,
    #[command(flatten)]
    device: DeviceOptions,
}

/// How a device is attached.
#[derive(clap::Args)]
struct DeviceOptions {
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

/// What a host in another process needs, whatever it speaks.
#[derive(clap::Args)]
struct RemoteOptions {
    /// Record the host's URBs for Wireshark
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Record transactions as text
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How fast the bus is while transfers are being moved
    #[arg(long, value_enum, default_value = "full")]
    speed: Speed,
    /// Obey lines on standard input: plug, unplug, quit; quit when it ends
    #[arg(long)]
    commands: bool,
    #[command(flatten)]
    device: DeviceOptions,
}

/// How fast the bus is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Speed {
    /// 12 Mbit/s by the wall clock
    Full,
    /// As fast as host and device can; the device's clock runs ahead of the wall meanwhile
    Free,
}

#[derive(clap::Args)]
struct Redir {
    /// The Unix socket that QEMU connects to
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    #[command(flatten)]
    remote: RemoteOptions,
}

#[derive(clap::Args)]
struct Usbip {
    /// Where to listen; an address of this machine alone, if not told otherwise
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::from(([127, 0, 0, 1], usbip::PORT)))]
    bind: SocketAddr,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    expose_to_network: bool,
    #[command(flatten)]
    remote: RemoteOptions,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Redir(options) => remote::redir(&options),
        Command::Usbip(options) => remote::usbip(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("usbsim: {reason}");
            ExitCode::FAILURE
        }
    }
}
