#!/usr/bin/env python3
"""Writes qstrs.h: the names that the Rust sources take from MicroPython's string table.

MicroPython collects its names from C sources only, so they have to stand in one. Run it after a Rust source began or
ceased to use an `MP_QSTR_` name; `--check` only says whether the file is current (exit status 1 if it is not).
"""

import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent.parent / "src"
OUTPUT = HERE / "qstrs.h"
# Names that only this folder uses are not worth a byte of a board's flash.
UNIX_ONLY = SOURCES / "usbsim"

HEAD = """\
// The names that the Rust sources use. Written by make_qstrs.py: change the sources, then run it.
"""


def names_in(paths):
    """The set of MP_QSTR_ names in the given files."""
    found = set()
    for path in paths:
        found.update(re.findall(r"\bMP_QSTR_\w+", path.read_text()))
    return found


def text():
    """What qstrs.h has to be."""
    files = sorted(SOURCES.rglob("*.rs"))
    unix_files = [f for f in files if f.is_relative_to(UNIX_ONLY)]
    everywhere = names_in(f for f in files if f not in unix_files)
    unix = names_in(unix_files) - everywhere
    lines = [HEAD, *(name + "\n" for name in sorted(everywhere))]
    if unix:
        lines += ["#if USBDEVICE_UNIX\n", *(name + "\n" for name in sorted(unix)), "#endif\n"]
    return "".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, say whether qstrs.h is current")
    check = parser.parse_args().check
    wanted = text()
    if OUTPUT.exists() and OUTPUT.read_text() == wanted:
        return 0
    if check:
        print(f"{OUTPUT.name} is not current: run {pathlib.Path(__file__).name}", file=sys.stderr)
        return 1
    OUTPUT.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
