#!/usr/bin/env python3
"""The USB tests of tests/usb on our unix executable: device and host in one Python program, output compared with .exp.

    test_usb.py MICROPYTHON_EXECUTABLE MICROPYTHON_DIR [FOLDER]

FOLDER: another one than usb, below tests/; the part is named after it.

They run twice: as they are, and with every allocation collecting garbage first, which finds objects that nobody roots.
"""

import os
import pathlib
import sys

import parts
import run_tests

RUNS = [("plain", {}), ("gc-stress", {"USBDEVICE_GC_STRESS": "1"})]


def main():
    micropython, source = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    folder = sys.argv[3] if len(sys.argv) > 3 else "usb"
    part = parts.Part(f"test-{folder}")
    files = sorted(path.relative_to(parts.ROOT) for path in (parts.ROOT / "tests" / folder).glob("*.py"))
    without = [path.name for path in files if not (parts.ROOT / f"{path}.exp").exists()]
    if without:
        # run-tests.py would ask CPython for the expected output, and CPython has no USB.
        part.count(0, len(without), f"no .exp file: {', '.join(without)}")
    files = [path for path in files if path.name not in without]
    for label, environment in RUNS:
        part.say(f"{len(files)} files, {label}")
        results = parts.ROOT / "build" / f"{folder}-{label}"
        # Where a test may put files.
        environment = {**environment, "TEST_FOLDER": str(results)}
        outcome = run_tests.run(
            part, label, micropython, source / "tests", results, files, parts.ROOT, os.cpu_count() or 1, environment
        )
        if outcome.skipped:
            part.count(0, len(outcome.skipped), f"skipped, and none may ({label}): {', '.join(outcome.skipped)}")
        if outcome.performed + len(outcome.skipped) != len(files) or not files:
            part.count(0, 1, f"{outcome.performed} of {len(files)} files ran ({label})")
    part.finish()


if __name__ == "__main__":
    main()
