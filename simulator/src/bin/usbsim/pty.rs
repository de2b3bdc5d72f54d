//! A pseudo-terminal: to programs on this machine it is a serial port, here it is a pair of byte streams.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{ControlModes, OptionalActions, tcgetattr, tcsetattr};
use usb_simulator::class::cdc::LineCoding;

/// What a client finds that sets nothing itself.
const RATE: u32 = 115_200;

/// The master's side. Clients open [`Pty::path`], or the link to it.
pub struct Pty {
    master: OwnedFd,
    path: PathBuf,
    link: PathBuf,
}

impl Pty {
    /// Makes a pseudo-terminal, raw and at 115200 8N1, and a symbolic link to it. An old link is replaced; anything
    /// else in its place is an error, said in words.
    pub fn new(link: &Path) -> Result<Self, String> {
        let pty = Self::open(link).map_err(|error| format!("no pseudo-terminal could be made: {error}"))?;
        let replaced = match fs::symlink_metadata(link) {
            Ok(found) if found.is_symlink() => fs::remove_file(link),
            _ => Ok(()),
        };
        replaced.and_then(|()| symlink(&pty.path, link)).map_err(|error| format!("{}: {error}", link.display()))?;
        Ok(pty)
    }

    fn open(link: &Path) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(name.as_bytes()));
        // As a new terminal it would echo what the device says, and change line ends. Opening and closing it once makes
        // the kernel report that nobody has it open, which it does not for one that never was.
        let client = open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut settings = tcgetattr(&client)?;
        settings.make_raw();
        settings.set_speed(RATE)?;
        tcsetattr(&client, OptionalActions::Now, &settings)?;
        fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        Ok(Self { master, path, link: link.to_owned() })
    }

    /// The name of the terminal, such as `/dev/pts/3`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A client has it open, or had it open and has left something to be read.
    pub fn in_use(&self) -> io::Result<bool> {
        let mut masters = [PollFd::new(&self.master, PollFlags::IN)];
        poll(&mut masters, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        let events = masters[0].revents();
        Ok(events.contains(PollFlags::IN) || !events.contains(PollFlags::HUP))
    }

    /// What the client has set; the last client's, when nobody has it open. Linux's pseudo-terminals have speed and stop
    /// bits, and always 8 data bits and no parity, whatever a client asks for.
    pub fn line_coding(&self) -> io::Result<LineCoding> {
        // Linux answers for the client's side at either end.
        let settings = tcgetattr(&self.master)?;
        let stop_bits = if settings.control_modes.contains(ControlModes::CSTOPB) { 2 } else { 0 };
        Ok(LineCoding { stop_bits, ..LineCoding::new(settings.output_speed()) })
    }

    /// What clients have written, at most `room` bytes of it; empty if there is nothing.
    pub fn read(&self, room: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; room];
        let count = match rustix::io::read(&self.master, &mut bytes) {
            Ok(count) => count,
            // EIO: nobody has it open, and everything has been read.
            Err(Errno::AGAIN | Errno::INTR | Errno::IO) => 0,
            Err(error) => return Err(error.into()),
        };
        bytes.truncate(count);
        Ok(bytes)
    }

    /// Hands bytes to the client; returns how many there was room for.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::write(&self.master, bytes) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Somebody else's by now, or gone: not ours to remove.
        if fs::read_link(&self.link).is_ok_and(|target| target == self.path) {
            let _ = fs::remove_file(&self.link);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("usbsim-pty-{name}-{}", std::process::id()))
    }

    #[test]
    fn bytes_pass_unchanged_and_a_client_that_leaves_is_noticed_after_its_last_byte() {
        let link = scratch("bytes");
        let pty = Pty::new(&link).unwrap();
        assert!(!pty.in_use().unwrap());
        let mut client = fs::OpenOptions::new().read(true).write(true).open(&link).unwrap();
        assert!(pty.in_use().unwrap());
        assert!(pty.read(100).unwrap().is_empty());
        client.write_all(b"\x03\r\n\x04\xff").unwrap();
        assert_eq!(pty.read(3).unwrap(), b"\x03\r\n");
        assert_eq!(pty.write(b"\x03ab\n\x04").unwrap(), 5);
        let mut bytes = [0; 5];
        client.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"\x03ab\n\x04");
        drop(client);
        assert!(pty.in_use().unwrap());
        assert_eq!(pty.read(100).unwrap(), b"\x04\xff");
        assert!(pty.read(100).unwrap().is_empty());
        assert!(!pty.in_use().unwrap());
        drop(pty);
        assert!(fs::symlink_metadata(&link).is_err());
    }

    #[test]
    fn line_settings_are_seen_also_after_the_client_has_gone() {
        let link = scratch("coding");
        let pty = Pty::new(&link).unwrap();
        assert_eq!(pty.line_coding().unwrap(), LineCoding::new(RATE));
        let client = fs::OpenOptions::new().read(true).write(true).open(&link).unwrap();
        let mut settings = tcgetattr(&client).unwrap();
        settings.set_speed(1200).unwrap();
        settings.control_modes.insert(ControlModes::CSTOPB);
        tcsetattr(&client, OptionalActions::Now, &settings).unwrap();
        drop(client);
        assert_eq!(pty.line_coding().unwrap(), LineCoding { stop_bits: 2, ..LineCoding::new(1200) });
    }

    #[test]
    fn a_full_terminal_takes_no_more_and_loses_nothing() {
        let link = scratch("full");
        let pty = Pty::new(&link).unwrap();
        let mut client = fs::OpenOptions::new().read(true).write(true).open(&link).unwrap();
        let piece: Vec<u8> = (0..=255).collect();
        let mut sent = 0;
        while sent < 1 << 20 {
            let count = pty.write(&piece[sent % 256..]).unwrap();
            if count == 0 {
                break;
            }
            sent += count;
        }
        assert!(sent > 1000 && sent < 1 << 20, "{sent}");
        let mut bytes = vec![0; sent];
        client.read_exact(&mut bytes).unwrap();
        assert!(bytes.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at % 256));
    }

    #[test]
    fn only_a_link_is_replaced() {
        let link = scratch("file");
        fs::write(&link, "mine").unwrap();
        assert!(Pty::new(&link).is_err_and(|text| text.contains("exists")));
        assert_eq!(fs::read(&link).unwrap(), b"mine");
        fs::remove_file(&link).unwrap();
        symlink("/nowhere", &link).unwrap();
        let pty = Pty::new(&link).unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), pty.path());
    }
}
