"""What a firmware for Cortex-M says about the library in it: its symbols, and where the linker put what (its map file)."""

import re
import subprocess

TOOLS = "arm-none-eabi-"

# What nm -S says about a symbol: address, size if it has one, kind, name.
SYMBOL = re.compile(r"^[0-9a-f]* +(?:([0-9a-f]{8}) )?([A-Za-z]) (.*)$")
# One placed section in the linker's map; the name stands on a line of its own when it is long.
PLACED = re.compile(r"^ (\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$", re.M)
FLASH = (".text", ".rodata", ".data")
RAM = (".data", ".bss")


def nm(file, *options):
    """The lines that nm prints about a file, demangled."""
    command = [TOOLS + "nm", "-C", *options, str(file)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def global_names(archive, member):
    """The names that the object of an archive whose name begins with `member` gives to others."""
    names = []
    inside = False
    for line in nm(archive, "-g", "--defined-only"):
        if line.endswith(":"):
            inside = line.startswith(member)
        elif inside and line:
            names.append(line.split(" ", 2)[2])
    return names


def names(symbols):
    """The names in the lines that nm -S has printed."""
    return {found[3] for found in map(SYMBOL.match, symbols) if found}


def code_of(symbols, crate):
    """Bytes of the functions whose name begins with that of a crate, in the lines that nm -S has printed."""
    found = filter(None, map(SYMBOL.match, symbols))
    return sum(int(f[1], 16) for f in found if f[1] and f[2] in "tT" and f[3].lstrip("<").startswith(crate))


class Map:
    """The sections of a firmware with their place, size and origin, as its map file lists them."""

    def __init__(self, path):
        placed = path.read_text().partition("Linker script and memory map")[2]
        self.sections = []
        for name, address, size, origin in PLACED.findall(re.sub(r"^( \.\S+)\n\s+", r"\1 ", placed, flags=re.M)):
            if int(size, 16):
                self.sections.append((name, int(address, 16), int(size, 16), origin))

    def total(self, origin, kinds):
        """Bytes of the sections of one kind whose origin contains a text."""
        return sum(size for name, _, size, where in self.sections if origin in where and name.startswith(kinds))

    def flash(self, origin):
        return self.total(origin, FLASH)

    def ram(self, origin):
        return self.total(origin, RAM)

    def ranges(self, origin, kinds):
        """First and last address of each such section."""
        found = (entry for entry in self.sections if origin in entry[3] and entry[0].startswith(kinds))
        return [(address, address + size - 1) for _, address, size, _ in found]


def largest(firmware, ranges, count):
    """(size, name) of the largest symbols that lie in the given ranges of addresses."""
    symbols = []
    for line in nm(firmware, "-S", "--size-sort", "--reverse-sort"):
        address, size, _, name = line.split(" ", 3)
        # Bit 0 of a function's address says Thumb.
        if any(first <= int(address, 16) & ~1 <= last for first, last in ranges):
            symbols.append((int(size, 16), name))
    return symbols[:count]
