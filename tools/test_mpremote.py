#!/usr/bin/env python3
"""PyPI's mpremote, unchanged, on the pseudo-terminals of the boards: the unix port's, and the emulated Pico with our stack
and with upstream's.

    test_mpremote.py BUILD
"""

import concurrent.futures
import os
import pathlib
import pty
import random
import subprocess
import sys
import termios
import threading
import time

import parts
import terminal

SECONDS = 90
FILE_BYTES = 20_000
STREAM_BYTES = 200_000
# Boards drop output that nobody has read for 500 ms.
PAUSE_SECONDS = 0.2

# A device beside the built-in serial port: an interface of a vendor's own with no endpoint.
DEVICE = """
import machine
usb = machine.USBDevice()
usb.builtin_driver = builtin = usb.BUILTIN_CDC
configuration = bytearray(builtin.desc_cfg) + bytes((9, 4, builtin.itf_max, 0, 0, 255, 0, 0, 0))
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1
usb.config(builtin.desc_dev, configuration, ())
usb.active(True)
"""


class Checks:
    """The checks of one board. Each is a method that returns nothing, or raises."""

    def __init__(self, part, board, programs):
        self.part = part
        self.board = board
        self.programs = programs
        self.work = board.folder / "work"

    def check(self, name, function):
        try:
            function()
            problem = ""
        except (AssertionError, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            problem = str(error) or type(error).__name__
        label = f"{self.board.kind}: {name}"
        self.part.count(int(not problem), int(bool(problem)), f"{label}: {problem}" if problem else "")
        if problem:
            self.part.say(f"{label}: {problem}")

    def mpremote(self, *words, status=0, seconds=SECONDS):
        """Runs it; returns its output. `None` for a status that does not matter."""
        command = [self.programs / "mpremote", "connect", self.board.tty, *words]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "cwd": self.work}
        done = subprocess.run([str(word) for word in command], timeout=seconds, **options)
        output = done.stdout.decode(errors="replace").replace("\r\n", "\n")
        if status is not None and done.returncode != status:
            raise AssertionError(f"mpremote {words[0]}: exit status {done.returncode}, expected {status}:\n{output}")
        return output

    def expect(self, got, wanted):
        if got != wanted:
            raise AssertionError(f"{got!r} came, {wanted!r} was expected")

    def eval(self):
        self.expect(self.mpremote("eval", "6*7"), "42\n")

    def exec(self):
        platform = "linux" if self.board.kind == "unix" else "rp2"
        self.expect(self.mpremote("exec", "import sys; print(sys.platform)"), platform + "\n")
        output = self.mpremote("exec", "raise ValueError('on purpose')", status=1)
        if "ValueError: on purpose" not in output:
            raise AssertionError(f"no traceback:\n{output}")

    def copy(self):
        content = random.Random(1).randbytes(FILE_BYTES)
        (self.work / "there.bin").write_bytes(content)
        self.mpremote("fs", "cp", "there.bin", ":file.bin")
        self.mpremote("fs", "cp", ":file.bin", "back.bin")
        self.expect((self.work / "back.bin").read_bytes() == content, True)
        if "file.bin" not in self.mpremote("fs", "ls"):
            raise AssertionError("fs ls does not show the file")
        self.mpremote("fs", "rm", ":file.bin")

    def mount(self):
        folder = self.work / "mounted"
        folder.mkdir()
        (folder / "on_the_pc.py").write_text("ANSWER = 6 * 7\n")
        program = "import on_the_pc\nwith open('from_the_board', 'w') as file: file.write(str(on_the_pc.ANSWER))"
        self.mpremote("mount", folder, "exec", program)
        self.expect((folder / "from_the_board").read_text(), "42")

    def run(self):
        (self.work / "script.py").write_text("for number in range(3):\n    print(number * 7)\n")
        self.expect(self.mpremote("run", "script.py"), "0\n7\n14\n")

    def soft_reset(self):
        self.mpremote("resume", "exec", "here = 1")
        self.expect(self.mpremote("resume", "eval", "here"), "1\n")
        self.mpremote("soft-reset")
        self.expect(self.mpremote("resume", "eval", "'here' in globals()"), "False\n")

    def repl(self):
        """mpremote's own terminal, on a terminal: the banner, a sum, and Ctrl-] ends it."""
        ours, theirs = pty.openpty()
        command = [str(self.programs / "mpremote"), "connect", str(self.board.tty), "repl"]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        client = terminal.Client.__new__(terminal.Client)
        client.fd = ours
        with client:
            seen = client.read_until(rb"exit this shell\r?\n")
            client.write(b"\x02")  # Ctrl-B, which in the friendly REPL prints the banner
            seen += client.read_until(rb"MicroPython v1\.\S+ on .*>>> ")
            client.write(b"6 * 111\r")
            seen += client.read_until(rb"\n666\r?\n>>> ")
            client.write(b"\x1d")
            try:
                status = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                status = "none: it had to be killed"
        for wanted in (b"MicroPython v1.", b"\n666"):
            if wanted not in seen:
                raise AssertionError(f"{wanted} is not in {seen}")
        self.expect(status, 0)

    def interrupt(self):
        """Ctrl-C ends a busy loop, paste mode runs what it got. By hand: mpremote has no command for it."""
        with terminal.Client(self.board.tty) as client:
            client.write(b"\x03\x02")
            client.read_until(rb">>> $")
            client.write(b"print('be' + 'gin')\rwhile True: pass\r\r")
            client.read_until(rb"begin\r\n")
            time.sleep(0.3)
            client.write(b"\x03")
            seen = client.read_until(rb"KeyboardInterrupt: \r\n>>> $")
            if b"KeyboardInterrupt" not in seen:
                raise AssertionError(f"no KeyboardInterrupt in {seen}")
            client.write(b"\x05for i in range(2):\r    print('pasted', i)\r\x04")
            seen = client.read_until(rb"pasted 0\r\npasted 1\r\n>>> $")
            if b"pasted 0\r\npasted 1\r\n" not in seen:
                raise AssertionError(f"paste mode: {seen}")

    def hold_back(self):
        """A program that does not read loses nothing: the board's output waits."""
        with terminal.Client(self.board.tty) as client:
            client.write(b"\x03\x01")
            client.read_until(rb"raw REPL; CTRL-B to exit\r\n>$")
            lines = STREAM_BYTES // 8
            client.write(b"for i in range(%d): print('%%06d' %% i)\n\x04" % lines)
            time.sleep(PAUSE_SECONDS)
            seen = client.read_until(rb"\x04\x04>$", SECONDS)
            client.write(b"\x02")
        wanted = b"OK" + b"".join(b"%06d\r\n" % number for number in range(lines)) + b"\x04\x04>"
        if seen != wanted:
            at = len(os.path.commonprefix([seen, wanted]))
            raise AssertionError(f"{len(seen)} bytes came, {len(wanted)} were expected; from byte {at} on {seen[at:][:40]}")

    def line_settings(self):
        """What a program sets on the terminal reaches the board: SET_LINE_CODING in the recording, checked at the end."""
        with terminal.Client(self.board.tty) as client:
            settings = termios.tcgetattr(client.fd)
            settings[2] |= termios.CSTOPB
            settings[4] = settings[5] = termios.B9600
            termios.tcsetattr(client.fd, termios.TCSANOW, settings)
            time.sleep(1)

    def line_settings_were_sent(self):
        """9600 baud, 2 stop bits, no parity, 8 data bits (PSTN 1.2 table 17)."""
        self.expect(b"\x80\x25\0\0\x02\0\x08" in self.board.pcap.read_bytes(), True)

    def machine_reset(self):
        """The board begins anew; the terminal stays."""
        before = self.board.attachments()
        self.mpremote("resume", "exec", "here = 1")
        self.mpremote("reset")
        self.board.wait_for("serial port on interface", before + 1)
        self.expect(self.mpremote("resume", "eval", "'here' in globals()"), "False\n")

    def activate(self):
        """Makes a runtime device active, and waits until the host has found it."""
        before = self.board.attachments()
        # Upstream's stack can lose the end of the answer: the device goes while it is on its way.
        self.mpremote("resume", "exec", "--no-follow", DEVICE, status=None)
        self.board.wait_for("serial port on interface", before + 1)

    def run_with_device(self):
        """`mpremote run` resets the board, the runtime device goes with that, and the terminal stays: ours keeps what the
        board has said, so mpremote does not even notice. Upstream's loses it: the first run fails, the second works."""
        self.activate()
        before = self.board.attachments()
        if self.board.kind == "rp2-c":
            self.mpremote("run", "script.py", status=1)
        else:
            self.expect(self.mpremote("run", "script.py"), "0\n7\n14\n")
        self.board.wait_for("serial port on interface", before + 1)
        self.expect(self.mpremote("run", "script.py"), "0\n7\n14\n")

    def run_with_device_and_hang_up(self):
        """The same where the terminal goes with the device, as on Linux: the first run fails, the second works."""
        self.activate()
        before = self.board.attachments()
        self.mpremote("run", "script.py", status=1)
        self.board.wait_for("serial port on interface", before + 1)
        self.expect(self.mpremote("run", "script.py"), "0\n7\n14\n")

    def all(self):
        self.work.mkdir()
        checks = [self.eval, self.exec, self.copy, self.mount, self.run, self.soft_reset, self.repl, self.interrupt]
        checks += [self.hold_back, self.line_settings, self.run_with_device]
        if self.board.kind != "unix":
            # There it ends the process.
            checks.append(self.machine_reset)
        for check in checks:
            self.check(check.__name__, check)

    def hanging_up(self):
        self.work.mkdir()
        self.check("run", self.run)
        self.check("run_with_device_and_hang_up", self.run_with_device_and_hang_up)


class Counted(parts.Part):
    """A part that several threads count into."""

    lock = threading.Lock()

    def count(self, *arguments):
        with self.lock:
            super().count(*arguments)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    part = Counted("test-mpremote")
    programs = terminal.environment(build)
    folder = build / "test-mpremote"

    def stay(kind):
        with terminal.Board(build, kind, folder / kind) as board:
            Checks(part, board, programs).all()
        checks = Checks(part, board, programs)
        checks.check("line_settings_were_sent", checks.line_settings_were_sent)

    def leave(kind):
        with terminal.Board(build, kind, folder / f"{kind}-hang-up", "--hang-up") as board:
            Checks(part, board, programs).hanging_up()

    def board(job):
        function, kind = job
        try:
            function(kind)
        except RuntimeError as error:
            part.count(0, 1, f"{kind}: {error}")
            part.say(f"{kind}: {error}")

    jobs = [(stay, "rp2-c"), (stay, "rp2"), (stay, "unix"), (leave, "rp2"), (leave, "unix")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(board, jobs))
    part.finish()


if __name__ == "__main__":
    main()
