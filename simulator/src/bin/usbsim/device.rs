//! The device process: started with the link in its environment, and asked how it ended.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use usb_simulator::link::{self, RemotePort};

use super::DeviceOptions;

/// How long a started program may take to connect. Wall time: nothing is virtual before the link stands.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a program that has closed its link may take to end, and one that was told to.
const END: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);

/// A device program, or only its socket if somebody else has started it.
pub struct Device {
    child: Option<Child>,
    folder: Option<PathBuf>,
    apart: bool,
}

impl Device {
    /// Starts or awaits the device, and returns the port that it serves.
    pub fn start(options: &DeviceOptions) -> Result<(Self, RemotePort), String> {
        Self { child: None, folder: None, apart: false }.connect(options)
    }

    /// The same for a tool that ends by itself when somebody presses Ctrl-C: the device does not hear of that, which would
    /// look like a failure of its own. It ends when its link does.
    pub fn start_apart(options: &DeviceOptions) -> Result<(Self, RemotePort), String> {
        Self { child: None, folder: None, apart: true }.connect(options)
    }

    fn connect(mut self, options: &DeviceOptions) -> Result<(Self, RemotePort), String> {
        let port = match (&options.listen, options.device.split_first()) {
            (Some(path), _) => {
                let listener = listen(path)?;
                println!("waiting for a device on {}", path.display());
                let accepted = listener.accept();
                // The name is not needed once the device is connected.
                let _ = fs::remove_file(path);
                over_socket(accepted.map_err(|error| format!("{}: {error}", path.display()))?.0)
            }
            (None, Some((program, arguments))) if options.stdio => self.start_on_pipes(program, arguments),
            (None, Some((program, arguments))) => self.start_on_socket(program, arguments),
            (None, None) => Err("no device: give --device COMMAND or --listen SOCKET".to_owned()),
        };
        match port {
            Ok(port) => Ok((self, port)),
            Err(reason) => Err(self.explain(reason)),
        }
    }

    fn keep_from_signals(&self, command: &mut Command) {
        if self.apart {
            command.process_group(0);
        }
    }

    fn start_on_pipes(&mut self, program: &str, arguments: &[String]) -> Result<RemotePort, String> {
        let mut command = Command::new(program);
        self.keep_from_signals(&mut command);
        command.args(arguments).env(link::ENVIRONMENT, "stdio").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        let streams = child.stdout.take().zip(child.stdin.take());
        self.child = Some(child);
        let (input, output) = streams.ok_or("the device program has no pipes")?;
        RemotePort::new(Box::new(input), Box::new(output)).map_err(|error| error.to_string())
    }

    fn start_on_socket(&mut self, program: &str, arguments: &[String]) -> Result<RemotePort, String> {
        let folder = new_folder()?;
        let path = folder.join("link");
        self.folder = Some(folder);
        let listener = listen(&path)?;
        listener.set_nonblocking(true).map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        self.keep_from_signals(&mut command);
        command.args(arguments).env(link::ENVIRONMENT, &path);
        self.child = Some(command.spawn().map_err(|error| format!("{program}: {error}"))?);
        let end = Instant::now() + CONNECT;
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).map_err(|error| error.to_string())?;
                    return over_socket(stream);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
            if self.ended().is_some() {
                return Err("the device process ended before it connected to the bus".to_owned());
            }
            if Instant::now() > end {
                return Err(format!("the device process did not connect to the bus within {} s", CONNECT.as_secs()));
            }
            thread::sleep(POLL);
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().ok().flatten())
    }

    fn wait(&mut self) -> Option<ExitStatus> {
        let end = Instant::now() + END;
        while Instant::now() < end {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            thread::sleep(POLL);
        }
        None
    }

    /// Adds to a reason how the process ended, if it did.
    pub fn explain(&mut self, reason: String) -> String {
        let Some(_) = self.child else { return reason };
        match self.wait() {
            Some(status) => {
                format!("{reason}; the device process ended ({status}), its own messages are above, on stderr")
            }
            None => reason,
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if self.child.is_some()
            && self.wait().is_none()
            && let Some(child) = &mut self.child
        {
            // It was told to go and has not gone. If it is gone after all, all the better.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(folder) = &self.folder {
            // Left behind at worst: an empty folder in the temporary folder.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// A folder of our own in the temporary folder. A run that was killed may have left one with the same process id, and so may one
/// that lives in another container and sees the same temporary folder: theirs are left alone.
fn new_folder() -> Result<PathBuf, String> {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    let mut number = 0;
    loop {
        let folder = std::env::temp_dir().join(format!("usbsim-{}-{number}", std::process::id()));
        match builder.create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(format!("{}: {error}", folder.display())),
        }
    }
}

fn listen(path: &Path) -> Result<UnixListener, String> {
    UnixListener::bind(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn over_socket(stream: UnixStream) -> Result<RemotePort, String> {
    let input = stream.try_clone().map_err(|error| error.to_string())?;
    RemotePort::new(Box::new(input), Box::new(stream)).map_err(|error| error.to_string())
}
