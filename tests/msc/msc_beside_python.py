# Mass storage beside an interface of Python's: both work, callbacks hear nothing of the disk, deactivating takes both away.
import usbsim
import vfs
import os
from usbtest import *
from storage import BLOCK, FileBlocks, Storage, pattern

disk = FileBlocks("msc_beside_python")
vfs.VfsFat.mkfs(disk)
builtin = USBDevice.BUILTIN_DEFAULT
usb.builtin_driver = builtin
first = builtin.itf_max
number = builtin.ep_max
heard = []
buffer = bytearray(64)


def on_transfer(endpoint, result, count):
    heard.append((hex(endpoint), result == 0, count))
    if endpoint == number:
        usb.submit_xfer(number | 0x80, bytes(buffer[:count]))


def on_control(stage, request):
    heard.append((stage, bytes(request).hex()))
    return b"\x2a" if request[0] & 0x80 else True


def on_open(view):
    heard.append(("open", bytes(view[:9]).hex()))
    usb.submit_xfer(number, buffer)


usb.config(
    builtin.desc_dev,
    configuration(interface(first, endpoint(number), endpoint(number | 0x80)), builtin=builtin),
    open_itf_cb=on_open,
    reset_cb=lambda: heard.append("reset"),
    control_xfer_cb=on_control,
    xfer_cb=on_transfer,
)
host = usbsim.Host()
for turn in range(2):
    usb.active(True)
    host.enumerate()
    storage = Storage(host)
    print(host.control_in(0xA1, 0xFE, 0, 2, 1), host.control_in(0xC1, 1, 0, first, 1), host.control_in(0xA1, 0xFE, 0, 2, 1))
    host.write(3, storage.wrapper(storage.blocks(0x28, 0, 16), 16 * BLOCK, True))
    host.write(number, b"in between")
    print(host.read(number | 0x80, 64), len(host.read(0x83, 16 * BLOCK)), storage.status(b"", [])[:2])
    vfs.mount(storage, "/host")
    with open("/host/turn%d" % turn, "w") as file:
        file.write("hello")
    print(os.listdir("/host"))
    vfs.umount("/host")
    for request_type, index in ((0x41, 2), (0x42, 0x83), (0x01, 2), (0x21, 2)):
        try:
            host.control_out(request_type, 0x55, 0, index)
            print("not refused")
        except OSError as error:
            print(error.args[1])
    # In the middle of a command.
    host.write(3, storage.wrapper(storage.blocks(0x28, 0, 16), 16 * BLOCK, True))
    host.read(0x83, BLOCK)
    usb.active(False)
    host.run(60)
    print(heard)
    heard.clear()
vfs.mount(disk, "/device")
print(os.listdir("/device"))
