#!/usr/bin/env python3
"""The comparison with upstream's C stack: runs the same Python programs on both, under the same host, and says what the goals
are.

    bench.py [--board BOARD]... --output FILE BUILD_DIR

BOARD: rp2 (the firmware images build/rp2 and build/rp2-c on the emulated board; sizes against build/rp2-none), or unix (what
build/linux/throughput.json has of a Linux kernel). Bus time and cycles only, no clock: the same images give the same figures.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import parts
import test_rp2_image

EMULATOR = parts.ROOT / "simulator" / "rp2040"
DEVICES = parts.ROOT / "tests" / "bench" / "device"
# MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO.
FILE_SYSTEM = 1408 * 1024
STACKS = {"rust": "rp2", "c": "rp2-c"}
# Rules of the controller that upstream's driver breaks; ours breaks none.
OPTIONS = {"rust": [], "c": ["--allow", "upstream"]}

# The board notes the end of a transaction when the instruction is over that was executed then. In nanoseconds.
RECORD_DELAY = 10_000

# Each run: the program on the device, what it finds in mode.txt, and what the host measures.
HID_MODES = ("idle", "counting", "sleeping", "allocating")
RUNS = {
    "cost": ("vendor", "idle", ["get-descriptor", "control-in", "control-out", "bulk-echo"]),
    "bulk": ("vendor", "idle", ["bulk-in", "bulk-out"]),
    "heap": ("vendor", "heap", ["heap"]),
    "cdc-in": ("serial", "idle", ["cdc-in"]),
    "cdc-out": ("serial", "idle", ["cdc-out"]),
    **{f"hid-{mode}": ("hid", mode, ["hid"]) for mode in HID_MODES},
}


class Goal:
    """What a figure of ours has to be: at most, or at least, a number or a multiple of C's."""

    def __init__(self, most=None, least=None, times_c=None, above_c=False):
        self.lower_is_better = least is None and not above_c
        self.number = most if least is None else least
        self.times_c = times_c
        self.above_c = above_c

    def limit(self, c):
        """In the figure's own unit; None if it hangs on C's and there is none."""
        if self.above_c:
            return None if c is None else c + 1
        if self.times_c is not None:
            return None if c is None else round(self.times_c * c, 1)
        return self.number

    def miss(self, rust, limit):
        """How far from the limit, 0 or less when it is reached."""
        return rust - limit if self.lower_is_better else limit - rust


# Names of the figures: unit and goal (None: there is none).
ROWS = {
    "flash": ("bytes", Goal(times_c=1.0)),
    "ram": ("bytes", Goal(times_c=0.6)),
    "gc_heap": ("bytes", None),
    "get_descriptor_cycles": ("cycles", Goal(times_c=0.4)),
    "control_in_cycles": ("cycles", Goal(times_c=0.8)),
    "control_out_cycles": ("cycles", Goal(times_c=0.8)),
    "bulk_echo_cycles": ("cycles", Goal(times_c=0.8)),
    "bulk_in_kBps": ("kB/s", Goal(least=950)),
    "bulk_out_kBps": ("kB/s", Goal(least=1050)),
    "cdc_in_kBps": ("kB/s", Goal(least=1000)),
    "cdc_out_kBps": ("kB/s", Goal(least=600)),
    "hid_reports_in_1000_frames": ("reports", Goal(least=1000)),
    "hid_reports_in_1000_frames_counting": ("reports", Goal(least=1000)),
    "hid_reports_in_1000_frames_sleeping": ("reports", Goal(least=1000)),
    "hid_reports_in_1000_frames_allocating": ("reports", Goal(above_c=True)),
    "reset_to_configured_us": ("us", None),
}
# On other boards than rp2 a figure has the goal that is said here.
UNIX_ROWS = {name: ("kB/s", Goal(times_c=1.0, least=0)) for name in ("bulk_in_kBps", "bulk_out_kBps")}


class Failed(Exception):
    """A run did not end well; the text says how."""


def cycles_of(spans, record):
    """Mean of the active cycles of each (endpoint, begin, end), from the first of its transactions to the end of the last.

    `record`: lines of the emulated board's --cycles file. Transactions that were answered NAK are none yet, and at the end of
    the first one the processor has not begun.
    """
    found = [[] for _ in spans]
    at = 0
    for line in record:
        time, active, _, _, number, *rest = line.split()
        while at < len(spans) and int(time) > spans[at][2] + RECORD_DELAY:
            at += 1
        if at == len(spans):
            break
        endpoint, begin, _ = spans[at]
        if int(time) >= begin and int(number) == endpoint and rest[-1] != "nak":
            found[at].append(int(active))
    if not all(len(cycles) >= 2 for cycles in found):
        raise Failed("the board's record of transactions does not have those of the host")
    return round(sum(cycles[-1] - cycles[0] for cycles in found) / len(found), 1)


def figures(output, record, mode):
    """What one run says, by the names of ROWS."""
    result = {}
    spans = {}
    for line in output.splitlines():
        kind, name, *numbers = line.split()
        numbers = list(map(int, numbers))
        if kind == "time":
            result[f"{name}_us"] = round(numbers[0] / 1000, 1)
        elif kind == "rate":
            # Bytes in a millisecond are kB in a second.
            result[f"{name}_kBps"] = round(numbers[0] * 1e6 / numbers[1], 1)
        elif kind == "span":
            spans.setdefault(name, []).append(tuple(numbers))
        elif name == "hid_reports":
            result["hid_reports_in_1000_frames" + ("" if mode == "idle" else f"_{mode}")] = numbers[0]
        else:
            result[name] = numbers[0]
    for name, of_name in spans.items():
        result[f"{name}_cycles"] = cycles_of(of_name, record)
    return result


