"""`make run` as a person uses it, for the tests: runs it, and looks in its output for what the host has to tell."""

import os
import shutil
import subprocess

import parts

EXAMPLES = parts.ROOT / "examples"
SCRATCH = parts.ROOT / "build" / "test-run"
TIMEOUT_SECONDS = 300

# Those that type a line, or send one back.
LINE_EXAMPLES = ["keyboard", "serial_echo", "vendor_echo", "composite", "webusb"]

# What the host has to tell of the others, and of what else these do.
TOLD = {
    "mouse": [
        "102 movements from (0, 0) and back there, within 201 x 201 points from (-100, -100)",
        "left button pressed at (0, 0)",
        "left button released at (0, 0)",
    ],
    "midi": [
        "received note on, channel 1, C4 (60), velocity 100",
        "received note off, channel 1, C5 (72), velocity 0",
        "sent note on, channel 1, A4 (69), velocity 80",
        "received note on, channel 1, A5 (81), velocity 80",
    ],
    "webusb": [
        "landing page 1\n  GET_URL(1): https://example.org/lamp.html",
        "Microsoft OS 2.0 descriptors for Windows 0x06030000",
        "compatible ID WINUSB\n",
        "registry property DeviceInterfaceGUIDs: {6e0c6bbe-37ca-4f0f-a0c2-8d1f4c6d5a01}",
    ],
    "isochronous": [
        "alternate setting 1, endpoint 0x83: 200 of 200 packets received, 12800 bytes, numbered by the device, 0 missing",
        "alternate setting 2, endpoint 0x83: 200 of 200 packets received, 38400 bytes, numbered by the device, 0 missing",
        "alternate setting 2, endpoint 0x03: 200 of 200 packets sent, 38400 bytes",
        "sink: 200 packets received, 0 lost",
    ],
}
# Of bus time, in which all of that has happened.
SECONDS = 3


def make_run(*arguments):
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", "run", *arguments]
    done = subprocess.run(
        command, cwd=parts.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_SECONDS
    )
    return done.returncode, done.stdout


def check(part, label, problem, output):
    part.count(int(not problem), int(bool(problem)), label if problem else "")
    part.say(f"{label}: {problem or 'ok'}")
    if problem:
        parts.explain(output.splitlines())


def tells(part, label, wanted, *arguments):
    """A run that has to end well, with all of `wanted` in its output."""
    status, output = make_run(*arguments)
    missing = [text for text in wanted if text not in output]
    problem = f"exit status {status}" if status != 0 else f"the output does not say {missing}" if missing else ""
    check(part, label, problem, output)


def carries(part, label, line, *arguments):
    """A run whose host has to end up with `line`."""
    tells(part, label, [line], "LINE=" + line, *arguments)


# Its parts come from files of their own: beside it, in lib/, and in a folder with data.
MANY_FILES = """
import machine
from drivers import Keyboard
from framework import Device

keyboard = Keyboard()
Device().init(keyboard, builtin=True)
while not keyboard.opened:
    machine.idle()
for letter in open("data/deep/word.txt").read():
    keyboard.keys(0, 4 + ord(letter) - ord("a"))
    keyboard.keys(0)
"""
WORD = "separately"


def many_files(part, *arguments):
    """A script with FILES=."""
    shutil.rmtree(SCRATCH / "files", ignore_errors=True)
    (SCRATCH / "files" / "deep").mkdir(parents=True)
    (SCRATCH / "files" / "deep" / "word.txt").write_text(WORD)
    script = SCRATCH / "many_files.py"
    script.write_text(MANY_FILES)
    files = f"tests/lib/framework.py tests/lib/drivers.py:lib/drivers.py {SCRATCH}/files:data"
    carries(part, "a script with more files types", WORD, f"SCRIPT={script}", f"FILES={files}", *arguments)


def every_example(part, line, *arguments):
    """Runs all of examples/."""
    tried = set()
    for name in LINE_EXAMPLES:
        tried.add(name)
        carries(part, f"{name} carries the line", line, f"SCRIPT=examples/{name}.py", *arguments)
    for name, wanted in TOLD.items():
        tried.add(name)
        tells(part, f"{name} is understood", wanted, f"SCRIPT=examples/{name}.py", f"SECONDS={SECONDS}", *arguments)
    untried = {path.stem for path in EXAMPLES.glob("*.py")} - tried
    if untried:
        part.count(0, len(untried), f"nobody has run {', '.join(sorted(untried))}")
