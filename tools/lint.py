#!/usr/bin/env python3
"""What is wrong with the sources without running them: formatting, clippy, the rules for unsafe code, script syntax, stubs.

    lint.py TARGET_DIR

clippy for the library itself needs the flags of a MicroPython build: MP_BINDGEN_FLAGS and MP_BINDGEN_CWD say where they are.
"""

import os
import pathlib
import sys

import parts

# Every folder with Python of ours that CPython runs; the programs for MicroPython are run by the tests.
PYTHON_FOLDERS = ["tools", "micropython", "modules", "simulator/linux", "tests/linux"]

# The library for a port without bus, and the crate that shares its panic handler.
CLIPPY_QEMU = "cargo clippy -p micropython-usbdevice -p panic-check --features micropython-usbdevice/qemu --target-dir".split()


def main():
    target = sys.argv[1]
    part = parts.Part("lint")
    python = [str(path) for folder in PYTHON_FOLDERS for path in sorted((parts.ROOT / folder).rglob("*.py"))]
    bash = [path for path in (parts.ROOT / "tools" / "install-packages", parts.ROOT / ".ci" / "run")]
    deny = ["--", "-D", "warnings"]
    checks = [
        ("format", ["cargo", "fmt", "--all", "--check", "--", "--color", "never"]),
        ("clippy", ["cargo", "clippy", "--all-targets", "--target-dir", target, *deny]),
        ("clippy-board", ["cargo", "clippy", "-p", "board-tests", "--all-targets", "--target-dir", target, *deny]),
        # Apart from the others: its features name a port.
        ("clippy-library", ["cargo", "clippy", "-p", "micropython-usbdevice", "--features", "unix", "--target-dir", target, *deny]),
        ("clippy-qemu", [*CLIPPY_QEMU, target, *deny]),
        ("unsafe", [sys.executable, "tools/check_unsafe.py"]),
        ("python", [sys.executable, "-c", COMPILE, *python]),
        ("bash", ["bash", "-n", *bash]),
        ("stubs", ["tools/check_stubs.sh"]),
        ("coverage", [sys.executable, "tools/check_coverage.py"]),
    ]
    if not os.environ.get("MP_BINDGEN_FLAGS") or not pathlib.Path(os.environ["MP_BINDGEN_FLAGS"]).exists():
        part.say("the library's flags are not there (make unix writes them)")
    for label, command in checks:
        part.say(label)
        status, _ = part.run(label, command, cwd=parts.ROOT)
        part.count(int(status == 0), int(status != 0), "" if status == 0 else label)
    part.finish()


# Compiles without writing .pyc files beside the sources.
COMPILE = "import sys\nfor name in sys.argv[1:]:\n    compile(open(name).read(), name, 'exec')"


if __name__ == "__main__":
    main()
