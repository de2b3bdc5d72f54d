"""The kernel's usb-storage with the built-in mass storage, whose disk is a file of this machine."""

import pathlib
import subprocess

from rig import DEVICES

HERE = pathlib.Path(__file__).resolve().parent
BLOCKS = 8192
SIZE = 1 << 20


def test_mount_write_replug_compare(rig):
    image = rig.scratch / "disk.img"
    micropython = rig.build / "unix-msc" / "micropython"

    def disk(*arguments):
        command = [micropython, HERE / "make_disk.py", *map(str, arguments)]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout

    disk("make", image, BLOCKS)
    board = ["env", f"USBDEVICE_DISK={image}", rig.build / "unix-msc" / "board"]
    with rig.device(DEVICES / "disk.py", board=board) as device:
        [[node]] = device.nodes("sd")
        assert rig.call("disk.size", node) == BLOCKS * 512
        rig.call("disk.mount", node)
        assert rig.call("disk.names") == ["from.py"]
        checksums = {}
        for number, size in enumerate((1, 511, 512, 513, 65_537, SIZE)):
            name = f"file{number}.bin"
            checksums[name] = (size, rig.call("disk.write", name, size, seed=number, seconds=120))
        rig.call("disk.unmount")
        # The cable out and in again: the kernel knows nothing of the disk any more.
        device.unplug()
        device.plug()
        [[node]] = device.nodes("sd")
        rig.call("disk.mount", node)
        for name, expected in checksums.items():
            assert rig.call("disk.read", name, seconds=120) == expected, name
        rig.call("disk.unmount")
    # And what MicroPython itself finds in the file.
    for name, expected in checksums.items():
        assert disk("read", image, name).split() == [str(number) for number in expected], name
    return f"{sum(size for size, _ in checksums.values())} bytes each way"
