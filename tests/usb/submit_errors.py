# What submit_xfer() raises: EINVAL while inactive, ValueError for a number out of range, TypeError for a bad buffer.
from usbtest import *

print("inactive", attempt(usb.submit_xfer, 0x81, b""), attempt(usb.submit_xfer, 0, None))
host = start()
print("number", [attempt(usb.submit_xfer, ep, bytearray(1)) for ep in (0x00, 0x80, 0x10, 0x90, 0x7F, 0xFF)])
try:
    usb.submit_xfer(0, bytearray(1))
except ValueError as error:
    print(error)
print("not a number", attempt(usb.submit_xfer, "1", b""), attempt(usb.submit_xfer, None, b""))
print("IN", [attempt(usb.submit_xfer, 0x81, buffer) for buffer in (None, 5, [1], iter(b""))])
print("OUT", [attempt(usb.submit_xfer, 0x01, buffer) for buffer in (None, b"bytes", "text", memoryview(b"fixed"))])
print("arguments", attempt(usb.submit_xfer), attempt(usb.submit_xfer, 0x81), attempt(usb.submit_xfer, 0x81, b"", 1))
print("still free", usb.submit_xfer(0x81, "text"), usb.submit_xfer(0x01, bytearray(1)))
print(settled(host.read, 0x81, 64))
