# The three stages of control_xfer_cb for each shape of request, with the same request in each.
from usbtest import *

data = bytearray(8)


def on_control(stage, request):
    print("stage", stage, bytes(request).hex())
    if stage == 1 and request[6]:
        return data
    return True


host = start(control_xfer_cb=on_control)
print("OUT without data")
print(settled(host.control_out, 0x40, 1, 2, 3))
print("OUT")
print(settled(host.control_out, 0x40, 4, 5, 6, b"abcdefgh"), bytes(data))
print("IN")
print(settled(host.control_in, 0xC0, 7, 8, 9, 8))
