//! The REPL's three ways of taking a program, as a terminal and as tools such as mpremote use them.

use crate::board::Board;

const CTRL_A: &str = "\x01";
const CTRL_B: &str = "\x02";
const CTRL_D: &str = "\x04";
const CTRL_E: &str = "\x05";
const PROMPT: &str = ">>> ";
/// How long a short line may take, in milliseconds of bus time.
const PATIENCE: u64 = 20_000;

/// What a program in the raw REPL has printed, and the traceback it ended with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Its output.
    pub output: String,
    /// Its traceback, empty if it ended well.
    pub error: String,
}

impl Outcome {
    /// The output of a program that ended well.
    pub fn ok(self) -> String {
        assert_eq!(self.error, "", "the program raised");
        self.output
    }
}

impl Board {
    /// Waits for the prompt; returns what came before it.
    pub fn prompt(&mut self) -> String {
        self.expect(PROMPT, PATIENCE)
    }

    /// Types a line that is a whole statement; returns what it printed, with "\n" for the ends of lines.
    pub fn run(&mut self, line: &str) -> String {
        self.run_within(line, PATIENCE)
    }

    /// The same with another limit in milliseconds.
    pub fn run_within(&mut self, line: &str, millis: u64) -> String {
        self.type_line(line);
        self.expect(PROMPT, millis).replace("\r\n", "\n")
    }

    /// Types a line and waits for its echo only.
    pub fn type_line(&mut self, line: &str) {
        self.send(format!("{line}\r"));
        self.expect(&format!("{line}\r\n"), PATIENCE);
    }

    /// Gives a program to paste mode; returns what it printed.
    pub fn paste(&mut self, program: &str) -> String {
        self.send(CTRL_E);
        self.expect("Ctrl-D to finish\r\n=== ", PATIENCE);
        for line in program.lines() {
            self.send(format!("{line}\r"));
            self.expect("\r\n=== ", PATIENCE);
        }
        self.send(CTRL_D);
        self.expect("\r\n", PATIENCE);
        self.prompt().replace("\r\n", "\n")
    }

    /// Goes from the friendly REPL to the raw one.
    pub fn enter_raw(&mut self) {
        self.send(CTRL_A);
        self.expect("raw REPL; CTRL-B to exit\r\n>", PATIENCE);
    }

    /// Goes back to the friendly REPL.
    pub fn leave_raw(&mut self) {
        self.send(CTRL_B);
        self.prompt();
    }

    /// Starts a program in the raw REPL and does not wait for its end.
    pub fn start_raw(&mut self, program: &str) {
        self.send(program);
        self.send(CTRL_D);
        self.expect("OK", PATIENCE);
    }

    /// Waits for the end of a program in the raw REPL.
    pub fn end_raw(&mut self, millis: u64) -> Outcome {
        let output = self.expect(CTRL_D, millis).replace("\r\n", "\n");
        let error = self.expect(CTRL_D, PATIENCE).replace("\r\n", "\n");
        self.expect(">", PATIENCE);
        Outcome { output, error }
    }

    /// Runs a program in the raw REPL.
    pub fn raw(&mut self, program: &str) -> Outcome {
        self.start_raw(program);
        self.end_raw(PATIENCE)
    }

    /// Asks for raw-paste mode; returns the size of its window.
    pub fn begin_raw_paste(&mut self) -> usize {
        self.send("\x05A\x01");
        let answer = self.read_exactly(4, PATIENCE);
        assert_eq!(answer[..2], *b"R\x01", "the answer to raw-paste");
        usize::from(u16::from_le_bytes([answer[2], answer[3]]))
    }

    /// Sends a program in raw-paste mode, one window at a time, as its flow control says; does not wait for its end.
    pub fn start_raw_paste(&mut self, program: &str) {
        let window = self.begin_raw_paste();
        let mut rest = program.as_bytes();
        let mut allowed = window;
        while !rest.is_empty() {
            if allowed == 0 {
                assert_eq!(self.read_exactly(1, PATIENCE), b"\x01", "the next window");
                allowed = window;
            }
            let (now, later) = rest.split_at(rest.len().min(allowed));
            self.send(now);
            allowed -= now.len();
            rest = later;
        }
        self.send(CTRL_D);
        // The windows that nobody needs any more come before the confirmation.
        let between = self.expect(CTRL_D, PATIENCE);
        assert!(between.bytes().all(|byte| byte == 1), "only windows come before the confirmation: {between:?}");
    }

    /// Runs a program in raw-paste mode.
    pub fn raw_paste(&mut self, program: &str) -> Outcome {
        self.start_raw_paste(program);
        self.end_raw(PATIENCE)
    }

    /// Ctrl-D at the prompt. The port may be gone afterwards.
    pub fn soft_reset(&mut self) {
        self.send(CTRL_D);
    }
}