class Bench:
    """Runs firmware images on the emulated board."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder

    def device(self, stack, name, flash, *options):
        """The command of a board with a chip's content, and the file with its record."""
        record = self.folder / f"{stack}-{name}.cycles"
        command = ["node", EMULATOR / "main.js", "--build", self.build / "rp2-emulator", "--flash", flash, "--cycles", record]
        return [*command, *OPTIONS[stack], *options, self.build / STACKS[stack] / "firmware.uf2"], record

    def flash(self, stack, name, script, mode):
        """A flash chip with the program and its mode."""
        mode_file = self.folder / f"{stack}-{name}.mode"
        mode_file.write_text(mode)
        chip = self.folder / f"{stack}-{name}.flash"
        files = [f"{DEVICES / script}.py:main.py", f"{mode_file}:mode.txt"]
        call([self.build / "unix" / "micropython", EMULATOR / "make_flash.py", chip, str(FILE_SYSTEM), *files])
        return chip

    def run(self, stack, name, measurements=None, options=()):
        """One of RUNS with one of STACKS: its figures, and the bytes of all that was recorded."""
        script, mode, every = RUNS[name]
        command, record = self.device(stack, name, self.flash(stack, name, script, mode), *options)
        host = self.build / "cargo" / "release" / "usb-bench"
        output = call([host, *(every if measurements is None else measurements), "--", *command])
        recorded = record.read_text()
        return figures(output, recorded.splitlines(), mode), (output, recorded)


def call(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed("\n".join([" ".join(map(str, command)), *done.stdout.splitlines()[-5:], done.stderr.strip()]))
    return done.stdout


def measure_rp2(build):
    """All figures of both stacks: {"rust": {name: figure}, "c": ...}."""
    found = {stack: {} for stack in STACKS}
    for stack, directory in STACKS.items():
        flash, ram = test_rp2_image.taken(build / directory, build / "rp2-none")
        found[stack].update(flash=flash, ram=ram)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bench = Bench(build, pathlib.Path(folder))
        jobs = {pool.submit(bench.run, stack, name): (stack, name) for name in RUNS for stack in STACKS}
        for job in concurrent.futures.as_completed(jobs):
            stack, name = jobs[job]
            print(f"bench: {name}, {stack}: done", flush=True)
            for key, figure in job.result()[0].items():
                # Every run enumerates; the first one counts.
                if key != "reset_to_configured_us" or name == "cost":
                    found[stack][key] = figure
    return found


def measure_unix(build):
    """What the test with a Linux kernel has left."""
    path = build / "linux" / "throughput.json"
    if not path.exists():
        raise Failed(f"{path} is not there: nothing has been measured with a Linux kernel")
    rows = json.loads(path.read_text())
    return {stack: {row["name"]: row[stack] for row in rows} for stack in STACKS}


def table(board, found, rows):
    """The rows of bench.json for one board."""
    result = []
    for name, (unit, goal) in rows.items():
        rust, c = found["rust"][name], found["c"].get(name)
        ratio = round(rust / c, 3) if c else None
        limit = goal.limit(c) if goal else None
        result.append({"name": name, "board": board, "unit": unit, "c": c, "rust": rust, "ratio": ratio, "limit": limit})
    return result


def goal_text(row, goal):
    """Whether the goal is reached, for a person."""
    if goal is None or row["limit"] is None:
        return ""
    sign = "<=" if goal.lower_is_better else ">="
    miss = goal.miss(row["rust"], row["limit"])
    verdict = "" if miss <= 0 else f"   missed by {miss:.6g} ({100 * miss / row['limit']:.0f} %)"
    return f"{sign} {row['limit']:.6g}{verdict}"


def print_table(rows, goals):
    width = max(len(row["name"]) for row in rows)
    print(f"{'board':6}{'':{width}}{'C':>10}{'Rust':>10}{'ratio':>7}  {'':8}goal")
    for row in rows:
        c, ratio = ("" if row[key] is None else f"{row[key]:.6g}" for key in ("c", "ratio"))
        goal = goal_text(row, goals[row["board"]][row["name"]][1])
        print(f"{row['board']:6}{row['name']:{width}}{c:>10}{row['rust']:>10.6g}{ratio:>7}  {row['unit']:8}{goal}".rstrip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--board", choices=["rp2", "unix"], action="append")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    arguments = parser.parse_args()
    boards = arguments.board
    if boards is None:
        boards = ["rp2"] + ["unix"] * (arguments.build / "linux" / "throughput.json").exists()
    goals = {"rp2": ROWS, "unix": UNIX_ROWS}
    measure = {"rp2": measure_rp2, "unix": measure_unix}
    rows = []
    try:
        for board in boards:
            rows += table(board, measure[board](arguments.build), goals[board])
    except Failed as failed:
        sys.exit(f"bench: error: {failed}")
    print_table(rows, goals)
    arguments.output.write_text("[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]\n")
    print(f"bench: written to {os.path.relpath(arguments.output)}")


if __name__ == "__main__":
    main()
