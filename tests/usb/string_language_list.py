# String 0 lists languages: its bytes are a whole descriptor; English without one. One that lies shows nothing else.
from usbtest import *


def languages():
    return attempt(host.control_in, 0x80, 6, 0x0300, 0, 255)


host = start(desc_strs=[None, "product"])
print(languages())
usb.config(device(), PAIR, {1: "product"})
print(languages())
usb.config(device(), PAIR, [b"\x06\x03\x09\x04\x07\x04"])
print(languages())
guarded = Guarded(4)
guarded.view[:] = b"\x60\x03\x09\x04"
usb.config(device(), PAIR, [guarded.view])
print("\xee" in str(languages()))
