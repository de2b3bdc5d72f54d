# A descriptor is cut to wLength, and never longer than it is.
from usbtest import *

host = start()
DEV, CFG = device(), bytes(PAIR)
for length in (1, 7, 8, 9, 17, 18, 19, 64, 255, 1023, 65535):
    print(
        length,
        host.control_in(0x80, 6, 0x0100, 0, length) == DEV[:length],
        host.control_in(0x80, 6, 0x0200, 0, length) == CFG[:length],
    )
