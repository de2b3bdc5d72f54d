//! The bus's half: a [`Port`] whose device is at the other end of a stream.

use std::io::{BufReader, Read, Write};

use super::message::{Answer, Command, OwnedTransaction, State};
use super::{LinkError, VERSION};
use crate::port::{Port, PortError, Reply, Transaction};
use crate::time::BusTime;

/// A device behind a link.
pub struct RemotePort {
    input: BufReader<Box<dyn Read>>,
    output: Box<dyn Write>,
    name: String,
    state: State,
}

fn port_error(error: LinkError, during: &str) -> PortError {
    match error {
        LinkError::Closed => PortError::Closed(format!("during {during}")),
        LinkError::Io(text) => PortError::Io(format!("{during}: {text}")),
        LinkError::Refused(text) => PortError::Device(text),
        LinkError::Malformed(text) => PortError::Protocol(format!("{during}: malformed message: {text}")),
        version @ LinkError::Version { .. } => PortError::Protocol(version.to_string()),
    }
}

impl RemotePort {
    /// Waits for the device's Hello and answers it.
    ///
    /// # Errors
    /// [`PortError::Protocol`] if the other end is no device, or of another version; [`PortError::Closed`] if it goes
    /// away.
    pub fn new(input: Box<dyn Read>, output: Box<dyn Write>) -> Result<Self, PortError> {
        let mut port = Self { input: BufReader::new(input), output, name: String::new(), state: State::default() };
        match Answer::read(&mut port.input).map_err(|error| port_error(error, "Hello"))? {
            Answer::Hello { version: VERSION, name } => port.name = name,
            Answer::Hello { version, .. } => {
                // Said to the device too, so that its own message is as clear; it may be gone already.
                let _ = Command::Hello { version: VERSION }.write(&mut port.output);
                return Err(port_error(LinkError::Version { theirs: version }, "Hello"));
            }
            Answer::Failed(text) => return Err(PortError::Device(text)),
            other => return Err(unexpected("Hello", &other)),
        }
        let hello = Command::Hello { version: VERSION };
        hello.write(&mut port.output).map_err(|error| port_error(error, "Hello"))?;
        Ok(port)
    }

    /// What the device calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn ask(&mut self, command: &Command, during: &str) -> Result<Answer, PortError> {
        let answer = match command.write(&mut self.output) {
            Ok(()) => Answer::read(&mut self.input),
            // A device that has said why it stops and has gone away is better heard than the broken pipe.
            Err(LinkError::Closed) => match Answer::read(&mut self.input) {
                failed @ Ok(Answer::Failed(_)) => failed,
                _ => Err(LinkError::Closed),
            },
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|error| port_error(error, during))?;
        match &answer {
            Answer::Reached(state, _) | Answer::Reply(state, _) | Answer::Done(state) => self.state = *state,
            Answer::Failed(text) => return Err(PortError::Device(text.clone())),
            Answer::Hello { .. } => {}
        }
        Ok(answer)
    }

    fn tell(&mut self, command: &Command, during: &str) -> Result<(), PortError> {
        match self.ask(command, during)? {
            Answer::Done(_) => Ok(()),
            other => Err(unexpected(during, &other)),
        }
    }
}

fn unexpected(during: &str, answer: &Answer) -> PortError {
    let kind = match answer {
        Answer::Hello { .. } => "Hello",
        Answer::Reached(..) => "Reached",
        Answer::Reply(..) => "Reply",
        Answer::Done(_) => "Done",
        Answer::Failed(_) => "Failed",
    };
    PortError::Protocol(format!("{kind} is no answer to {during}"))
}

impl Port for RemotePort {
    fn run_until(&mut self, until: BusTime) -> Result<BusTime, PortError> {
        let before = self.state.changes;
        match self.ask(&Command::RunUntil(until), "RunUntil")? {
            Answer::Reached(_, reached) if reached > until => {
                Err(PortError::Protocol(format!("RunUntil {until} answered with {reached}, which is later")))
            }
            Answer::Reached(state, reached) if reached < until && state.changes == before => Err(PortError::Protocol(
                format!("RunUntil {until} answered with {reached}, which is earlier, but without a change"),
            )),
            Answer::Reached(_, reached) => Ok(reached),
            other => Err(unexpected("RunUntil", &other)),
        }
    }

    fn changes(&self) -> u64 {
        self.state.changes
    }

    fn pull_up(&self) -> bool {
        self.state.pull_up
    }

    fn resume_requested(&self) -> bool {
        self.state.resume_requested
    }

    fn reset(&mut self, start: BusTime, end: BusTime) -> Result<(), PortError> {
        self.tell(&Command::Reset(start, end), "Reset")
    }

    fn suspend(&mut self, at: BusTime) -> Result<(), PortError> {
        self.tell(&Command::Suspend(at), "Suspend")
    }

    fn resume(&mut self, at: BusTime) -> Result<(), PortError> {
        self.tell(&Command::Resume(at), "Resume")
    }

    fn start_of_frame(&mut self, at: BusTime, frame: u16) -> Result<(), PortError> {
        self.tell(&Command::StartOfFrame(at, frame), "StartOfFrame")
    }

    fn cable(&mut self, at: BusTime, plugged: bool) -> Result<(), PortError> {
        self.tell(&Command::Cable(at, plugged), "Cable")
    }

    fn transaction(&mut self, transaction: &Transaction<'_>) -> Result<Reply, PortError> {
        match self.ask(&Command::Transaction(OwnedTransaction::from(transaction)), "Transaction")? {
            Answer::Reply(_, reply) => Ok(reply),
            other => Err(unexpected("Transaction", &other)),
        }
    }
}

impl Drop for RemotePort {
    fn drop(&mut self) {
        // The device may be gone already.
        let _ = Command::Goodbye.write(&mut self.output);
    }
}
