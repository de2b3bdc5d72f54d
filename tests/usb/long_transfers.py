# Lengths beyond 14 and 16 bits are lengths like any other.
from usbtest import *

host = start(xfer_cb=show_transfer)
for length in (16383, 16384, 65535, 65536, 70001):
    data = pattern(length)
    usb.submit_xfer(0x81, data)
    print(settled(host.read, 0x81, length) == data)

    room = Guarded(length)
    usb.submit_xfer(0x01, room.view)
    print(settled(host.write, 0x01, data))
    print(room.view == data, room.intact())
