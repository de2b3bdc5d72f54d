#!/usr/bin/env python3
"""Checks how the Rust sources use `unsafe`, beyond what clippy sees.

* `unsafe` stays in its rooms: src/python, the seam and the register access of a port. The stack, the simulator and the
  native tests say forbid(unsafe_code), so that the compiler keeps them to it.
* Every unsafe block and unsafe impl has a `// SAFETY:` note above it.
* Every call into MicroPython (`ffi::name(...)`) has an `// EXCEPTION:` note that says whether it can raise, in the comment
  above the block or inside it; and one that can raise is inside `catch(...)`, because an exception is a longjmp.

Prints each finding as FILE:LINE: text; exit status 1 if there is one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORBIDDING = ["stack/src/lib.rs", "simulator/src/lib.rs", "ports/unix/src/lib.rs", "tests/native/src/lib.rs"]
ROOMS = ("src/python/", "src/seam", "src/section.rs", "src/ffi.rs", "ports/")
# What bindgen writes cannot carry notes; this file only takes it in.
GENERATED = {"src/ffi.rs"}
SKIPPED_FOLDERS = {"build", "target", ".git"}

UNSAFE = re.compile(r"\bunsafe\s*(\{|impl\b)")
ANY_UNSAFE = re.compile(r"\bunsafe\b")
CALL = re.compile(r"\bffi::(\w+)\s*\(")
CANNOT_RAISE = re.compile(r"EXCEPTION:\s*(cannot raise|none of (these|them) can raise)")
CAN_RAISE = re.compile(r"EXCEPTION:(?!\s*(cannot raise|none of))")
# The jump itself: there is nobody to catch it in Rust.
RAISING_IS_THE_POINT = {"nlr_jump"}

LITERAL_OR_COMMENT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?r(?P<hash>\#*)".*?"(?P=hash)|b?c?"(?:\\.|[^"\\])*"|'(?:\\.[^']*|[^'\\])'""", re.S
)


def blank(text):
    """The code with strings and comments replaced by spaces of the same shape, so that positions stay."""
    return LITERAL_OR_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def end_of_block(code, start):
    """The position after the brace that closes the one at or after `start`."""
    depth = 0
    for position in range(code.index("{", start), len(code)):
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        if depth == 0:
            return position + 1
    return len(code)


def note_above(lines, code_lines, index):
    """The comment above the statement that line `index` belongs to, with that statement's own lines."""
    while True:
        if index == 0 or not code_lines[index - 1].strip() or code_lines[index - 1].rstrip()[-1:] in ";{}":
            break
        index -= 1
    first = index
    while first > 0 and lines[first - 1].strip().startswith("//"):
        first -= 1
    return "\n".join(lines[first : index + 1])


def note(text):
    """A note as one line: comment marks and line breaks gone."""
    return re.sub(r"\s*\n\s*//[/!]?\s*", " ", text)


def check(path, name):
    text = path.read_text()
    # The attribute only gives a symbol its name; what is unsafe about that the linker finds.
    code = blank(text).replace("unsafe(no_mangle)", " " * len("unsafe(no_mangle)"))
    lines, code_lines = text.split("\n"), code.split("\n")

    def line_of(position):
        return code.count("\n", 0, position)

    if ANY_UNSAFE.search(code.replace("unsafe_code", "").replace("unsafe_op_in_unsafe_fn", "")) and not name.startswith(ROOMS):
        position = ANY_UNSAFE.search(code).start()
        yield line_of(position), "unsafe outside its rooms (src/python, the seam, a port)"
    if name in GENERATED:
        return
    explained = []
    for found in UNSAFE.finditer(code):
        line = line_of(found.start())
        above = note_above(lines, code_lines, line)
        if "SAFETY:" not in above:
            yield line, "no // SAFETY: note above this unsafe"
        if found[1] == "impl":
            continue
        end = end_of_block(code, found.start())
        inside = text[found.start() : end]
        notes = note(above + "\n" + inside)
        explained.append((found.start(), end))
        for call in CALL.finditer(code, found.start(), end):
            if "EXCEPTION:" not in notes:
                yield line_of(call.start()), f"no // EXCEPTION: note: can {call[1]} raise?"
            elif CAN_RAISE.search(notes) and not CANNOT_RAISE.search(notes) and call[1] not in RAISING_IS_THE_POINT:
                statement = code[code.rfind(";", 0, found.start()) + 1 : found.start()]
                if "catch(" not in statement and "catch(" not in code[found.start() : end]:
                    yield line_of(call.start()), f"{call[1]} can raise, as its note says, but is not inside catch()"
    for call in CALL.finditer(code):
        if call[1][0].islower() and not any(start <= call.start() < end for start, end in explained):
            yield line_of(call.start()), f"{call[1]} is called outside an unsafe block: its notes have no place"


def main():
    findings = 0
    files = 0
    for path in sorted(ROOT.rglob("*.rs")):
        name = str(path.relative_to(ROOT))
        if SKIPPED_FOLDERS & set(name.split("/")):
            continue
        files += 1
        for line, finding in check(path, name):
            print(f"{name}:{line + 1}: {finding}")
            findings += 1
    for name in FORBIDDING:
        if not (ROOT / name).exists() or "#![forbid(unsafe_code)]" not in (ROOT / name).read_text():
            print(f"{name}:1: does not say #![forbid(unsafe_code)]")
            findings += 1
    print(f"{files} files, {findings} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
