"""A device program on the virtual bus, offered to QEMU (`usbsim redir`) or to a kernel (`usbsim usbip`)."""

import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

START_SECONDS = 60
END_SECONDS = 10


class DeviceError(Exception):
    """The device program has ended, or was not heard to say what it should."""


class Device:
    """The running program. Its output, and what usbsim says, come as lines."""

    def __init__(self, usbsim, arguments, log, port=None):
        """`arguments`: for usbsim: its options, then --device and the device program's command.

        `port`: a TCP port of this machine to serve USB/IP on, instead of usb-redir on `self.socket`.
        """
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="usb-device-"))
        self.socket = self.folder / "redir"
        self.lines = []
        self.news = threading.Condition()
        how = ["usbip", "--bind", f"127.0.0.1:{port}"] if port else ["redir", "--socket", self.socket]
        self.process = subprocess.Popen(
            [str(word) for word in (usbsim, *how, "--commands", *arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A group of its own: Ctrl-C goes to us, and we end it.
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._listen, args=(log,), daemon=True)
        self.reader.start()
        try:
            self.wait_for("USB/IP on " if port else "usb-redir on ", START_SECONDS)
        except BaseException:
            self.close()
            raise

    def _listen(self, log):
        with open(log, "w") as file:
            for line in self.process.stdout:
                file.write(line)
                file.flush()
                with self.news:
                    self.lines.append(line.rstrip("\r\n"))
                    self.news.notify_all()
        with self.news:
            self.lines.append(None)
            self.news.notify_all()

    def wait_for(self, text, seconds, start=0):
        """Waits for a line with `text` in it, from line number `start` on; returns the number of the line behind it."""
        end = time.monotonic() + seconds
        with self.news:
            while True:
                for number in range(start, len(self.lines)):
                    if self.lines[number] is None:
                        said = "\n".join(line for line in self.lines[-20:] if line is not None)
                        raise DeviceError(f"the device program ended before it said {text!r}; it said:\n{said}")
                    if text in self.lines[number]:
                        return number + 1
                start = len(self.lines)
                if not self.news.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    said = "\n".join(self.lines[-20:])
                    raise DeviceError(f"the device did not say {text!r} in {seconds} s; it said:\n{said}")

    def tell(self, command):
        """A command for usbsim: plug, unplug, quit."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def close(self):
        """Ends the program and returns its exit status."""
        try:
            self.process.stdin.close()
            status = self.process.wait(END_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            status = self.process.wait()
        self.reader.join(END_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status
