"""Disks of the guest (/dev/sd*)."""

import os
import random
import zlib

import system

FOLDER = "/mnt/disk"


def mount(node):
    for module in ("vfat", "nls_cp437", "nls_ascii"):
        system.load(module)
    os.makedirs(FOLDER, exist_ok=True)
    system.shell(f"mount -t vfat -o iocharset=ascii {node} {FOLDER}")


def unmount():
    system.shell(f"umount {FOLDER}")


def names():
    return sorted(os.listdir(FOLDER))


def write(name, size, seed):
    """Writes a file of random bytes and waits until the disk has it; returns its checksum."""
    data = random.Random(seed).randbytes(size)
    with open(f"{FOLDER}/{name}", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return zlib.crc32(data)


def read(name):
    """Length and checksum of a file."""
    with open(f"{FOLDER}/{name}", "rb") as file:
        data = file.read()
    return len(data), zlib.crc32(data)


def size(node):
    """Bytes of a disk."""
    return int(system.read(f"/sys/class/block/{os.path.basename(node)}/size")) * 512
