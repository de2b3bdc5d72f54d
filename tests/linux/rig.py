"""What the tests of tests/linux have in common: the guest, and devices that are plugged into it."""

import contextlib
import json
import pathlib
import shutil
import socket
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "simulator" / "linux"))

from device import Device  # noqa: E402
from guest import Guest, GuestError  # noqa: E402

EXAMPLES = ROOT / "examples"
DEVICES = ROOT / "tests" / "linux" / "devices"
LIBRARY = ROOT / "tests" / "lib"
# What runs in the guest, in the order in which one uses the other.
MODULES = ["system", "usb", "gadget", "usbtest", "serial", "events", "midi", "watch", "usbmon", "remote", "disk"]
# A network for USB/IP: the guest reaches servers on this machine, nobody reaches the guest.
NETWORK = ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="]

__all__ = ["DEVICES", "EXAMPLES", "GuestError", "Rig"]


def free_port():
    """A TCP port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Plugged:
    """A device in the guest. It has the attributes of `usb.describe()`, such as name and node."""

    def __init__(self, rig, program, scratch):
        self.rig = rig
        self.program = program
        self.scratch = scratch
        self.cable = None
        self.description = {}

    def __getattr__(self, name):
        if name in self.description:
            return self.description[name]
        raise AttributeError(name)

    def plug(self, wait=True, controller="xhci"):
        self.cable = self.rig.guest.plug(self.program.socket, controller)
        if wait:
            self.wait()

    def wait(self, seconds=60):
        """Waits until the guest has it configured, with its drivers."""
        others = [device.name for device in self.rig.desk if device is not self]
        self.description = self.rig.guest.call("usb.wait", seconds, besides=others, seconds=seconds + 30)

    def unplug(self):
        cable, self.cable = self.cable, None
        self.rig.guest.unplug(cable)
        if self.description:
            self.rig.guest.call("usb.wait_gone", self.name)

    def nodes(self, *kinds):
        """For each kind ("ttyACM") the nodes in /dev that its drivers have made."""
        return self.rig.guest.call("usb.wait_nodes", self.name, list(kinds))


class Rig:
    """One guest for many tests."""

    # Numbers their folders and logs.
    devices = 0

    def __init__(self, build, logs):
        """`build`: the folder with everything that make builds. `logs`: where the guest and the devices leave what they say."""
        self.build = build
        self.logs = logs
        self.usbsim = build / "cargo" / "release" / "usbsim"
        self.board = build / "unix" / "board"
        self.scratch = build / "test-linux"
        if Rig.devices == 0:
            shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        modules = [ROOT / "simulator" / "linux" / "in_guest" / f"{name}.py" for name in MODULES]
        # What is plugged in by usb-redir.
        self.desk = []
        self.guest = Guest(build / "linux", logs / "test-linux.console.log", modules, NETWORK)
        self.has_network = False

    def close(self):
        self.guest.close()

    def call(self, *arguments, **keywords):
        return self.guest.call(*arguments, **keywords)

    def keep(self, name, results):
        """Leaves results for docs and benchmarks in build/test-linux/NAME.json."""
        (self.scratch / f"{name}.json").write_text(json.dumps(results, indent=1))

    def last_words(self):
        """The kernel's last messages, for somebody who wants to know why a test has failed."""
        try:
            return [f"{seconds:10.3f} {text}" for _, seconds, text in self.call("system.kernel_log")[-15:]]
        except GuestError as error:
            return [f"the guest does not answer: {error}"]

    def prepare(self, script, files, options, board=()):
        """The arguments for usbsim, the file for its log, and the folder that plays the board's flash."""
        Rig.devices += 1
        flash = self.scratch / f"{Rig.devices}-{script.stem}"
        flash.mkdir()
        for name in ("framework.py", "drivers.py"):
            shutil.copy(LIBRARY / name, flash / name)
        for name, content in (files or {}).items():
            (flash / name).write_bytes(content)
        arguments = [*options, "--device", *(board or [self.board]), "--mirror", "--exit", "--dir", flash, script]
        log = self.logs / f"test-linux.{Rig.devices}-{script.stem}.log"
        return arguments, log, flash

    @contextlib.contextmanager
    def remote_device(self, script, files=None, options=()):
        """The same over USB/IP. It is taken away by stopping its server."""
        if not self.has_network:
            self.call("remote.start")
            self.has_network = True
        arguments, log, flash = self.prepare(script, files, options)
        port = free_port()
        program = Device(self.usbsim, arguments, log, port)
        device = Plugged(self, program, flash)
        try:
            self.call("remote.attach", port)
            device.description = self.call("usb.wait", 60, bus="vhci", seconds=90)
            yield device
        finally:
            program.close()
            if device.description:
                self.call("usb.wait_gone", device.name)

    @contextlib.contextmanager
    def device(self, script, files=None, options=(), board=(), controller="xhci"):
        """A device program (a path) on a board, plugged into the guest until the `with` ends.

        `files`: what lies in the board's flash beside it. `options`: for usbsim. `board`: another command than the unix port's
        board. `controller`: see Guest.plug().
        """
        arguments, log, flash = self.prepare(script, files, options, board)
        program = Device(self.usbsim, arguments, log)
        device = Plugged(self, program, flash)
        try:
            device.plug(controller=controller)
            self.desk.append(device)
            yield device
        finally:
            self.desk = [other for other in self.desk if other is not device]
            try:
                if device.cable:
                    device.unplug()
            finally:
                program.close()
