# builtin_driver takes the BUILTIN_ constants and nothing else, and only while the device is inactive.
from usbtest import *


def choose(value):
    usb.builtin_driver = value


print("default", attempt(choose, USBDevice.BUILTIN_DEFAULT), usb.builtin_driver is USBDevice.BUILTIN_DEFAULT)
print("none", attempt(choose, USBDevice.BUILTIN_NONE), usb.builtin_driver is USBDevice.BUILTIN_NONE)
for value in (None, True, 0, "cdc", USBDevice, bytes):
    print(value, attempt(choose, value))
print("unchanged", usb.builtin_driver is USBDevice.BUILTIN_NONE)

usb.config(device(), PAIR)
usb.active(True)
print("active", attempt(choose, USBDevice.BUILTIN_DEFAULT))
host = connect()
host.enumerate()
usb.active(False)
print("a change is pending", attempt(choose, USBDevice.BUILTIN_DEFAULT))
host.run(100)
print("inactive", attempt(choose, USBDevice.BUILTIN_NONE))
