#!/usr/bin/env python3
"""A firmware image for the Pico on the emulated board: it enumerates, its prompt answers, a keyboard in Python types,
and all of it happens in the same way twice.

    test_rp2_emulator.py USBSIM EMULATOR MICROPYTHON FIRMWARE [OPTION...]

EMULATOR: the folder with rp2040js and the boot ROM. MICROPYTHON: the unix port, which makes the flash chip's content.
OPTION: for the board, such as --allow upstream.
"""

import pathlib
import shutil
import sys

import parts

SOURCE = parts.ROOT / "simulator" / "rp2040"
# MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO.
FILE_SYSTEM = 1408 * 1024
LINE = "The quick brown fox, 42 (jumps)!"
# Its output is what the test waits for, so it must not stand in the program as it is: the host sees no echo of it.
PROGRAM = """
import os
with open("boots.txt", "a") as file:
    file.write("x")
print("boots", len(open("boots.txt").read()), 7 // 2, 1.5 * 2.25, int(-3.9), 2**70, "end" + "ed")
"""


class Emulator:
    """Runs usbsim with the board as its device."""

    def __init__(self, part, usbsim, emulator, firmware, options, folder):
        self.part = part
        self.usbsim = usbsim
        self.device = ["node", SOURCE / "main.js", "--build", emulator, *options]
        self.firmware = firmware
        self.folder = folder

    def run(self, name, host, line, flash):
        """One run: whether it succeeded, what was printed, and what was recorded of it (the trace, and the cycles)."""
        trace, cycles = (self.folder / f"{name}.{kind}" for kind in ("trace", "cycles"))
        command = [self.usbsim, "run", "--stdio", "--host", host, "--seconds", "5", "--trace", trace]
        command += ["--line", line] if line else []
        device = [*self.device, "--cycles", cycles, "--flash", flash, self.firmware]
        status, lines = self.part.run(name, [*command, "--device", *device])
        recorded = tuple(file.read_bytes() if file.exists() else b"" for file in (trace, cycles))
        return status == 0, "\n".join(lines), recorded


def main():
    usbsim, emulator, micropython, firmware, *options = sys.argv[1:]
    part = parts.Part("test-rp2-emulator")
    folder = pathlib.Path(emulator) / "test"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    board = Emulator(part, usbsim, emulator, firmware, options, folder)

    def check(what, ok):
        part.count(int(ok), int(not ok), "" if ok else what)

    def flash(name, *files):
        path = folder / f"{name}.flash"
        pairs = [f"{source}:{target}" for source, target in files]
        status, _ = part.run(f"make-{name}", [micropython, SOURCE / "make_flash.py", path, FILE_SYSTEM, *pairs])
        check(f"make {name}", status == 0)
        return path

    ok, text, _ = board.run("enumerate", "none", None, folder / "empty.flash")
    check("enumeration", ok and "SET_CONFIGURATION(1): done" in text)

    program = folder / "program.py"
    program.write_text(PROGRAM)
    chip = flash("program", (program, "main.py"))
    for boots in (1, 2):
        # main.py has run when the host comes. Its output waits for somebody to listen.
        ok, text, _ = board.run(f"serial{boots}", "serial", "MicroPython v", chip)
        check(f"serial port {boots}", ok and f"boots {boots} 3 3.375 -3 1180591620717411303424 ended" in text)

    line = folder / "line.txt"
    line.write_text(LINE)
    chip = flash("typing", (parts.ROOT / "examples" / "keyboard.py", "main.py"), (line, "line.txt"))
    runs = []
    for name in ("keyboard", "keyboard-again"):
        copy = shutil.copy(chip, folder / f"{name}.flash")
        ok, text, recorded = board.run(name, "keyboard", LINE, copy)
        check(name, ok and LINE in text)
        runs.append(recorded)
    check("two runs are the same", runs[0] == runs[1] and all(runs[0]))
    part.finish()


if __name__ == "__main__":
    main()
