"""MIDI ports of the guest (/dev/snd/midi*), as streams of bytes."""

import fcntl
import os
import select
import struct
import threading
import time

# SNDRV_RAWMIDI_IOCTL_PARAMS of sound/asound.h: stream, buffer_size, avail_min, flags and reserved bytes.
PARAMETERS = struct.Struct("i4xQQI16x4x")
SET_PARAMETERS = 3 << 30 | PARAMETERS.size << 16 | ord("W") << 8 | 0x10
INPUT = 1
BUFFER = 1 << 18


def open_port(node, flags):
    file = os.open(node, flags | os.O_NONBLOCK)
    if flags != os.O_WRONLY:
        # The kernel drops what comes while the buffer is full, and 4 KiB are soon full on a slow machine.
        fcntl.ioctl(file, SET_PARAMETERS, PARAMETERS.pack(INPUT, BUFFER, 1, 0))
    return file


def receive(node, size, seconds=60):
    """The next `size` bytes."""
    file = open_port(node, os.O_RDONLY)
    try:
        return read(file, size, seconds)
    finally:
        os.close(file)


def read(file, size, seconds):
    data = bytearray()
    end = time.monotonic() + seconds
    while len(data) < size:
        if not select.select([file], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError(f"{len(data)} of {size} bytes in {seconds} s, the last: {data[-12:].hex(' ')}")
        data += os.read(file, 4096)
    return bytes(data)


def write(file, data, seconds):
    data = memoryview(data)
    end = time.monotonic() + seconds
    while data:
        if not select.select([], [file], [], max(0.0, end - time.monotonic()))[1]:
            raise TimeoutError(f"{len(data)} bytes were not taken in {seconds} s")
        data = data[os.write(file, data) :]


def send(node, data, seconds=60):
    file = open_port(node, os.O_WRONLY)
    try:
        write(file, data, seconds)
    finally:
        # The kernel sends what it still has before the port is closed.
        os.close(file)


def exchange(node, data, size, seconds=60):
    """Sends `data`, and returns the `size` bytes that come meanwhile."""
    file = open_port(node, os.O_RDWR)
    problems = []

    def send_all():
        try:
            write(file, data, seconds)
        except OSError as error:
            problems.append(error)

    try:
        sender = threading.Thread(target=send_all)
        sender.start()
        received = read(file, size, seconds)
        sender.join()
        if problems:
            raise problems[0]
        return received
    finally:
        os.close(file)
