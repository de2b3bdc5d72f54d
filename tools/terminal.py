"""A board whose serial port is a pseudo-terminal of this machine, and the programs from PyPI that talk to such a port."""

import hashlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import tty

import parts

EMULATOR = parts.ROOT / "simulator" / "rp2040"
REQUIREMENTS = parts.ROOT / "tools" / "requirements-mpremote.txt"
# MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO.
FILE_SYSTEM = 1408 * 1024

# How long a board may take to be there. Wall time: the machine may have other work.
ATTACH_SECONDS = 60
END_SECONDS = 20

# What can be given as a board: upstream's C stack needs to be allowed the rules of the data sheet that its driver breaks.
KINDS = ("unix", "rp2", "rp2-c")


def environment(build):
    """A virtual environment with the pinned programs in it, made when it is not there; returns its folder of programs."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    folder = build / "mpremote"
    mark = folder / ".made-from"
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = "install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r".split()
        subprocess.run([folder / "bin" / "pip", *install, REQUIREMENTS], check=True)
        mark.write_text(wanted)
    return folder / "bin"


class Board:
    """usbsim with a board as its device, in a folder of its own. Use it in a `with` statement."""

    def __init__(self, build, kind, folder, *options, files=()):
        """`files` are in the Pico's file system when it starts."""
        self.build = build
        self.files = files
        self.kind = kind
        self.folder = folder
        self.options = options
        self.tty = folder / "tty"
        self.log = folder / "log"
        self.pcap = folder / "usb.pcap"
        self.process = None

    def command(self):
        usbsim = [self.build / "cargo" / "release" / "usbsim", "run", "--pty", self.tty, "--pcap", self.pcap, *self.options]
        if self.kind == "unix":
            return [*usbsim, "--device", self.build / "unix" / "board", "--dir", self.folder / "flash"]
        device = ["node", EMULATOR / "main.js", "--build", self.build / "rp2-emulator", "--flash", self.folder / "chip.flash"]
        allowed = ["--allow", "upstream"] if self.kind == "rp2-c" else []
        return [*usbsim, "--stdio", "--device", *device, *allowed, self.build / self.kind / "firmware.uf2"]

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "flash").mkdir(parents=True)
        if self.files:
            pairs = [f"{path}:{path.name}" for path in self.files]
            make = [self.build / "unix" / "micropython", EMULATOR / "make_flash.py", self.folder / "chip.flash", FILE_SYSTEM]
            subprocess.run([str(word) for word in (*make, *pairs)], check=True)
        with open(self.log, "w") as log:
            command = [str(word) for word in self.command()]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            self.wait_for("serial port on interface", 1)
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def said(self, text):
        """How often usbsim, or the board on UART0, has said `text`."""
        return self.log.read_text(errors="replace").count(text)

    def wait_for(self, text, times):
        """Waits until it has said `text` so often."""
        end = time.monotonic() + ATTACH_SECONDS
        while self.said(text) < times:
            if self.process.poll() is not None:
                raise RuntimeError(f"the board has ended (exit status {self.process.returncode}), see {self.log}")
            if time.monotonic() > end:
                raise RuntimeError(f"{text!r} was not said {times} times within {ATTACH_SECONDS} s, see {self.log}")
            time.sleep(0.02)

    def attachments(self):
        """How often the host has found the board's serial port."""
        return self.said("serial port on interface")


class Client:
    """The terminal, opened raw, by hand."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def write(self, data):
        while data:
            data = data[os.write(self.fd, data) :]

    def read_until(self, wanted, seconds=20):
        """Reads until `wanted`, a regular expression, is found; returns what came, found or not."""
        data = b""
        end = time.monotonic() + seconds
        while not re.search(wanted, data):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                break
            data += os.read(self.fd, 65536)
        return data
