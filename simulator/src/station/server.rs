//! Clients of a station: one thread that waits for sockets and for the wall clock, and keeps the bus going.
//!
//! What a client can do to the others is limited: one that does not read what it asked for is not listened to, then
//! dropped; one that has connected and says nothing is dropped; of more than
//! [`MOST_CLIENTS`] the oldest without the device is dropped.

use std::io::{self, Stdin};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub use super::listener::Listener;
use super::listener::Stream;
use super::{News, Station};
use crate::port::PortError;

/// Connections at a time. One of them has the device, the others may ask for a list.
pub const MOST_CLIENTS: usize = 16;
/// Bytes that wait to be read by a client before it is not listened to any more.
const FULL: usize = 1 << 20;
/// And before it is dropped: what the device sends of itself must not fill the memory.
const TOO_MUCH: usize = 16 << 20;
const READ_AT_ONCE: usize = 64 << 10;
/// How often recordings are written out.
const FLUSH: Duration = Duration::from_millis(200);
/// The longest time between two looks at everything.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Names a client of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientId(u64);

impl ClientId {
    /// Number `number`; each client of a station has its own.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// A protocol, as one client speaks it. It does no input or output itself.
pub trait Session {
    /// Bytes have come.
    ///
    /// # Errors
    /// Why the client is to be dropped; [`Trouble::Port`] ends the server.
    fn receive(&mut self, bytes: &[u8], station: &mut Station) -> Result<(), Trouble>;

    /// Something has happened. [`News::Ended`] is told only to the client that holds the device.
    ///
    /// # Errors
    /// As [`Session::receive`].
    fn hear(&mut self, news: &News, station: &mut Station) -> Result<(), Trouble>;

    /// What waits to be sent; the server takes from the front.
    fn output(&mut self) -> &mut Vec<u8>;

    /// The client is dropped when all output has gone.
    fn is_over(&self) -> bool {
        false
    }

    /// How long a client that has not taken the device may stay.
    fn patience(&self) -> Option<Duration> {
        None
    }
}

/// Why a session ends.
#[derive(Debug)]
pub enum Trouble {
    /// The client has sent what it must not, or asks for what cannot be.
    Client(String),
    /// The bus has ended.
    Port(PortError),
}

impl From<PortError> for Trouble {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

struct Client {
    id: ClientId,
    name: String,
    stream: Box<dyn Stream>,
    session: Box<dyn Session>,
    since: Instant,
    /// The client has closed its end, or has to go: nothing is read any more.
    leaving: bool,
}

impl Client {
    fn listens(&mut self) -> bool {
        !self.leaving && self.session.output().len() < FULL
    }
}

/// What a person says to a running server, a line each.
pub struct Commands {
    input: Stdin,
    line: Vec<u8>,
}

impl Commands {
    /// From standard input: `plug`, `unplug`, `quit`. The end of the input means `quit`.
    pub fn from_stdin() -> Self {
        Self { input: io::stdin(), line: Vec::new() }
    }
}

/// Makes a session for a client.
pub type Welcome = Box<dyn FnMut(ClientId) -> Box<dyn Session>>;
/// Receives what a person should know, a line at a time.
pub type Say = Box<dyn FnMut(&str)>;

/// A station and its clients.
pub struct Server {
    station: Station,
    listener: Listener,
    clients: Vec<Client>,
    commands: Option<Commands>,
    welcome: Welcome,
    say: Say,
    last_id: u64,
    flushed: Instant,
    ended: bool,
    buffer: Vec<u8>,
}

impl Server {
    /// Serves `station` to those who connect to `listener`.
    ///
    /// # Errors
    /// As the operating system reports.
    pub fn new(station: Station, listener: Listener, welcome: Welcome, say: Say) -> io::Result<Self> {
        listener.set_nonblocking()?;
        Ok(Self {
            station,
            listener,
            clients: Vec::new(),
            commands: None,
            welcome,
            say,
            last_id: 0,
            flushed: Instant::now(),
            ended: false,
            buffer: vec![0; READ_AT_ONCE],
        })
    }

    /// Obeys `commands` too.
    pub fn obey(&mut self, commands: Commands) {
        self.commands = Some(commands);
    }

    /// The station.
    pub const fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    /// Serves until `quit`, or until `enough` says so between two turns.
    ///
    /// # Errors
    /// The port's: the device is gone for good.
    pub fn run(&mut self, mut enough: impl FnMut() -> bool) -> Result<(), PortError> {
        while !self.ended && !enough() {
            self.turn()?;
        }
        Ok(())
    }

