# active(False) from inside a callback: reset_cb comes after that callback, not in the middle of it.
from usbtest import *


def on_transfer(endpoint, result, count):
    print("callback begins", count)
    print("active was", usb.active(False))
    print("callback ends")


host = start(reset_cb=show_reset, xfer_cb=on_transfer)
usb.submit_xfer(0x01, bytearray(8))
usb.submit_xfer(0x81, b"lost")
settled(host.write, 0x01, b"go")
host.run(200)
print("attached", host.attached())
