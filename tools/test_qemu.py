#!/usr/bin/env python3
"""The library on a Cortex-M0: what the firmware is made of, and the tests of tests/usb as far as they go without a host.

    test_qemu.py BUILD_DIR MICROPYTHON_DIR

Three groups: nothing in the library can panic (and the check of that can fail), its size, and its Python interface on the
emulated board.
"""

import pathlib
import re
import subprocess
import sys

import emulated_board
import firmware
import parts

LIBRARY = "libmicropython_usbdevice.a"
# The library's own object in it. The others are functions that a compiler calls (division, memcpy).
OBJECT = "micropython_usbdevice-"
PANIC_HANDLER_CALLS = "the_library_must_not_contain_code_that_can_panic"
# A compiler that saw through the controller without a bus would leave out most of the stack, with the panics in it.
LEAST_STACK = 5000
FORMATTING = re.compile(r"\bcore::fmt\b")

# The least number of files that must run from beginning to end, and up to the point where they need a host.
MINIMUM_WHOLE = 6
MINIMUM_BEGUN = 5
NO_HOST = "NoHost:"
NO_MODULE = re.compile(r"ImportError: no module named '(?:time|_thread)'")
# These read a program from examples/ or tests/linux/devices, and the board has no files.
NEED_FILES = ("example_*.py", "linux_*.py")


def check(part, label, problems):
    """Counts one check; `problems` are lines that say what is wrong."""
    part.count(int(not problems), int(bool(problems)), label if problems else "")
    for line in problems:
        part.say(f"{label}: {line}")


def link(entry, archive, output):
    """Links what one function of an archive needs; the linker's messages if it fails, else None."""
    command = [firmware.TOOLS + "gcc", "-mthumb", "-mcpu=cortex-m0", "-nostdlib", "-Wl,--gc-sections", f"-Wl,-e,{entry}"]
    result = subprocess.run([*command, "-o", str(output), str(archive)], capture_output=True, text=True)
    return result.stderr if result.returncode else None


def check_panics(part, build):
    """That the firmware is there at all says that nothing in it can panic: the handler calls what does not exist."""
    elf = build / "firmware.elf"
    symbols = firmware.nm(elf, "-S")
    check(part, "panics in the firmware", [line for line in symbols if "panic" in line.lower()])
    check(part, "formatting in the firmware", [line for line in symbols if FORMATTING.search(line)])

    # What nobody refers to is left out, with the panics in it. (A critical section is compiled into those that enter it.)
    linked = firmware.names(symbols)
    names = firmware.global_names(build / LIBRARY, OBJECT)
    left_out = [name for name in names if name not in linked and not name.startswith("_critical_section_")]
    check(part, "not linked", left_out if names else ["the library has no names"])

    stack = firmware.code_of(symbols, "usb_stack::")
    check(part, "the stack's code", [] if stack >= LEAST_STACK else [f"only {stack} bytes of it are in the firmware"])

    archives = list((build / "rust").glob("*/release/libpanic_check.a"))
    check(part, "panic-check is built", [] if len(archives) == 1 else [f"{len(archives)} archives"])
    for archive in archives[:1]:
        problem = link("function_that_cannot_panic", archive, build / "panic-check.elf")
        check(part, "code without panics links", [problem] if problem else [])
        problem = link("function_that_can_panic", archive, build / "panic-check.elf") or "it has linked"
        undefined = re.findall(r"undefined reference to [`'](\w+)'", problem)
        check(part, "code with a panic does not link", [] if undefined == [PANIC_HANDLER_CALLS] else [problem])


def print_size(part, build):
    """Flash and RAM of the library, into build/qemu/size.txt with its largest functions; no limit is set here."""
    placed = firmware.Map(build / "firmware.map")
    rust, helpers, shim = f"{LIBRARY}({OBJECT}", f"{LIBRARY}(compiler_builtins", "/usbdevice/usbdevice.o"
    line = (
        f"library without a driver: {placed.flash(rust)} bytes of flash and {placed.ram(rust)} of RAM in Rust, "
        f"{placed.flash(shim)} and {placed.ram(shim)} in C"
    )
    part.say(line)
    lines = [line, ""]
    for title, kinds in (("flash", firmware.FLASH), ("RAM", firmware.RAM)):
        lines.append(f"largest in {title}")
        for size, name in firmware.largest(build / "firmware.elf", placed.ranges(rust, kinds), 15):
            lines.append(f"{size:6} {name}")
    (build / "size.txt").write_text("\n".join(lines) + "\n")
    taken = placed.flash(helpers)
    check(part, "the compiler's own helper functions", [f"{taken} bytes of them in place of the port's"] if taken else [])
    check(part, "size", [] if placed.flash(rust) and placed.ram(rust) else ["the map file does not say it"])


def run_tests(part, board):
    """Runs every file of tests/usb as far as it goes: what it printed must be what it has to print, up to its end or to
    where it asks for a host. A file that begins by asking for one counts for nothing."""
    counts = {"whole": 0, "begun": 0, "host first": 0, "other module": 0}
    folder = parts.ROOT / "tests" / "usb"
    for path in sorted(set(folder.glob("*.py")) - {path for pattern in NEED_FILES for path in folder.glob(pattern)}):
        output, error = board.run(path.read_bytes())
        expected = path.with_name(path.name + ".exp").read_text()
        if not error and output == expected:
            counts["whole"] += 1
        elif error == NO_HOST and expected.startswith(output):
            counts["begun" if output else "host first"] += 1
        elif NO_MODULE.fullmatch(error) and not output:
            counts["other module"] += 1
        else:
            wrong = next((line for line, right in zip_lines(output, expected) if line != right), "")
            check(part, path.name, [error or f"it has printed {wrong!r}"])
    passed = counts["whole"] + counts["begun"]
    part.count(passed, 0)
    part.notes.append(
        f"of tests/usb {counts['whole']} ran whole, {counts['begun']} up to where they need a host; "
        f"{counts['host first']} begin with a host, {counts['other module']} need modules that the board lacks"
    )
    if counts["whole"] < MINIMUM_WHOLE or counts["begun"] < MINIMUM_BEGUN:
        part.count(0, 1, f"at least {MINIMUM_WHOLE} must run whole and {MINIMUM_BEGUN} up to a host")


def zip_lines(output, expected):
    """Pairs of lines; the end of either is a line of its own."""
    lines, right = [*output.splitlines(), "(end)"], [*expected.splitlines(), "(end)"]
    return zip(lines, right)


def main():
    build, micropython = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    part = parts.Part("test-qemu")
    check_panics(part, build)
    print_size(part, build)
    board = emulated_board.Board(micropython, build / "firmware.elf", parts.LOGS / "test-qemu.emulator.log")
    try:
        run_tests(part, board)
    finally:
        board.close()
    part.finish()


if __name__ == "__main__":
    main()
