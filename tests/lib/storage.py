# What the tests in tests/msc share: a disk in a file, and a host's driver for mass storage (bulk-only transport). Either is
# a block device, so that the same file system can be mounted at both ends of the cable.

import os
import struct
import vfs

BLOCK = 512


class FileBlocks:
    """The device's side: the file that the port's block device reads and writes."""

    def __init__(self, name, blocks=128):
        self.path = (os.getenv("TEST_FOLDER") or ".") + "/" + name + ".disk"
        self.blocks = blocks
        with open(self.path, "wb") as file:
            for _ in range(blocks):
                file.write(bytes(BLOCK))
        os.putenv("USBDEVICE_DISK", self.path)
        self.file = open(self.path, "r+b")

    def readblocks(self, number, buffer):
        self.file.seek(number * BLOCK)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer):
        self.file.seek(number * BLOCK)
        self.file.write(buffer)
        self.file.flush()

    def ioctl(self, operation, argument):
        return {4: self.blocks, 5: BLOCK}.get(operation, 0)


class Storage:
    """The host's side."""

    def __init__(self, host, interface=2, endpoint=3, part=8192):
        self.host, self.interface, self.out, self.into, self.part = host, interface, endpoint, endpoint | 0x80, part
        self.tag = 0

    def wrapper(self, command, length, is_in):
        self.tag += 1
        head = struct.pack("<4sIIBBB", b"USBC", self.tag, length, 0x80 if is_in else 0, 0, len(command))
        return head + bytes(command) + bytes(16 - len(command))

    def command(self, command, length=0, data=b"", is_in=None):
        """Returns bCSWStatus, dCSWDataResidue, the data that came, and on which endpoints there was a STALL."""
        if is_in is None:
            is_in = not data
        self.host.write(self.out, self.wrapper(command, length or len(data), is_in))
        came, stalls = b"", []
        try:
            if data:
                self.host.write(self.out, data)
            elif length:
                came = self.host.read(self.into, length)
        except OSError:
            stalls.append(self.into if length else self.out)
            self.host.clear_halt(stalls[-1])
        return self.status(came, stalls)

    def status(self, came, stalls):
        try:
            status = self.host.read(self.into, 13)
        except OSError:
            # It was the end of the data stage, after a short packet.
            stalls.append(self.into)
            self.host.clear_halt(self.into)
            status = self.host.read(self.into, 13)
        signature, tag, residue, result = struct.unpack("<4sIIB", status)
        assert (signature, tag) == (b"USBS", self.tag), status
        return result, residue, came, stalls

    def recover(self):
        """Reset recovery (Bulk-Only Transport section 5.3.4)."""
        self.host.control_out(0x21, 0xFF, 0, self.interface)
        self.host.clear_halt(self.into)
        self.host.clear_halt(self.out)

    def sense(self):
        result = self.command(b"\x03\0\0\0\x12\0", 18)
        return "%x %02x %02x" % (result[2][2], result[2][12], result[2][13])

    def blocks(self, operation, first, count):
        return struct.pack(">BBIBHB", operation, 0, first, 0, count, 0)

    def readblocks(self, number, buffer):
        view = memoryview(buffer)
        for at in range(0, len(view), self.part):
            part = view[at : at + self.part]
            result = self.command(self.blocks(0x28, number + at // BLOCK, len(part) // BLOCK), len(part))
            assert result[0] == 0 and len(result[2]) == len(part), (number, result[0], result[1])
            part[:] = result[2]

    def writeblocks(self, number, buffer):
        view = memoryview(buffer)
        for at in range(0, len(view), self.part):
            part = view[at : at + self.part]
            result = self.command(self.blocks(0x2A, number + at // BLOCK, len(part) // BLOCK), data=bytes(part))
            assert result[:2] == (0, 0), (number, result)

    def ioctl(self, operation, argument):
        if operation in (4, 5):
            last, size = struct.unpack(">II", self.command(b"\x25\0\0\0\0\0\0\0\0\0", 8)[2])
            return last + 1 if operation == 4 else size
        return 0


def pattern(length, seed=1):
    """Bytes that tell their place."""
    return bytes((at * seed + at // 251) & 0xFF for at in range(length))
