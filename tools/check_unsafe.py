#!/usr/bin/env python3
"""Checks how the Rust sources use `unsafe`, beyond what clippy sees.

* `unsafe` stays in its rooms: src/python, the seam and the register access of a port. The stack, the simulator and the
  native tests say forbid(unsafe_code), so that the compiler keeps them to it.
* Every unsafe block and unsafe impl has a `// SAFETY:` note above it.
* Every call into MicroPython has an `// EXCEPTION:` note that says whether it can raise, in the comment above the block
  or inside it; and one that can raise is inside `catch(...)`, because an exception is a longjmp, or its note says that it
  raises over frames that own nothing.
* What a critical section runs does not call a function that raises over its caller, as its comment says: the section would
  never end.

A call into MicroPython is one of a function that build.rs lets through, whatever path leads to its name, and every other
`ffi::name(...)` with a small first letter; but not the constructors of the types that build.rs makes of two typedefs.

Before it looks at the sources it looks at a few lines with one mistake each, and says so if it does not find them.

Prints each finding as FILE:LINE: text; exit status 1 if there is one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORBIDDING = ["stack/src/lib.rs", "simulator/src/lib.rs", "ports/unix/src/lib.rs", "ports/rp2/model/src/lib.rs", "tests/native/src/lib.rs"]
ROOMS = ("src/python/", "src/seam.rs", "src/seam/", "src/ffi.rs", "ports/")
# What bindgen writes cannot carry notes; this file only takes it in.
GENERATED = {"src/ffi.rs"}
SKIPPED_FOLDERS = {"build", "target", ".git"}

UNSAFE = re.compile(r"\bunsafe\s*(\{|impl\b)")
ANY_UNSAFE = re.compile(r"\bunsafe\b")
# Any path may lead to a function's name, so only the name counts; `fn name(` declares one.
NAME_AND_BRACKET = re.compile(r"(?P<before>\bffi::|\bfn\s+)?(?<![\w$])(?P<name>\$?[a-z_]\w*)\s*\(")
CANNOT_RAISE = re.compile(r"EXCEPTION:\s*(cannot raise|none of (these|them) can raise)")
CAN_RAISE = re.compile(r"EXCEPTION:(?!\s*(cannot raise|none of))")
# It raises where nothing is left that could need dropping.
OWNS_NOTHING = re.compile(r"EXCEPTION:[^.]*\bover frames that own nothing")
# A function that says so in its comment, and the type that it belongs to.
RAISING = re.compile(r"^impl(?:<[^>]*>)? (?P<type>\w+)|(?P<doc>(?:^ *///[^\n]*\n)+)(?:^ *#\[[^\n]*\n)*^ *(?:pub(?:\([a-z]+\))? )?(?:unsafe )?fn (?P<name>\w+)", re.M)
SAYS_SO = re.compile(r"\bover its caller\b")
SECTION = re.compile(r"\b(?:with_device|critical_section::with|DEVICE\.with|STORAGE\.with)\s*\(")

LITERAL_OR_COMMENT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?r(?P<hash>\#*)".*?"(?P=hash)|b?c?"(?:\\.|[^"\\])*"|'(?:\\.[^']*|[^'\\])'""", re.S
)


def blank(text):
    """The code with strings and comments replaced by spaces of the same shape, so that positions stay."""
    return LITERAL_OR_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


class Bindings:
    """What build.rs takes from MicroPython's headers, as far as it can be called."""

    def __init__(self, build_rs):
        table = re.search(r"const FUNCTIONS: &\[&str\] = &\[(.*?)\];", build_rs, re.S)
        names = re.findall(r'"([^"]+)"', re.sub(r"//[^\n]*", "", table[1])) if table else []
        self.functions = re.compile("|".join(names)) if names else None
        self.constructors = set(re.findall(r'\.new_type_alias\("(\w+)"\)', build_rs))

    def calls(self, code):
        """(position, name) of each call into MicroPython in blanked code."""
        for found in NAME_AND_BRACKET.finditer(code):
            before, name = found["before"] or "", found["name"]
            if before.startswith("fn"):
                continue
            if self.functions.fullmatch(name) or (before and name not in self.constructors):
                yield found.start("name"), name


