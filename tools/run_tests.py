"""Runs MicroPython's own tests/run-tests.py and understands what it prints."""

import os
import re
import resource
import sys

import parts

PERFORMED = re.compile(r"(\d+) tests performed")
PASSED = re.compile(r"(\d+) tests passed")
SKIPPED = re.compile(r"(\d+) tests skipped: (.*)")

# A test of upstream's opens files until the limit is reached, and would do so for minutes where that is a million.
OPEN_FILES = 1024

# Say where we are each time this many files have been run.
PROGRESS_STEP = 200


class Outcome:
    def __init__(self):
        self.performed = self.passed = 0
        self.skipped = []

    def add(self, other):
        self.performed += other.performed
        self.passed += other.passed
        self.skipped += other.skipped


def limit_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard) if hard != resource.RLIM_INFINITY else OPEN_FILES, hard))


def run(part, label, micropython, tests, results, arguments, cwd, jobs, environment=None):
    """Runs run-tests.py of the folder `tests` in `cwd` with `arguments`; counts into `part` and returns the outcome."""
    outcome = Outcome()
    seen = 0

    def each_line(line):
        nonlocal seen
        if line.startswith(("pass ", "skip ", "FAIL ")):
            seen += 1
            if seen % PROGRESS_STEP == 0:
                part.say(f"{label}: {seen} files")
            if line.startswith("FAIL "):
                part.say(f"{label}: {line}")
        elif found := PERFORMED.match(line):
            outcome.performed = int(found[1])
        elif found := PASSED.match(line):
            outcome.passed = int(found[1])
        elif found := SKIPPED.match(line):
            outcome.skipped = found[2].split()

    base = [sys.executable, tests / "run-tests.py", "--keep-path", "-r", results]
    env = {
        **os.environ,
        "MICROPY_MICROPYTHON": str(micropython),
        # The interpreter itself: a version manager's wrapper around it costs more than a test.
        "MICROPY_CPYTHON3": sys.executable,
        "MICROPYPATH": os.pathsep.join([".frozen", str(tests.parent / "extmod"), str(parts.ROOT / "tests" / "lib")]),
        **(environment or {}),
    }
    # Somebody's own setting would end every test in a REPL.
    env.pop("MICROPYINSPECT", None)
    options = {"cwd": cwd, "env": env, "preexec_fn": limit_open_files}
    status, _ = part.run(label, [*base, "-j", jobs, *arguments], each_line, **options)
    failed = outcome.performed - outcome.passed
    part.count(outcome.passed, failed)
    if status != 0:
        if failed == 0:
            part.count(0, 1, f"run-tests.py itself failed ({label})")
        part.run(f"{label}-differences", [*base, "--print-failures"], print_difference, **options)
    return outcome


def print_difference(line):
    print("    " + line, flush=True)
