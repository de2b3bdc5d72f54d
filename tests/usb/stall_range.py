# stall() with a number that no endpoint can have, and the order of its checks.
from usbtest import *

print("inactive", attempt(usb.stall, 0x81), attempt(usb.stall, 200), attempt(usb.stall, "1"))
host = start()
for ep in (16, 0x90, 31, 100, 0xFF, 0x7F):
    print(ep, attempt(usb.stall, ep), attempt(usb.stall, ep, True))
try:
    usb.stall(16)
except ValueError as error:
    print(error)
print("arguments", attempt(usb.stall), attempt(usb.stall, None), attempt(usb.stall, 1, True, True))
print("fine", usb.stall(0x81), usb.stall(0x81, 1), usb.stall(0x81, 0), usb.stall(0x81))
