# A callback may print as much as it likes.
from usbtest import *


def on_transfer(endpoint, result, count):
    for number in range(160):
        print("%04d" % number, "." * 58)


host = start(xfer_cb=on_transfer)
usb.submit_xfer(0x81, b"x")
settled(host.read, 0x81, 64)
print("end")
