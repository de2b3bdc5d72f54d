# config() is allowed while the device is active: descriptors and callbacks count at once.
from usbtest import *

host = start(desc_dev=device(product=1), control_xfer_cb=lambda stage, request: b"old")
print(host.control_in(0xC0, 1, 0, 0, 8))
usb.config(device(product=2), PAIR, control_xfer_cb=lambda stage, request: b"new")
print(host.control_in(0xC0, 1, 0, 0, 8))
print(host.control_in(0x80, 6, 0x0100, 0, 18)[10])
