#!/usr/bin/env python3
"""MicroPython's own test suite on our unix executable.

    test_upstream.py MICROPYTHON_EXECUTABLE MICROPYTHON_DIR

The tests run on a copy, because some of them write beside themselves and MICROPYTHON_DIR may be somebody's checkout.
"""

import os
import pathlib
import re
import shutil
import sys

import parts
import run_tests

# At least so many files of 1.25.0 must really run: those of upstream's own build, the three with unittest that need no TLS,
# 26 of threads. A newer MicroPython has more. A build that lost a module would otherwise skip its tests silently.
MINIMUM = 953

# These look at what a terminal shows at which moment: they run alone.
TIMING_SENSITIVE = "^cmdline/repl_"

# Upstream's plain executable crashes in it as well, more often than not: a thread at the end of its stack has no room left
# for the signal frame that a garbage collection puts there.
CRASHES_UPSTREAM = "^thread/stress_recurse"

# Files that import unittest outside the usual folders, as far as they look first whether they can run here. The others
# need a certain chip, or TLS and the Internet, and would end in an ImportError.
ELSEWHERE = ["extmod_hardware/machine_pwm.py"]


def copy_tree(source, target):
    """A folder in which run-tests.py finds all that it looks for: tests/ copied, everything beside it linked."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name == "tests":
            shutil.copytree(entry, target / "tests", symlinks=True, ignore=shutil.ignore_patterns("results", "__pycache__"))
        elif not entry.name.startswith("."):
            (target / entry.name).symlink_to(entry)
    return target / "tests"


def unittest_files(tests):
    """Every test file below `tests` that imports unittest, relative to it."""
    pattern = re.compile(r"^\s*(import|from) unittest\b", re.M)
    files = (path for path in tests.rglob("*.py") if pattern.search(path.read_text(errors="replace")))
    return sorted(str(path.relative_to(tests)) for path in files)


def main():
    micropython, source = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    part = parts.Part("test-upstream")
    tests = copy_tree(source, parts.ROOT / "build" / "upstream")
    results = tests.parent / "results"
    total = run_tests.Outcome()

    def run(label, arguments, jobs):
        total.add(run_tests.run(part, label, micropython, tests, results, arguments, tests, jobs))

    part.say("running MicroPython's suite")
    run("suite", ["-e", TIMING_SENSITIVE], os.cpu_count() or 1)
    repl = sorted(str(path.relative_to(tests)) for path in tests.glob("cmdline/repl_*.py"))
    run("repl", repl, 1)
    # Not among the usual folders of a PC, but threads are on, and the virtual clock has to do with them.
    run("thread", ["-d", "thread", "-e", CRASHES_UPSTREAM], 1)
    run("elsewhere", [name for name in ELSEWHERE if (tests / name).exists()], 1)

    part.notes.append(f"{len(total.skipped)} skip themselves on this build")
    usual = [name for name in unittest_files(tests) if name.startswith("extmod/")]
    left_out = [name for name in unittest_files(tests) if name not in usual and name not in ELSEWHERE]
    part.notes.append(f"not for this port: {', '.join(left_out)}")
    part.notes.append("left out: thread/stress_recurse.py, which crashes upstream's own build")
    if total.performed < MINIMUM:
        part.count(0, 1, f"only {total.performed} files ran, at least {MINIMUM} must")
    part.finish()


if __name__ == "__main__":
    main()
