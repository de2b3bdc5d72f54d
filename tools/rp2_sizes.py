#!/usr/bin/env python3
"""What a USB stack takes of the Pico's flash and RAM, and where: what the image has more than the same image without one.

    rp2_sizes.py RUST C NONE       the folders of three images: this library's, with STACK=c, with STACK=none

Prints the totals of both, then ours by part with its largest functions, then C's by source file.
"""

import collections
import pathlib
import re
import sys

import firmware
import test_rp2_image as image

LARGEST = 20
# The library is one object, so its functions are told apart by their names, which begin with that of their crate.
CRATES = {"usb_stack": "stack/", "port_rp2": "ports/rp2/", "micropython_usbdevice": "src/"}
# What is said of every method of the device and the driver.
GENERICS = re.compile(r"<(usb_stack::device::Device)<.*?, 16>>|<(port_rp2::driver::Driver)<.*?>>|::<micropython_usbdevice::.*>$")


def by_file(build):
    """Flash by source file, and by what is in it: code or data."""
    found = collections.Counter()
    for name, address, size, origin in firmware.Map(build / "firmware.map").sections:
        if address in image.FLASH or (address in image.RAM and name.startswith(image.COPIED)):
            file = "the library" if "libmicropython_usbdevice" in origin else origin.split("/")[-1].removesuffix(".o")
            found[file, "code" if name.startswith((".text", ".time_critical")) else "data"] += size
    return found


def functions(build):
    """(bytes, name) of the library's functions, largest first."""
    found = filter(None, map(firmware.SYMBOL.match, firmware.nm(build / "firmware.elf", "-S")))
    ours = [(int(f[1], 16), f[3]) for f in found if f[1] and f[2] in "tT" and f[3].lstrip("<").startswith(tuple(CRATES))]
    return sorted(ours, reverse=True)


def print_parts(title, parts, least=1):
    """A table of (bytes, name), largest first; what is below `least` in one line."""
    print(f"\n{title}")
    for size, name in sorted(parts, reverse=True):
        if size >= least:
            print(f"{size:8}  {name}")
    rest = [size for size, _ in parts if size < least]
    if rest:
        print(f"{sum(rest):8}  {len(rest)} others")


def print_ours(rust, none):
    """Ours by part: the crates' functions, their tables and texts, the C file, what else is linked because of it."""
    ours = functions(rust)
    parts = collections.Counter()
    for size, name in ours:
        parts[next(part for crate, part in CRATES.items() if name.lstrip("<").startswith(crate))] += size
    files = by_file(rust)
    library_code = files.pop(("the library", "code"))
    parts["C functions under the names that ports call, and what catches exceptions"] = library_code - sum(parts.values())
    parts["tables and texts"] = files.pop(("the library", "data"))
    files.subtract(by_file(none))
    for (file, _), size in files.items():
        parts[file if file in ("usbdevice.c", "usb_port.c") else "upstream's functions that nothing else uses"] += size
    print_parts("ours, by part", [(size, part) for part, size in parts.items()])
    print_parts("the largest functions", [(size, GENERICS.sub(r"\1\2", name)[-110:]) for size, name in ours[:LARGEST]])


def main():
    rust, c, none = map(pathlib.Path, sys.argv[1:4])
    print(f"{'':8}{'flash':>8}{'RAM':>8}")
    for name, build in (("rust", rust), ("c", c)):
        flash, ram = image.taken(build, none)
        print(f"{name:8}{flash:8}{ram:8}")
    print_ours(rust, none)
    files = by_file(c)
    files.subtract(by_file(none))
    total = collections.Counter()
    for (file, _), size in files.items():
        total[file] += size
    print_parts("C's, by file", [(size, file) for file, size in total.items() if size], 100)


if __name__ == "__main__":
    main()