def end_of_block(code, start):
    """The position after the brace that closes the one at or after `start`."""
    depth = 0
    for position in range(code.index("{", start), len(code)):
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        if depth == 0:
            return position + 1
    return len(code)


def end_of_call(code, start):
    """The position after the bracket that closes the one at `start`."""
    depth = 0
    for position in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[position], 0)
        if depth == 0:
            return position + 1
    return len(code)


def raising(text):
    """The functions that raise over their caller, as they are called: `name(`, `Type::name(` or `.name(`."""
    of_type = None
    for found in RAISING.finditer(text):
        if found["type"]:
            of_type = found["type"]
        elif SAYS_SO.search(note(found["doc"]).replace("*", "")):
            is_free = not found["doc"].startswith(" ")
            yield rf"(?<![\w.]){found['name']}" if is_free else rf"(?:\b{of_type}::|\bSelf::|\.){found['name']}"


def raisers(texts):
    """What finds a call of one of the functions that raise over their caller."""
    names = sorted({name for text in texts for name in raising(text)})
    return re.compile("(" + "|".join(names) + r")\s*\(")


def sections(text, callers):
    """(line, finding) for each call of a function that raises over its caller in a critical section."""
    code = blank(text)
    for section in SECTION.finditer(code):
        body = code[section.end() - 1 : end_of_call(code, section.end() - 1)]
        for call in callers.finditer(body):
            yield code.count("\n", 0, section.end() - 1 + call.start()), f"{call[1]} can raise in a critical section"


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


def check(text, name, bindings):
    """(line, finding) for each mistake in `text`, the content of the file `name`; lines count from 0."""
    # The attribute only gives a symbol its name; what is unsafe about that the linker finds.
    code = blank(text).replace("unsafe(no_mangle)", " " * len("unsafe(no_mangle)"))
    lines, code_lines = text.split("\n"), code.split("\n")
    calls = [] if name in GENERATED else list(bindings.calls(code))

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
        for position, function in calls:
            if not found.start() <= position < end:
                continue
            if "EXCEPTION:" not in notes:
                yield line_of(position), f"no // EXCEPTION: note: can {function} raise?"
            elif CAN_RAISE.search(notes) and not CANNOT_RAISE.search(notes) and not OWNS_NOTHING.search(notes):
                statement = code[code.rfind(";", 0, found.start()) + 1 : found.start()]
                if "catch(" not in statement and "catch(" not in code[found.start() : end]:
                    yield line_of(position), f"{function} can raise, as its note says, but is not inside catch()"
    for position, function in calls:
        if not any(start <= position < end for start, end in explained):
            yield line_of(position), f"{function} is called outside an unsafe block: its notes have no place"


