# For the unix port: makes a FAT file system in a file of this machine, or reads a file of it:
# make_disk.py make IMAGE BLOCKS, make_disk.py read IMAGE NAME (prints its length and checksum).

import binascii
import os
import sys
import vfs

BLOCK = 512


class Image:
    def __init__(self, path, blocks):
        self.file = open(path, "r+b")
        self.blocks = blocks

    def readblocks(self, number, buffer):
        self.file.seek(number * BLOCK)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer):
        self.file.seek(number * BLOCK)
        self.file.write(buffer)

    def ioctl(self, what, argument):
        if what == 4:
            return self.blocks
        if what == 5:
            return BLOCK
        if what == 3:
            self.file.flush()
        return 0


what, path, argument = sys.argv[1:]
if what == "make":
    blocks = int(argument)
    with open(path, "wb") as file:
        file.seek(blocks * BLOCK - 1)
        file.write(b"\0")
    image = Image(path, blocks)
    vfs.VfsFat.mkfs(image)
    vfs.mount(image, "/disk")
    with open("/disk/from.py", "w") as file:
        file.write("written by MicroPython\n")
    vfs.umount("/disk")
else:
    vfs.mount(Image(path, os.stat(path)[6] // BLOCK), "/disk")
    checksum = length = 0
    with open("/disk/" + argument, "rb") as file:
        while piece := file.read(4096):
            checksum = binascii.crc32(piece, checksum)
            length += len(piece)
    print(length, checksum)
