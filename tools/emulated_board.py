"""The microbit of qemu-system-arm with MicroPython's prompt on its serial port, driven by MicroPython's own tools/pyboard.py."""

import importlib.util
import shlex

# A real one has 256 kB of flash and 16 kB of RAM.
EMULATOR = (
    "qemu-system-arm -machine microbit -global nrf51-soc.flash-size=1048576 -global nrf51-soc.sram-size=262144 "
    "-display none -monitor none -semihosting -serial stdio -kernel"
)
SECONDS_OF_SILENCE = 60


def load_pyboard(micropython):
    """pyboard.py of that MicroPython, whose serial line notices when the emulator ends or says nothing any more."""
    spec = importlib.util.spec_from_file_location("pyboard", micropython / "tools" / "pyboard.py")
    pyboard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pyboard)

    class Line(pyboard.ProcessToSerial):
        def read(self, size=1):
            data = b""
            while len(data) < size:
                if not self.poll.poll(SECONDS_OF_SILENCE * 1000):
                    raise pyboard.PyboardError(f"silent for {SECONDS_OF_SILENCE} s")
                piece = self.subp.stdout.read(size - len(data))
                if not piece:
                    raise pyboard.PyboardError("the emulator has ended")
                data += piece
            return data

    pyboard.ProcessToSerial = Line
    return pyboard


class Board:
    """A running board. After a test that broke it the next one gets a new one."""

    def __init__(self, micropython, firmware, log):
        self.pyboard = load_pyboard(micropython)
        # pyboard.py hands it to a shell. What the emulator itself says goes into `log`.
        self.command = f"exec:exec {EMULATOR} {shlex.quote(str(firmware))} 2>>{shlex.quote(str(log))}"
        self.connection = None

    def run(self, source):
        """Runs a program after a soft reset: what it printed, and the last line of its traceback ("" without one)."""
        try:
            if self.connection is None:
                self.connection = self.pyboard.Pyboard(self.command)
            self.connection.enter_raw_repl()
            output, error = self.connection.exec_raw(source, timeout=SECONDS_OF_SILENCE)
        except (self.pyboard.PyboardError, OSError) as problem:
            self.close()
            return "", f"the board broke: {problem}"
        lines = error.decode(errors="replace").strip().splitlines()
        return output.decode(errors="replace").replace("\r\n", "\n"), lines[-1].strip() if lines else ""

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection.serial.subp.wait()
            self.connection = None
