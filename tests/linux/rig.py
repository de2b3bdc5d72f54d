"""What the tests of tests/linux have in common: the guest, and devices that are plugged into it."""

import contextlib
import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "simulator" / "linux"))

from device import Device  # noqa: E402
from guest import Guest, GuestError  # noqa: E402

EXAMPLES = ROOT / "examples"
DEVICES = ROOT / "tests" / "linux" / "devices"
LIBRARY = ROOT / "tests" / "lib"
# What runs in the guest, in the order in which one uses the other.
MODULES = ["system", "usb", "gadget", "usbtest", "serial", "events", "midi"]

__all__ = ["DEVICES", "EXAMPLES", "GuestError", "Rig"]


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

    def plug(self, wait=True):
        self.cable = self.rig.guest.plug(self.program.socket)
        if wait:
            self.wait()

    def wait(self, seconds=60):
        """Waits until the guest has it configured, with its drivers."""
        self.description = self.rig.guest.call("usb.wait", seconds, seconds=seconds + 30)

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

    def __init__(self, build, logs):
        """`build`: the folder with everything that make builds. `logs`: where the guest and the devices leave what they say."""
        self.build = build
        self.logs = logs
        self.devices = 0
        self.usbsim = build / "cargo" / "release" / "usbsim"
        self.board = build / "unix" / "board"
        self.scratch = build / "test-linux"
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        modules = [ROOT / "simulator" / "linux" / "in_guest" / f"{name}.py" for name in MODULES]
        self.guest = Guest(build / "linux", logs / "test-linux.console.log", modules)

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

    @contextlib.contextmanager
    def device(self, script, files=None, options=(), plugged=True):
        """A device program (a path) on a board, plugged into the guest until the `with` ends.

        `files`: what lies in the board's flash beside it. `options`: for usbsim.
        """
        self.devices += 1
        flash = self.scratch / f"{self.devices}-{script.stem}"
        flash.mkdir()
        for name in ("framework.py", "drivers.py"):
            shutil.copy(LIBRARY / name, flash / name)
        for name, content in (files or {}).items():
            (flash / name).write_bytes(content)
        arguments = [*options, "--device", self.board, "--mirror", "--exit", "--dir", flash, script]
        log = self.logs / f"test-linux.{self.devices}-{script.stem}.log"
        program = Device(self.usbsim, arguments, log)
        device = Plugged(self, program, flash)
        try:
            if plugged:
                device.plug()
            yield device
        finally:
            try:
                if device.cable:
                    device.unplug()
            finally:
                program.close()
