#!/usr/bin/env python3
"""The scripts of tests/usb on an emulated board: the script is the board's program, its host is outside.

    test_usb_board.py MICROPYTHON EMULATOR FIRMWARE [--all] [NAME...]

MICROPYTHON: the unix port, which makes the flash chip's content and has the host. EMULATOR: the folder with rp2040js and the
boot ROM. NAME: only these scripts. Those of SLOW run only with --all, or when they are named.

What a script prints has to be what it prints on the unix port. DIFFERENT names those that need something that only the unix
port has; they run too, and one that passes must not be in that list.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time

import parts

TESTS = parts.ROOT / "tests"
HERE = TESTS / "usb_board"
EMULATOR_SOURCE = parts.ROOT / "simulator" / "rp2040"
# MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO.
FILE_SYSTEM = 1408 * 1024
# The host keeps every transfer that the script has asked for.
HOST_HEAP = "heapsize=64m"
# Of bus time, and of the machine's; and for those of SLOW that come to an end.
BUS_SECONDS = 60
SECONDS = 300
SLOW_BUS_SECONDS = 900
SLOW_SECONDS = 3000
# A script that takes longer than that is named.
TOLD_SECONDS = 60

# Scripts that compute for a minute or longer at the chip's speed: `make soak`.
SLOW = {
    "control_lengths",
    "enumerate_many_times",
    "example_isochronous",
    "host_ctrl_c_ends_endless_callback",
    "hostile_host",
    "linux_many",
    "linux_usbtest_peer",
    "long_transfers",
}

# Why a script cannot say on the board what it says on the unix port, and what its output must have in it for that reason.
DIFFERENT = {
    "consumer_terminal": ("it takes os.dupterm(), through which its own output would come", ""),
    "control_lengths": ("it takes more memory than the chip has", "MemoryError"),
    "example_isochronous": ("it takes more memory than the chip has", "MemoryError"),
    "host_ctrl_c_ends_endless_callback": ("it cannot ask for the Ctrl-C: the bus goes on between two calls", "for ever"),
    "hostile_host": ("its host sends more than a packet of the endpoint, and what the chip does then is not said", "longer-than-armed"),
    "interrupt_while_deactivating": ("it sends itself a signal of the operating system", "no attribute 'system'"),
    "interrupts_off": ("the bus goes on between two calls: it is over before interrupts are off", "True [('0x81', 200)]"),
    "isochronous_stream": ("the bus goes on between two calls: frames pass", "False"),
    "linux_cdc_echo": ("it takes more memory than the chip has", "MemoryError"),
    "linux_many": ("it takes more memory than the chip has", "MemoryError"),
    "linux_usbtest_peer": ("it takes more memory than the chip has", "MemoryError"),
    "long_transfers": ("it takes more memory than the chip has", "MemoryError"),
    "threads_submit": ("the emulated chip has one core", ""),
}


def flash_files():
    """What every chip has on it, as SOURCE:NAME: the libraries, and what scripts read."""
    pairs = [f"{HERE / 'usbsim.py'}:/lib/usbsim.py", f"{HERE / 'main.py'}:/main.py"]
    for folder in ("tests/lib", "examples", "tests/linux/devices"):
        pairs += [f"{path}:/{path.relative_to(parts.ROOT)}" for path in sorted((parts.ROOT / folder).glob("*.py"))]
    return pairs


class Runner:
    def __init__(self, micropython, emulator, firmware, folder):
        self.micropython = micropython
        self.emulator = emulator
        self.firmware = firmware
        self.folder = folder
        self.files = flash_files()

    def run(self, name):
        """Runs a script; returns what is wrong with it, "" if nothing."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "script").write_text(f"/tests/usb/{name}.py")
        chip, sent, received = (folder / one for one in ("chip", "sent", "received"))
        sent.touch()
        received.touch()
        pairs = [*self.files, f"{TESTS / 'usb' / name}.py:/tests/usb/{name}.py", f"{folder / 'script'}:/script"]
        make = [self.micropython, EMULATOR_SOURCE / "make_flash.py", chip, FILE_SYSTEM, *pairs]
        board = ["exec node", EMULATOR_SOURCE / "main.js", "--build", self.emulator, "--flash", chip]
        board += ["--uart-output", sent, "--uart-input", received, self.firmware, f"2>{folder / 'stderr'}"]
        is_slow = name in SLOW and name not in DIFFERENT
        bus_seconds, limit = (SLOW_BUS_SECONDS, SLOW_SECONDS) if is_slow else (BUS_SECONDS, SECONDS)
        host = [self.micropython, "-X", HOST_HEAP, HERE / "host.py", sent, received, bus_seconds]
        environment = {**os.environ, "BOARD_COMMAND": " ".join(map(str, board))}
        output = folder / "output"
        with open(output, "w") as file:
            for command in (make, host):
                try:
                    done = subprocess.run(
                        [str(word) for word in command],
                        stdout=file,
                        stderr=file,
                        stdin=subprocess.DEVNULL,
                        env=environment,
                        timeout=limit,
                    )
                except subprocess.TimeoutExpired:
                    return f"not over after {limit} s"
                if done.returncode != 0:
                    return f"failed: see {os.path.relpath(output, parts.ROOT)} and stderr beside it"
        wanted = (TESTS / "usb" / f"{name}.py.exp").read_text().splitlines()
        got = output.read_text(errors="replace").splitlines()
        if got != wanted:
            return f"differs from the .exp file: {os.path.relpath(output, parts.ROOT)}"
        shutil.rmtree(folder)
        return ""

    def timed(self, name):
        """run(), and how many seconds it took."""
        started = time.monotonic()
        return self.run(name), time.monotonic() - started


def main():
    micropython, emulator, firmware = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    names = sys.argv[4:]
    everything = "--all" in names
    part = parts.Part("soak-usb-rp2" if everything else "test-usb-rp2")
    if everything or not names:
        names = sorted(path.stem for path in (TESTS / "usb").glob("*.py"))
    if not everything and len(names) > len(SLOW):
        part.say(f"only in make soak: {', '.join(sorted(SLOW))}")
        names = [name for name in names if name not in SLOW]
    folder = parts.ROOT / "build" / "usb-rp2"
    shutil.rmtree(folder, ignore_errors=True)
    runner = Runner(micropython, emulator, firmware, folder)
    part.say(f"{len(names)} files")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, (problem, seconds) in zip(names, pool.map(runner.timed, names)):
            reason, evidence = DIFFERENT.get(name, ("", ""))
            if reason and not problem:
                problem = f"passes, though it should not: {reason}"
            elif reason and evidence in (folder / name / "output").read_text(errors="replace"):
                part.say(f"{name}: not on a board: {reason}")
                continue
            if problem or seconds > TOLD_SECONDS:
                part.say(f"{name}: {problem or 'ok'} ({seconds:.0f} s)")
            part.count(int(not problem), int(bool(problem)))
    part.finish()


if __name__ == "__main__":
    main()