# Functions that raise over their caller, and critical sections with (the finding) or without (None) a call of one.
RAISING_SEED = """
impl Thing {
    /// Takes. **Raises over its caller** TypeError.
    #[inline(never)]
    pub fn of(object: Obj) -> Self {}
    /// Does not.
    pub fn new() -> Self {}
}
/// Raises, **over its
/// caller**.
pub fn raise() -> ! {}
"""
SECTION_SEEDS = [
    ("with_device(|stack, _| {\n    stack.f(g(1));\n    raise();\n});", "raise can raise"),
    ("with_device(|stack, _| stack.f(Thing::of(1)));", "Thing::of can raise"),
    ("critical_section::with(|_| thing.of(1));", ".of can raise"),
    ("with_device(|stack, _| Thing::new(Other::of(1)));\nraise();\nThing::of(1);", None),
]
BUILD_RS_SEED = """
const FUNCTIONS: &[&str] = &[
    // "in_a_comment"
    "mp_call",
    "usbdevice_print_.*",
];
builder.new_type_alias("qstr")
"""
# (file, text, a part of the one finding or None). Each has one mistake at most.
SEEDS = [
    ("src/usb_device/a.rs", "// SAFETY: none.\nconst A: () = unsafe { g() };", "outside its rooms"),
    ("src/seamstress.rs", "unsafe fn f() {}", "outside its rooms"),
    ("src/usb_device/a.rs", "// SAFETY: none.\nunsafe impl Sync for T {}", "outside its rooms"),
    ("src/usb_device/a.rs", '// unsafe {\nfn f() { "unsafe {" }\n#[unsafe(no_mangle)]\nfn g() {}', None),
    ("src/python/a.rs", "fn f() {\n    unsafe { g() }\n}", "no // SAFETY: note"),
    ("src/seam/a.rs", "unsafe impl Sync for T {}", "no // SAFETY: note"),
    ("src/seam.rs", "// SAFETY: none.\nunsafe impl Sync for T {}", None),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any.\n    unsafe { ffi::mp_call(1) }\n}", "can mp_call raise?"),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any.\n    unsafe { ffi::unknown(1) }\n}", "can unknown raise?"),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any.\n    unsafe { mp_call (1) }\n}", "can mp_call raise?"),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any.\n    unsafe { c::usbdevice_print_x(1) }\n}", "can usbdevice_print_x"),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any.\n    unsafe { $crate::ffi::mp_call(1) }\n}", "can mp_call raise?"),
    ("src/python/a.rs", "macro_rules! m {\n    () => { $crate::ffi::$name(1) };\n}", "$name is called outside"),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any. EXCEPTION: raises.\n    unsafe { ffi::mp_call(1) }\n}", "not inside catch()"),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any. EXCEPTION: raises.\n    catch(|| unsafe { ffi::mp_call(1) })\n}", None),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any. EXCEPTION: raises, over frames that own\n    // nothing.\n    unsafe { ffi::mp_call(1) }\n}", None),
    ("src/python/a.rs", "fn f() {\n    // SAFETY: any. EXCEPTION: cannot\n    // raise.\n    unsafe { ffi::mp_call(1) }\n}", None),
    ("src/python/a.rs", "macro_rules! m {\n    () => { $crate::ffi::mp_call(1) };\n}", "outside an unsafe block"),
    ("src/python/a.rs", "unsafe fn f() { mp_call(1) }", "outside an unsafe block"),
    ("src/python/a.rs", "macro_rules! m {\n    () => { $crate::ffi::qstr($crate::ffi::$name as usize) };\n}", None),
    ("src/seam.rs", "extern \"C\" fn mp_call(n: i32) {}", None),
]


def blind_spots():
    """What the checker does not see, or sees where it is not."""
    bindings = Bindings(BUILD_RS_SEED)
    for name, text, wanted in SEEDS:
        findings = [finding for _, finding in check(text, name, bindings)]
        if len(findings) != int(wanted is not None) or (findings and wanted not in findings[0]):
            yield f"the checker is wrong: {wanted!r} expected, {findings} found in:\n{text}"


    callers = raisers([RAISING_SEED])
    for text, wanted in SECTION_SEEDS:
        findings = [finding for _, finding in sections(text, callers)]
        if len(findings) != int(wanted is not None) or (findings and wanted not in findings[0]):
            yield f"the checker is wrong: {wanted!r} expected, {findings} found in:\n{text}"


def main():
    bindings = Bindings((ROOT / "build.rs").read_text())
    if not bindings.functions or not bindings.constructors:
        sys.exit("build.rs:1: its list of functions, or its new types, are not where this script looks for them")
    findings = 0
    for finding in blind_spots():
        print(f"{pathlib.Path(__file__).name}:1: {finding}")
        findings += 1
    paths = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.rs"))}
    texts = {name: path.read_text() for name, path in paths.items() if not SKIPPED_FOLDERS & set(name.split("/"))}
    callers = raisers(text for name, text in texts.items() if name.startswith("src/"))
    files = len(texts)
    for name, text in texts.items():
        for line, finding in [*check(text, name, bindings), *sections(text, callers)]:
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
