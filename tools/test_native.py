#!/usr/bin/env python3
"""The Rust tests that need no MicroPython: `cargo test` of the workspace's default members.

    test_native.py TARGET_DIR [CARGO_ARGUMENT...]

With PROPTEST_CASES in the environment it is a part of `make soak`: the property tests at that depth.
"""

import os
import re
import sys
import time

import parts

SECONDS_BETWEEN_LINES = 10

RESULT = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
RUNNING = re.compile(r"\s*Running .*\((?:.*/)?(\w+?)-[0-9a-f]+\)$|\s*Doc-tests (\w+)")


def cargo_test(part, *arguments):
    """Runs `cargo test` with these arguments for a part, counts, and ends the process."""
    totals = [0, 0, 0]
    told = time.monotonic()

    def each_line(line):
        nonlocal told
        if found := RUNNING.match(line):
            part.say(f"running {found[1] or found[2] + ' (documentation)'}")
        elif line.lstrip().startswith("Compiling"):
            if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                part.say(line.strip())
        elif found := RESULT.search(line):
            for index in range(3):
                totals[index] += int(found[index + 1])

    command = ["cargo", "test", "--no-fail-fast", *arguments]
    status, _ = part.run("", command, each_line, cwd=parts.ROOT)
    passed, failed, ignored = totals
    part.count(passed, failed, f"{ignored} ignored" if ignored else "")
    if status == 0 and passed == 0:
        part.count(0, 1, "no test ran at all")
    elif status != 0 and failed == 0:
        part.count(0, 1, "it does not build, or cargo failed")
    part.finish()


def main():
    name = "test-native"
    if "PROPTEST_CASES" in os.environ:
        name = "soak-remote" if "remote_fuzz" in sys.argv else "soak-native"
    cargo_test(parts.Part(name), "--target-dir", sys.argv[1], *sys.argv[2:])


if __name__ == "__main__":
    main()
