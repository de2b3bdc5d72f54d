"""Input devices of the guest (/dev/input/event*)."""

import fcntl
import os
import select
import struct
import time

import serial

EVENT = struct.Struct("llHHi")
SYN, KEY, RELATIVE, LED = 0, 1, 2, 17
DROPPED = 3
# EVIOCSREP: after how many milliseconds a key that is held repeats itself, and how often.
SET_REPEAT = 1 << 30 | 8 << 16 | ord("E") << 8 | 3
NEVER_MS = 3_600_000


def record(node, reports, seconds=60):
    """The next reports: for each, its keys and moves as (type, code, value). Raises if the kernel has dropped any."""
    file = os.open(node, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return read(file, reports, seconds)
    finally:
        os.close(file)


def read(file, reports, seconds):
    found = []
    report = []
    end = time.monotonic() + seconds
    while len(found) < reports:
        if not select.select([file], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError(f"{len(found)} of {reports} reports in {seconds} s, the last: {found[-2:]}")
        for _, _, kind, code, value in EVENT.iter_unpack(os.read(file, EVENT.size * 256)):
            if (kind, code) == (SYN, DROPPED):
                raise OverflowError(f"the kernel has dropped events behind report {len(found)}: nobody read them in time")
            if kind == SYN:
                found.append(report)
                report = []
            elif kind in (KEY, RELATIVE):
                report.append((kind, code, value))
    return found


def in_bursts(node, port, command, total, burst, reports_each, repeats=False, seconds=120):
    """Has the device make `total` of something, a burst at a time, and returns the reports.

    The kernel keeps 64 events for a reader, which are few milliseconds of a fast device. `command`: what is written to the
    serial port `port` for one burst, with {count} and {first} in it. `repeats`: it is a keyboard, whose keys the kernel
    would repeat.
    """
    found = []
    file = os.open(node, os.O_RDONLY | os.O_NONBLOCK)
    line = serial.Port(port)
    try:
        if repeats:
            # A slow machine holds keys for long.
            fcntl.ioctl(file, SET_REPEAT, struct.pack("II", NEVER_MS, NEVER_MS))
        for first in range(0, total, burst):
            count = min(burst, total - first)
            line.write(command.format(count=count, first=first).encode() + b"\r")
            found += read(file, count * reports_each, seconds)
        return found
    finally:
        line.close()
        os.close(file)


def light(node, code, on):
    """Switches one of a keyboard's lights."""
    file = os.open(node, os.O_WRONLY)
    try:
        os.write(file, EVENT.pack(0, 0, LED, code, int(on)) + EVENT.pack(0, 0, SYN, 0, 0))
    finally:
        os.close(file)