    /// Waits for sockets or for the wall clock, and does what is due.
    fn turn(&mut self) -> Result<(), PortError> {
        let ready = self.wait();
        for index in ready.clients {
            self.read(index)?;
        }
        // After that, since it may remove one of them.
        if ready.listener {
            self.accept();
        }
        if ready.commands {
            self.obey_next()?;
        }
        for news in self.station.run()? {
            if let News::Remark(text) = &news {
                (self.say)(text);
            }
            self.tell(&news)?;
        }
        self.write();
        self.drop_clients()?;
        if self.flushed.elapsed() >= FLUSH {
            self.flushed = Instant::now();
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        if let Err(error) = self.station.bus().finish_recording() {
            (self.say)(&format!("recording: {error}"));
        }
    }

    fn wait(&mut self) -> Ready {
        let now = Instant::now();
        let wait = self.station.wake_at().saturating_duration_since(now).min(LONGEST_WAIT);
        let mut flags = Vec::with_capacity(self.clients.len());
        for client in &mut self.clients {
            let mut wanted = PollFlags::empty();
            wanted.set(PollFlags::IN, client.listens());
            wanted.set(PollFlags::OUT, !client.session.output().is_empty());
            flags.push(wanted);
        }
        let mut fds = vec![PollFd::new(&self.listener, PollFlags::IN)];
        fds.extend(self.clients.iter().zip(&flags).map(|(client, wanted)| PollFd::new(&client.stream, *wanted)));
        if let Some(commands) = &self.commands {
            fds.push(PollFd::new(&commands.input, PollFlags::IN));
        }
        let timeout = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
        // Interrupted by a signal is as good as a timeout.
        let _ = poll(&mut fds, Some(&timeout));
        let readable = |fd: &PollFd<'_>| fd.revents().intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR);
        let count = self.clients.len();
        Ready {
            listener: readable(&fds[0]),
            clients: (0..count)
                .filter(|index| readable(&fds[index + 1]) && flags[*index].contains(PollFlags::IN))
                .collect(),
            commands: fds.get(count + 1).is_some_and(readable),
        }
    }

    fn accept(&mut self) {
        match self.listener.accept() {
            Ok(Some((stream, name))) => {
                self.make_room();
                self.last_id += 1;
                let id = ClientId(self.last_id);
                let session = (self.welcome)(id);
                self.clients.push(Client { id, name, stream, session, since: Instant::now(), leaving: false });
            }
            Ok(None) => {}
            Err(error) => (self.say)(&format!("a client could not connect: {error}")),
        }
    }

    /// Those who are connected and do nothing must not keep others out: the oldest of them goes.
    fn make_room(&mut self) {
        let idle = |client: &Client| !self.station.is_held_by(client.id);
        if self.clients.len() >= MOST_CLIENTS
            && let Some(oldest) = self.clients.iter().position(idle)
        {
            self.clients.remove(oldest);
        }
    }

    fn read(&mut self, index: usize) -> Result<(), PortError> {
        let client = &mut self.clients[index];
        match client.stream.read(&mut self.buffer) {
            Ok(0) => client.leaving = true,
            Ok(count) => {
                let result = client.session.receive(&self.buffer[..count], &mut self.station);
                self.judge(index, result)?;
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => client.leaving = true,
        }
        Ok(())
    }

    /// A client that has made trouble goes; what was said to it before still reaches it.
    fn judge(&mut self, index: usize, result: Result<(), Trouble>) -> Result<(), PortError> {
        match result {
            Ok(()) => Ok(()),
            Err(Trouble::Port(error)) => Err(error),
            Err(Trouble::Client(text)) => {
                let client = &mut self.clients[index];
                client.leaving = true;
                (self.say)(&format!("{} is dropped: {text}", client.name));
                Ok(())
            }
        }
    }

    fn tell(&mut self, news: &News) -> Result<(), PortError> {
        for index in 0..self.clients.len() {
            let client = &mut self.clients[index];
            let concerned = !matches!(news, News::Ended(_)) || self.station.is_held_by(client.id);
            if concerned && !client.leaving {
                let result = client.session.hear(news, &mut self.station);
                self.judge(index, result)?;
            }
        }
        Ok(())
    }

    fn write(&mut self) {
        for client in &mut self.clients {
            let output = client.session.output();
            while !output.is_empty() {
                match client.stream.write(output) {
                    Ok(count) if count > 0 => drop(output.drain(..count)),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    _ => {
                        output.clear();
                        client.leaving = true;
                    }
                }
            }
            if output.len() > TOO_MUCH {
                (self.say)(&format!("{} is dropped: it does not read what it has asked for", client.name));
                output.clear();
                client.leaving = true;
            }
        }
    }

    fn drop_clients(&mut self) -> Result<(), PortError> {
        for index in (0..self.clients.len()).rev() {
            let client = &mut self.clients[index];
            let held = self.station.is_held_by(client.id);
            let late = client.session.patience().is_some_and(|patience| !held && client.since.elapsed() > patience);
            if late || client.leaving || client.session.is_over() && client.session.output().is_empty() {
                self.station.release(client.id)?;
                self.clients.remove(index);
            }
        }
        Ok(())
    }

    fn obey_next(&mut self) -> Result<(), PortError> {
        let Some(commands) = &mut self.commands else { return Ok(()) };
        let mut bytes = [0; 256];
        // Unbuffered: what standard input's own buffer held back, no poll would tell of.
        match rustix::io::read(&commands.input, &mut bytes) {
            Ok(0) => self.ended = true,
            Ok(count) => commands.line.extend_from_slice(&bytes[..count]),
            Err(_) => {}
        }
        while let Some(end) = self.next_line() {
            match end.as_str() {
                "plug" => self.station.set_cable(true)?,
                "unplug" => self.station.set_cable(false)?,
                "quit" => self.ended = true,
                "" => {}
                other => (self.say)(&format!("unknown command {other:?}: it is plug, unplug or quit")),
            }
        }
        Ok(())
    }

    fn next_line(&mut self) -> Option<String> {
        let line = &mut self.commands.as_mut()?.line;
        let end = line.iter().position(|byte| *byte == b'\n')?;
        let text = String::from_utf8_lossy(&line[..end]).trim().to_owned();
        line.drain(..=end);
        Some(text)
    }
}

struct Ready {
    listener: bool,
    clients: Vec<usize>,
    commands: bool,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.flush();
    }
}
