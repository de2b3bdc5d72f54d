# active(): the answer is the state before the call.
from usbtest import *

print("nothing configured", attempt(usb.active, True), usb.active())
usb.config(device(), PAIR)
print(usb.active(False), usb.active(True), usb.active(1), usb.active([]), usb.active(0), usb.active())
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
print(usb.active("yes"), usb.active())
print("arguments", attempt(usb.active, True, True), attempt(usb.active, value=True))
