"""A Linux system in qemu-system-x86_64, into which USB devices are plugged while it runs."""

import json
import marshal
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

FORMAT = 2
EMULATOR = "qemu-system-x86_64"
# Two processors: usbtest's case 11 waits in a loop that leaves a single one no time for what it waits for.
# KVM is not asked for: it is not there on many machines that run tests, and slow in a way that looks like a hang on some.
MACHINE = ["-accel", "tcg", "-cpu", "max", "-machine", "q35,usb=off", "-smp", "2", "-m", "384", "-nodefaults", "-display", "none", "-no-reboot"]
KERNEL_ARGUMENTS = (
    "console=ttyS0 panic=-1 loglevel=3 mitigations=off nokaslr no_timer_check random.trust_cpu=on "
    # The clock that counts the emulator's own time. The processor's counter would have to be measured against it, which
    # goes wrong on a busy machine: seconds then last a quarter of one.
    "clocksource=hpet tsc=unstable lapic=notscdeadline "
    # Devices come and go quickly here; no disk needs a second of rest before it is looked at.
    "usb-storage.delay_use=0"
)
BOOT_SECONDS = 120
# How long a call may take that names no time itself. The machine may be busy with other things.
CALL_SECONDS = 60


class GuestError(Exception):
    """The emulator or the guest did not do what it was asked to."""


class Connection:
    """A Unix socket, with the bytes that came and were not asked for yet."""

    def __init__(self, path, alive, seconds):
        end = time.monotonic() + seconds
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(str(path))
                return
            except (FileNotFoundError, ConnectionRefusedError):
                alive()
                if time.monotonic() > end:
                    raise GuestError(f"{EMULATOR} has opened no {path.name} in {seconds} s") from None
                time.sleep(0.01)

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise GuestError(f"{EMULATOR} has ended")
            data += piece
        return bytes(data)


class Monitor:
    """QEMU's machine protocol: what plugs devices in and out."""

    def __init__(self, connection):
        self.file = connection.socket.makefile("rw")
        self.connection = connection
        self.events = []
        self.receive()
        self.command("qmp_capabilities")

    def receive(self):
        line = self.file.readline()
        if not line:
            raise GuestError(f"{EMULATOR} has ended")
        return json.loads(line)

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = self.receive()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise GuestError(f"{name} {arguments}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def wait(self, event, seconds, **data):
        """Waits for an event with these data, also one that came before; forgets it."""
        end = time.monotonic() + seconds
        while True:
            for number, one in enumerate(self.events):
                if one["event"] == event and all(one.get("data", {}).get(key) == value for key, value in data.items()):
                    return self.events.pop(number)
            self.connection.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.events.append(self.receive())
            except TimeoutError:
                raise GuestError(f"no {event} {data} in {seconds} s") from None
            finally:
                self.connection.socket.settimeout(None)


class Call:
    """A function that runs in the guest."""

    def __init__(self, name):
        self.name = name
        self.done = threading.Event()
        self.answer = None

    def result(self, seconds=CALL_SECONDS):
        if not self.done.wait(seconds):
            raise GuestError(f"{self.name} has not returned in {seconds} s")
        good, value = self.answer
        if not good:
            raise GuestError(f"{self.name}: {value}")
        return value


class Agent:
    """The other end of guest/agent.py."""

    def __init__(self, connection):
        self.connection = connection
        self.ready = Call("starting the agent")
        self.calls = {0: self.ready}
        self.number = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        problem = "the guest has ended"
        try:
            while True:
                (size,) = struct.unpack("<I", self.connection.read(4))
                number, good, value = marshal.loads(self.connection.read(size))
                call = self.calls.pop(number)
                call.answer = (good, value)
                call.done.set()
        except (GuestError, OSError) as error:
            problem = str(error)
        for call in self.calls.values():
            call.answer = (False, problem)
            call.done.set()

    def send(self, name, *message):
        call = Call(name)
        with self.lock:
            self.number += 1
            self.calls[self.number] = call
            data = marshal.dumps((self.number, *message), FORMAT)
            self.connection.socket.sendall(struct.pack("<I", len(data)) + data)
        return call


class Guest:
    """The running system. `log` gets the kernel's console and what the emulator says."""

    def __init__(self, folder, log, modules=(), options=()):
        """`folder`: what build_guest.py has made. `modules`: Python files that run in the guest, loaded in this order."""
        self.plugged = 0
        self.agent = None
        self.sockets = pathlib.Path(tempfile.mkdtemp(prefix="usb-linux-"))
        monitor, agent = self.sockets / "monitor", self.sockets / "agent"
        command = [EMULATOR, *MACHINE]
        command += ["-kernel", folder / "vmlinux", "-initrd", folder / "initramfs", "-append", KERNEL_ARGUMENTS]
        command += ["-serial", "stdio", "-qmp", f"unix:{monitor},server=on,wait=off", "-device", "qemu-xhci,id=xhci,p2=15,p3=1"]
        command += ["-device", "qemu-xhci,id=xhci2,p2=2,p3=1"]
        command += ["-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={agent},server=on,wait=off"]
        command += ["-device", "virtserialport,chardev=agent,name=agent", *options]
        with open(log, "w") as file:
            # A group of its own: Ctrl-C goes to us, and we end it.
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.log = log
        try:
            self.monitor = Monitor(Connection(monitor, self.check_alive, BOOT_SECONDS))
            self.agent = Agent(Connection(agent, self.check_alive, BOOT_SECONDS))
            self.agent.ready.result(BOOT_SECONDS)
            for path in modules:
                path = pathlib.Path(path)
                self.agent.send(path.name, "load", path.stem, path.read_text()).result()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def check_alive(self):
        if self.process.poll() is not None:
            said = pathlib.Path(self.log).read_text(errors="replace").strip()[-1000:]
            raise GuestError(f"{EMULATOR} has ended (status {self.process.returncode}): {said}")

    def start(self, name, *arguments, **keywords):
        """Starts a function in the guest ("module.function") and returns the Call."""
        return self.agent.send(name, "call", name, arguments, keywords)

    def call(self, name, *arguments, seconds=CALL_SECONDS, **keywords):
        """Runs a function in the guest and returns its result: numbers, text, bytes, lists, dicts of them."""
        return self.start(name, *arguments, **keywords).result(seconds)

    def plug(self, path, controller="xhci"):
        """Plugs in the device whose usb-redir socket is `path`; returns what unplug() takes.

        `controller`: xhci, or xhci2 for a root hub of its own: the kernel looks after the ports of one hub one by one.
        """
        self.plugged += 1
        name = f"usb{self.plugged}"
        self.monitor.command(
            "chardev-add",
            id=f"{name}-line",
            backend={
                "type": "socket",
                "data": {"addr": {"type": "unix", "data": {"path": str(path)}}, "server": False},
            },
        )
        self.monitor.command("device_add", driver="usb-redir", id=name, bus=f"{controller}.0", chardev=f"{name}-line")
        return name

    def unplug(self, name):
        """Pulls the cable."""
        self.monitor.command("device_del", id=name)
        self.monitor.wait("DEVICE_DELETED", 30, device=name)

    def close(self):
        """Ends the emulator. Nothing in the guest is worth a shutdown."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.sockets, ignore_errors=True)
