//! The device under test: how it is started, and what not every device has.
//!
//! | variable | |
//! |---|---|
//! | `BOARD` | which; `unix` if it is not set |
//! | `BOARD_EXE` | the program to start for it |

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a test may need that not every device has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feature {
    /// The module `_thread`.
    Threads,
    /// Two runs are the same to the last bit: its processor's speed is part of the simulation.
    Repeatable,
}

/// A device under test.
#[derive(Clone, Debug)]
pub struct Target {
    program: PathBuf,
    features: &'static [Feature],
}

impl Target {
    /// The one that the environment names. Panics with a sentence about what is missing.
    pub fn from_environment() -> Self {
        let board = env::var("BOARD").unwrap_or_else(|_| "unix".to_owned());
        let features: &[Feature] = match board.as_str() {
            "unix" => &[Feature::Threads, Feature::Repeatable],
            other => panic!("BOARD={other}: the tests know BOARD=unix only"),
        };
        let Some(program) = env::var_os("BOARD_EXE").map(PathBuf::from) else {
            panic!("BOARD_EXE is not set: it names the board program (make test-board does all that is needed)");
        };
        assert!(program.is_file(), "BOARD_EXE={}: there is no such file; make unix builds it", program.display());
        Self { program, features }
    }

    /// Whether it has something.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// The command that starts it with the contents of a folder as its flash.
    pub(crate) fn command(&self, flash: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--dir").arg(flash);
        command
    }
}
