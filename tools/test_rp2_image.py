#!/usr/bin/env python3
"""What is in the firmware for the Pico: nothing of TinyUSB, nothing that can panic.

    test_rp2_image.py BUILD_DIR

Flash and RAM of a USB stack are those of the whole image, less those of the same image with an empty seam (STACK=none).
"""

import pathlib
import re
import sys

import firmware
import parts

FLASH = range(0x1000_0000, 0x1100_0000)
RAM = range(0x2000_0000, 0x2008_2000)
# The linker reserves it, nothing is placed there.
RESERVED = re.compile(r"\.(heap|stack)")
# Sections there whose contents stand in flash until the start.
COPIED = (".data", ".time_critical")
# The SDK has a function called panic; those of Rust's core library have longer names.
PANICS = re.compile(r"core::panicking|rust_begin_unwind|the_library_must_not_contain|core::fmt\b")


def check(part, label, problems):
    """Counts one check; `problems` are lines that say what is wrong."""
    part.count(int(not problems), int(bool(problems)), label if problems else "")
    for line in problems:
        part.say(f"{label}: {line}")


def used(build, memory):
    """Bytes that the image has in a memory: what is placed there, and in flash also what is copied to RAM at the start."""
    placed = firmware.Map(build / "firmware.map").sections
    total = sum(size for name, address, size, _ in placed if address in memory and not RESERVED.match(name))
    if memory is FLASH:
        total += sum(size for name, address, size, _ in placed if address in RAM and name.startswith(COPIED))
    return total


def taken(build, none):
    """Flash and RAM that the USB stack takes in an image, beside that with none."""
    return tuple(used(build, memory) - used(none, memory) for memory in (FLASH, RAM))


def main():
    build = pathlib.Path(sys.argv[1])
    # build/rp2-msc is another part's.
    part = parts.Part(f"test-{build.name}-image")
    sections = firmware.Map(build / "firmware.map").sections
    check(part, "the map", [] if len(sections) > 1000 else ["it lists next to nothing"])
    tinyusb = [f"{size} bytes of {origin}" for _, address, size, origin in sections if address and "tinyusb" in origin]
    check(part, "TinyUSB in the firmware", tinyusb)
    check(part, "the library in the firmware", [] if any("micropython_usbdevice" in s[3] for s in sections) else ["there is none"])
    symbols = firmware.nm(build / "firmware.elf")
    check(part, "panics in the firmware", [line for line in symbols if PANICS.search(line)])
    check(part, "symbols of the firmware", [] if any("usb_stack::" in line for line in symbols) else ["there are none"])
    check(part, "firmware.uf2", [] if (build / "firmware.uf2").read_bytes()[:4] == b"UF2\n" else ["it is no UF2 file"])
    part.finish()


if __name__ == "__main__":
    main()
