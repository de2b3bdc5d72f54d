#!/usr/bin/env python3
"""Checks docs/coverage.md against tests/usb, tests/msc and tests/linux: every test is named there, and every name there
that looks like a test is one."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    text = (ROOT / "docs" / "coverage.md").read_text()
    tests = {path.stem for folder in ("usb", "msc") for path in (ROOT / "tests" / folder).glob("*.py")}
    tests |= {path.stem for path in (ROOT / "tests" / "linux").glob("test_*.py")}
    words = set(re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b", text))
    unnamed = sorted(tests - set(re.findall(r"\w+", text)))
    # What has an underscore and is no test: names of the interface, which stand in code marks.
    quoted = set(re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b", " ".join(re.findall(r"`[^`]*`", text))))
    gone = sorted(words - tests - quoted)
    for name in unnamed:
        print(f"docs/coverage.md does not name the test {name}.py")
    for name in gone:
        print(f"docs/coverage.md names {name}, and there is no such test")
    print(f"{len(tests)} tests, {len(unnamed) + len(gone)} findings")
    return 1 if unnamed or gone else 0


if __name__ == "__main__":
    sys.exit(main())
