# USBDevice() is one object, whatever the constructor is given, with these values at the start.
from machine import USBDevice

usb = USBDevice()
print(usb is USBDevice(), usb is USBDevice(1, two=2))
print(usb.active(), usb.builtin_driver is USBDevice.BUILTIN_NONE)
print(usb.BUILTIN_NONE is USBDevice.BUILTIN_NONE)
print(USBDevice.XFER_SUCCESS, USBDevice.XFER_FAILED, USBDevice.XFER_STALLED)
for name in ("builtin", "speed"):
    try:
        setattr(usb, name, 1)
    except AttributeError:
        print("no attribute", name)
try:
    del usb.builtin_driver
except AttributeError:
    print("builtin_driver stays")
