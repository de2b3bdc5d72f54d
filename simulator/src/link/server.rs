//! The device's half. It serves two kinds of device:
//!
//! * one that can be run from outside (an emulator): [`Server::serve`] reads commands and calls its [`Port`],
//!   `run_until` included;
//! * a program that has its own main loop (MicroPython): it calls [`Server::advance`] whenever its virtual clock has
//!   moved, and [`Server::sleep`] when it has nothing to do before some time. Both block until the bus has granted the
//!   time, and hand transactions, resets and frames to the port meanwhile. The port's `run_until` is not called.

use std::env;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;

use super::message::{Answer, Command, State};
use super::{LinkError, VERSION};
use crate::port::{Port, PortError};
use crate::time::BusTime;

/// The environment variable that names the link: the path of a Unix socket to connect to, or `stdio` for standard input
/// and output.
pub const ENVIRONMENT: &str = "USBSIM_LINK";

/// The device's end of a link.
pub struct Server {
    input: BufReader<Box<dyn Read>>,
    output: Box<dyn Write>,
    /// A RunUntil that has not been answered, and its time.
    granted: Option<BusTime>,
    /// The changes that the bus knows of.
    reported: u64,
}

impl Server {
    /// Connects to where [`ENVIRONMENT`] says. `None` if the variable is not set: no simulator has started this
    /// process.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_environment(name: &str) -> Result<Option<Self>, LinkError> {
        let Some(path) = env::var_os(ENVIRONMENT) else { return Ok(None) };
        if path == "stdio" {
            return Self::new(Box::new(io::stdin()), Box::new(io::stdout()), name).map(Some);
        }
        let refused = |error: io::Error| LinkError::Io(format!("{}: {error}", path.display()));
        let stream = UnixStream::connect(&path).map_err(refused)?;
        Self::over(stream, name).map(Some)
    }

    /// Over a connected socket.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn over(stream: UnixStream, name: &str) -> Result<Self, LinkError> {
        let input = stream.try_clone()?;
        Self::new(Box::new(input), Box::new(stream), name)
    }

    /// Over any two streams. Says Hello and waits for the bus's.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn new(input: Box<dyn Read>, output: Box<dyn Write>, name: &str) -> Result<Self, LinkError> {
        let mut server = Self { input: BufReader::new(input), output, granted: None, reported: 0 };
        Answer::Hello { version: VERSION, name: name.to_owned() }.write(&mut server.output)?;
        match Command::read(&mut server.input)? {
            Command::Hello { version: VERSION } => Ok(server),
            Command::Hello { version } => Err(LinkError::Version { theirs: version }),
            _ => Err(LinkError::Malformed("the first command is not Hello".to_owned())),
        }
    }

    /// Runs a device that can be run from outside, until the bus side says Goodbye.
    ///
    /// # Errors
    /// [`LinkError`]; the port's own errors are told to the bus first and come back as [`LinkError::Refused`].
    pub fn serve(&mut self, port: &mut dyn Port) -> Result<(), LinkError> {
        loop {
            match self.next_command()? {
                Command::RunUntil(until) => {
                    let reached = port.run_until(until);
                    let reached = self.told(reached)?;
                    self.reached(port, reached)?;
                }
                Command::Goodbye => return Ok(()),
                other => self.dispatch(port, other)?,
            }
        }
    }

    /// The program's clock has moved to `now` by running. Returns when the bus has granted that much; at once if it has
    /// already and there is no change to tell. The program then looks whether its controller has raised an interrupt.
    ///
    /// # Errors
    /// [`LinkError`]; [`LinkError::Closed`] after Goodbye: the program should end.
    pub fn advance(&mut self, port: &mut dyn Port, now: BusTime) -> Result<(), LinkError> {
        loop {
            match self.granted {
                Some(granted) if granted > now && port.changes() == self.reported => return Ok(()),
                Some(granted) => {
                    self.granted = None;
                    self.reached(port, now.min(granted))?;
                }
                None => self.take_command(port)?,
            }
        }
    }

    /// The program's clock is at `now` and it has nothing to do before `until`. Returns the time to which it may set
    /// its clock: later than `now`, at most `until`. The program then looks whether its controller has raised an
    /// interrupt, and calls again for the rest.
    ///
    /// # Errors
    /// As [`Server::advance`].
    pub fn sleep(&mut self, port: &mut dyn Port, now: BusTime, until: BusTime) -> Result<BusTime, LinkError> {
        self.advance(port, now)?;
        Ok(self.granted.map_or(now, |granted| granted.min(until)).max(now))
    }

    /// Tells the bus side why the device stops. The link is of no use after that.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn fail(&mut self, text: &str) -> Result<(), LinkError> {
        Answer::Failed(text.to_owned()).write(&mut self.output)
    }

    fn next_command(&mut self) -> Result<Command, LinkError> {
        let command = Command::read(&mut self.input);
        if let Err(LinkError::Malformed(text)) = &command {
            // The bus side may be gone; the error that is returned says the same.
            let _ = self.fail(&format!("malformed command: {text}"));
        }
        command
    }

    fn take_command(&mut self, port: &mut dyn Port) -> Result<(), LinkError> {
        match self.next_command()? {
            Command::RunUntil(until) => {
                self.granted = Some(until);
                Ok(())
            }
            Command::Goodbye => Err(LinkError::Closed),
            other => self.dispatch(port, other),
        }
    }

    fn dispatch(&mut self, port: &mut dyn Port, command: Command) -> Result<(), LinkError> {
        let result = match command {
            Command::Transaction(transaction) => {
                let reply = port.transaction(&transaction.borrow());
                let reply = self.told(reply)?;
                let state = self.state(port);
                return Answer::Reply(state, reply).write(&mut self.output);
            }
            Command::Reset(start, end) => port.reset(start, end),
            Command::Suspend(at) => port.suspend(at),
            Command::Resume(at) => port.resume(at),
            Command::StartOfFrame(at, frame) => port.start_of_frame(at, frame),
            Command::Cable(at, plugged) => port.cable(at, plugged),
            Command::Hello { .. } | Command::RunUntil(_) | Command::Goodbye => {
                Err(PortError::Protocol("a second Hello".to_owned()))
            }
        };
        self.told(result)?;
        let state = self.state(port);
        Answer::Done(state).write(&mut self.output)
    }

    fn reached(&mut self, port: &dyn Port, time: BusTime) -> Result<(), LinkError> {
        let state = self.state(port);
        Answer::Reached(state, time).write(&mut self.output)
    }

    fn state(&mut self, port: &dyn Port) -> State {
        self.reported = port.changes();
        State { changes: self.reported, pull_up: port.pull_up(), resume_requested: port.resume_requested() }
    }

    fn told<T>(&mut self, result: Result<T, PortError>) -> Result<T, LinkError> {
        result.map_err(|error| {
            let text = error.to_string();
            // The error goes up in any case.
            let _ = self.fail(&text);
            LinkError::Refused(text)
        })
    }
}
