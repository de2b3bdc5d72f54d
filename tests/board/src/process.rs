//! The process that is the device: its folder, its link, its end.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use usb_simulator::link::{self, RemotePort};

use crate::target::{self, Target};

/// Wall time, for what is not in bus time: the start of a program, and its end. And how long it may think about an answer
/// before the test gives it up.
const START: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(1);

/// The running device.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    folder: PathBuf,
}

impl Process {
    /// Starts a device with these files in its flash, and waits until it has plugged itself in.
    pub fn start(target: &Target, files: &[(&str, String)]) -> (Self, RemotePort) {
        let folder = new_folder();
        let flash = folder.join("flash");
        fs::create_dir_all(&flash).expect("a folder for the flash");
        for (name, content) in files {
            fs::write(flash.join(name), content).expect("a file of the flash");
        }
        let mut command = target.command(&folder, &flash, files);
        command.stderr(File::create(stderr_of(&folder)).expect("a file for the board's errors"));
        let link = if target.takes_standard_streams() {
            Link::Pair(standard_streams(&mut command).expect("a pair of sockets for the link"))
        } else {
            Link::Listener(listener(&mut command, &folder).expect("a socket for the link"))
        };
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        // It holds the device's end of a pair.
        drop(command);
        let mut process = Self { child, folder };
        let stream = match link {
            Link::Pair(stream) => stream,
            Link::Listener(listener) => process.accept(&listener),
        };
        let port = over(stream).unwrap_or_else(|error| process.fail(&format!("the link: {error}")));
        (process, port)
    }

    fn accept(&mut self, listener: &UnixListener) -> UnixStream {
        let end = Instant::now() + START;
        loop {
            match listener.accept() {
                Ok((stream, _)) => return stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("the link: {error}"),
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                self.fail(&format!("the board ended before it was plugged in ({status})"));
            }
            assert!(Instant::now() < end, "the board did not plug itself in within {} s", START.as_secs());
            thread::sleep(POLL);
        }
    }

    fn fail(&self, what: &str) -> ! {
        panic!("{what}: {}", self.errors());
    }

    /// What it has written to its standard error.
    pub fn errors(&self) -> String {
        fs::read_to_string(stderr_of(&self.folder)).unwrap_or_default()
    }

    /// Sends bytes to UART 0 (of the emulated Pico).
    pub fn send_to_uart(&self, bytes: &[u8]) {
        let file = File::options().append(true).open(target::uart_input(&self.folder));
        file.and_then(|mut file| file.write_all(bytes)).expect("a file for UART 0");
    }

    /// Waits for its end, which the loss of the bus brings about.
    fn end(&mut self) -> Option<ExitStatus> {
        let end = Instant::now() + END;
        while Instant::now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(POLL);
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let status = self.end();
        if status.is_none() {
            // If it is gone after all, all the better.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if thread::panicking() {
            let ended = status.map_or("had to be killed".to_owned(), |status| format!("ended: {status}"));
            println!("---- the board {ended}; on its standard error:\n{}", self.errors());
        }
        let errors = self.errors();
        // Left behind at worst: a few files in the temporary folder.
        let _ = fs::remove_dir_all(&self.folder);
        if !thread::panicking() {
            assert!(
                status.is_some_and(|status| status.success()),
                "the board did not end well when the bus went: {status:?}\n{errors}"
            );
        }
    }
}

/// The bus's end of the link.
enum Link {
    Pair(UnixStream),
    Listener(UnixListener),
}

/// The device gets the link as its standard input and output.
fn standard_streams(command: &mut Command) -> io::Result<UnixStream> {
    let (ours, theirs) = UnixStream::pair()?;
    command.stdin(OwnedFd::from(theirs.try_clone()?)).stdout(OwnedFd::from(theirs));
    command.env(link::ENVIRONMENT, "stdio");
    Ok(ours)
}

/// The device connects to a socket in `folder`.
fn listener(command: &mut Command, folder: &Path) -> io::Result<UnixListener> {
    let address = folder.join("link");
    let listener = UnixListener::bind(&address)?;
    listener.set_nonblocking(true)?;
    command.env(link::ENVIRONMENT, &address);
    Ok(listener)
}

fn over(stream: UnixStream) -> Result<RemotePort, Box<dyn std::error::Error>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(ANSWER))?;
    let input = stream.try_clone()?;
    Ok(RemotePort::new(Box::new(input), Box::new(stream))?)
}

fn stderr_of(folder: &Path) -> PathBuf {
    folder.join("stderr")
}

fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("board-tests-{}-{number}", std::process::id()))
}
