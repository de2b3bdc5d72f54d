//! The device under test: how it is started, and what not every device has.
//!
//! | variable | |
//! |---|---|
//! | `BOARD` | which; `unix` if it is not set |
//! | `BOARD_EXE` | the program to start for it: `build/unix/board`, or `simulator/rp2040/main.js` |
//! | `BOARD_OPTIONS` | with `rp2`: options of that program, separated by spaces |
//! | `BOARD_FIRMWARE` | with `rp2`: the image that runs on it |
//! | `BOARD_FLASH_MAKER` | with `rp2`: MicroPython's unix port, which makes the content of the flash chip |

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a test may need that not every device has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feature {
    /// The module `_thread`.
    Threads,
    /// A chip with a boot loader, a watchdog and registers: it can be reset for real.
    Chip,
}

/// MICROPY_HW_FLASH_STORAGE_BYTES of upstream's board RPI_PICO.
const PICO_FILE_SYSTEM: &str = "1441792";

/// The unix port's disk: its file in the flash, and its size.
pub const DISK_FILE: &str = "disk.img";
const DISK_BYTES: u64 = 1 << 20;

/// The file whose bytes UART 0 of the emulated Pico receives, also those that are appended later.
pub(crate) fn uart_input(folder: &Path) -> PathBuf {
    folder.join("uart-input")
}

/// What is started, and from what.
#[derive(Clone, Debug)]
enum Kind {
    /// The unix port's `board`, whose flash is a folder.
    Unix,
    /// The emulated Pico, whose flash is the content of a chip.
    Pico { options: Vec<String>, firmware: PathBuf, flash_maker: PathBuf },
}

/// A device under test.
#[derive(Clone, Debug)]
pub struct Target {
    program: PathBuf,
    kind: Kind,
}

/// A file that a variable names. Panics with a sentence about what is missing.
fn file(variable: &str, maker: &str) -> PathBuf {
    let Some(path) = env::var_os(variable).map(PathBuf::from) else {
        panic!("{variable} is not set (make test-board does all that is needed)");
    };
    assert!(path.is_file(), "{variable}={}: there is no such file; {maker}", path.display());
    path
}

impl Target {
    /// The one that the environment names. Panics with a sentence about what is missing.
    pub fn from_environment() -> Self {
        let board = env::var("BOARD").unwrap_or_else(|_| "unix".to_owned());
        let kind = match board.as_str() {
            "unix" => Kind::Unix,
            "rp2" => Kind::Pico {
                options: env::var("BOARD_OPTIONS").unwrap_or_default().split_whitespace().map(String::from).collect(),
                firmware: file("BOARD_FIRMWARE", "make rp2 builds it"),
                flash_maker: file("BOARD_FLASH_MAKER", "make unix builds it"),
            },
            other => panic!("BOARD={other}: the tests know unix and rp2"),
        };
        Self { program: file("BOARD_EXE", "make unix builds the unix port's"), kind }
    }

    /// Whether it has something.
    pub fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::Threads => matches!(self.kind, Kind::Unix),
            Feature::Chip => matches!(self.kind, Kind::Pico { .. }),
        }
    }

    /// `unix` or `pico`, whichever is this one's.
    pub fn choose<T>(&self, unix: T, pico: T) -> T {
        match self.kind {
            Kind::Unix => unix,
            Kind::Pico { .. } => pico,
        }
    }

    /// Whether its end of the link is its standard input and output, not a socket that it connects to.
    pub(crate) fn takes_standard_streams(&self) -> bool {
        matches!(self.kind, Kind::Pico { .. })
    }

    /// The command that starts it with the contents of a folder as its flash. `folder` is for what else it needs.
    pub(crate) fn command(&self, folder: &Path, flash: &Path, files: &[(&str, String)]) -> Command {
        match &self.kind {
            Kind::Unix => {
                // The disk of a board with mass storage. In the flash, so that Python finds it too.
                let disk = flash.join(DISK_FILE);
                let made = File::create(&disk).and_then(|file| file.set_len(DISK_BYTES));
                made.unwrap_or_else(|error| panic!("{}: {error}", disk.display()));
                let mut command = Command::new(&self.program);
                command.arg("--dir").arg(flash).env("USBDEVICE_DISK", disk);
                command
            }
            Kind::Pico { options, firmware, flash_maker } => {
                let chip = folder.join("chip");
                self.make_chip(flash_maker, &chip, flash, files);
                let uart = uart_input(folder);
                File::create(&uart).unwrap_or_else(|error| panic!("{}: {error}", uart.display()));
                let mut command = Command::new("node");
                command.arg(&self.program).args(options).arg("--uart-input").arg(uart);
                command.arg("--flash").arg(chip).arg(firmware);
                command
            }
        }
    }

    /// Makes the flash chip's content: a file system with these files.
    fn make_chip(&self, maker: &Path, chip: &Path, flash: &Path, files: &[(&str, String)]) {
        let mut command = Command::new(maker);
        command.arg(self.program.with_file_name("make_flash.py")).arg(chip).arg(PICO_FILE_SYSTEM);
        for (name, _) in files {
            let mut pair = flash.join(name).into_os_string();
            pair.push(format!(":{name}"));
            command.arg(pair);
        }
        let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(status.success(), "{command:?}: {status}");
    }
}
