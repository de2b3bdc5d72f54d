# A FAT file system on both ends of the cable: what Python on the device writes the host reads, and the other way round.
import os
import usbsim
import vfs
from machine import USBDevice
from storage import FileBlocks, Storage, pattern

disk = FileBlocks("msc_file_system", 1024)
vfs.VfsFat.mkfs(disk)
vfs.mount(disk, "/device")
with open("/device/hello.txt", "w") as file:
    file.write("written by the device\n")
os.mkdir("/device/folder")
with open("/device/folder/large.bin", "wb") as file:
    file.write(pattern(100_000))
vfs.umount("/device")

usb = USBDevice()
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
usb.active(True)
host = usbsim.Host()
host.enumerate()
storage = Storage(host)
vfs.mount(storage, "/host")
print(sorted(os.listdir("/host")), os.listdir("/host/folder"))
with open("/host/hello.txt") as file:
    print(file.read())
with open("/host/folder/large.bin", "rb") as file:
    print(file.read() == pattern(100_000))
with open("/host/answer.txt", "w") as file:
    file.write("written by the host\n")
with open("/host/folder/large.bin", "wb") as file:
    file.write(pattern(150_000, 7))
os.remove("/host/hello.txt")
vfs.umount("/host")

# What another has written is seen after mounting anew.
vfs.mount(disk, "/device")
print(sorted(os.listdir("/device")))
with open("/device/answer.txt") as file:
    print(file.read())
with open("/device/folder/large.bin", "rb") as file:
    print(file.read() == pattern(150_000, 7))
