#!/usr/bin/env python3
"""Runs parts of the test suite, each one a make target, and says at the end what came of them all.

    test_all.py PART...

A part that fails does not keep the others from running. The last line counts what really ran; a part that broke before
it could count anything is one failure.
"""

import json
import os
import subprocess
import sys
import time

import parts


def run(part):
    """Runs one part; returns how many passed, how many failed, and the seconds it took."""
    counts_file = parts.LOGS / f"{part}.json"
    counts_file.unlink(missing_ok=True)
    started = time.monotonic()
    status = subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", part], cwd=parts.ROOT).returncode
    seconds = time.monotonic() - started
    try:
        counts = json.loads(counts_file.read_text())
        passed, failed = counts["passed"], counts["failed"]
    except (OSError, ValueError, KeyError):
        # A target without counts (a build) is one check.
        passed, failed = (1, 0) if status == 0 else (0, 0)
    if status != 0 and failed == 0:
        failed = 1
    return passed, failed, seconds


def main():
    names = sys.argv[1:]
    if not names:
        sys.exit("test_all.py: name the parts to run")
    results = []
    for number, name in enumerate(names, 1):
        print(f"== {name} ({number} of {len(names)})", flush=True)
        results.append((name, *run(name)))
    width = max(len(name) for name in names)
    print()
    for name, passed, failed, seconds in results:
        print(f"{name:{width}}  {passed:6} passed  {failed:4} failed  {seconds:5.0f} s")
    passed, failed = sum(row[1] for row in results), sum(row[2] for row in results)
    summary = f"{passed} passed, {failed} failed"
    (parts.LOGS / "summary").write_text(summary + "\n")
    print(summary, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
