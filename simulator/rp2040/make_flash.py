# Makes the content of a Pico's flash chip with files in its file system. Run by MicroPython's unix port, which has the
# same file system code:
#
#     micropython make_flash.py FLASH SIZE [--fat] [--folder FOLDER] [SOURCE:NAME]...
#
# SIZE is that of the file system, at the end of the chip: MICROPY_HW_FLASH_STORAGE_BYTES, 1441792 for RPI_PICO. --fat: for
# firmware that is also a disk, which has a FAT file system; others have littlefs. Everything in FOLDER is copied first.

import os
import sys
import vfs

CHIP = 2 * 1024 * 1024
BLOCK = 4096  # the chip's sector, and MicroPython's block on it
EMPTY = b"\xff" * BLOCK
PAGE = 256  # what can be programmed at once: the progsize that upstream's _boot.py mounts with


class Flash:
    """The file system's part of the chip, in RAM: the blocks that are not empty."""

    def __init__(self, size):
        self.count = size // BLOCK
        self.blocks = {}

    def readblocks(self, block, buffer, offset=0):
        # FAT reads and writes several blocks at once.
        for at in range(0, len(buffer), BLOCK):
            part = memoryview(buffer)[at : at + BLOCK]
            part[:] = self.blocks.get(block + at // BLOCK, EMPTY)[offset : offset + len(part)]

    def writeblocks(self, block, buffer, offset=0):
        for at in range(0, len(buffer), BLOCK):
            part = memoryview(buffer)[at : at + BLOCK]
            data = self.blocks.setdefault(block + at // BLOCK, bytearray(EMPTY))
            data[offset : offset + len(part)] = part

    def ioctl(self, operation, block):
        if operation == 4:
            return self.count
        if operation == 5:
            return BLOCK
        if operation == 6:
            self.blocks.pop(block, None)
        return 0


def everything_in(folder, name=""):
    """Pairs of a file and its name on the board, for the files in a folder and those in it, always in the same order."""
    for entry in sorted(os.listdir(folder)):
        source, inside = folder + "/" + entry, name + "/" + entry
        if os.stat(source)[0] & 0x4000:
            yield from everything_in(source, inside)
        else:
            yield source, inside


def make_folders(system, name):
    """Makes the folders that a file is to lie in."""
    at = name.find("/", 1)
    while at > 0:
        try:
            system.mkdir(name[:at])
        except OSError as error:
            if error.errno != 17:  # EEXIST
                raise
        at = name.find("/", at + 1)


def littlefs(flash):
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)
    # Without times in it, so that the same files are always the same chip.
    return vfs.VfsLfs2(flash, progsize=PAGE, mtime=False)


def fat(flash):
    vfs.VfsFat.mkfs(flash)
    return vfs.VfsFat(flash)


def make(path, size, make_system, files):
    flash = Flash(size)
    system = make_system(flash)
    for source, name in files:
        make_folders(system, name)
        with open(source, "rb") as original, system.open(name, "wb") as copy:
            copy.write(original.read())
    with open(path, "wb") as chip:
        for _ in range((CHIP - size) // BLOCK):
            chip.write(EMPTY)
        for block in range(flash.count):
            chip.write(flash.blocks.get(block, EMPTY))


words = sys.argv[3:]
files = []
make_system = littlefs
if words[:1] == ["--fat"]:
    make_system = fat
    words = words[1:]
if words[:1] == ["--folder"]:
    files += everything_in(words[1])
    words = words[2:]
make(sys.argv[1], int(sys.argv[2]), make_system, files + [pair.rsplit(":", 1) for pair in words])
