# A drive without a medium, one that comes later, and one that may only be read.
import os
import usbsim
from machine import USBDevice
from storage import BLOCK, FileBlocks, Storage

disk = FileBlocks("msc_no_medium")
os.putenv("USBDEVICE_DISK", "")
os.unsetenv("USBDEVICE_DISK")
usb = USBDevice()
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
usb.active(True)
host = usbsim.Host()
host.enumerate()
storage = Storage(host)
for command, length in ((bytes(6), 0), (b"\x25\0\0\0\0\0\0\0\0\0", 8), (storage.blocks(0x28, 0, 1), BLOCK)):
    print(storage.command(command, length), storage.sense())
print(storage.command(b"\x12\0\0\0\x24\0", 36))
os.putenv("USBDEVICE_DISK", disk.path)
print(storage.command(bytes(6)), storage.ioctl(4, 0), storage.ioctl(5, 0))
