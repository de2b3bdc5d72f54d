# Makes the content of a Pico's flash chip with files in its file system. Run by MicroPython's unix port, which has the
# same file system code:
#
#     micropython make_flash.py FLASH SIZE [SOURCE:NAME]...
#
# SIZE is that of the file system, at the end of the chip: MICROPY_HW_FLASH_STORAGE_BYTES, 1441792 for RPI_PICO.

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
        data = self.blocks.get(block, EMPTY)
        buffer[:] = data[offset : offset + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        data = self.blocks.setdefault(block, bytearray(EMPTY))
        data[offset : offset + len(buffer)] = buffer

    def ioctl(self, operation, block):
        if operation == 4:
            return self.count
        if operation == 5:
            return BLOCK
        if operation == 6:
            self.blocks.pop(block, None)
        return 0


def make(path, size, files):
    flash = Flash(size)
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)
    # Without times in it, so that the same files are always the same chip.
    system = vfs.VfsLfs2(flash, progsize=PAGE, mtime=False)
    for source, name in files:
        with open(source, "rb") as original, system.open(name, "wb") as copy:
            copy.write(original.read())
    with open(path, "wb") as chip:
        for _ in range((CHIP - size) // BLOCK):
            chip.write(EMPTY)
        for block in range(flash.count):
            chip.write(flash.blocks.get(block, EMPTY))


make(sys.argv[1], int(sys.argv[2]), [pair.rsplit(":", 1) for pair in sys.argv[3:]])
