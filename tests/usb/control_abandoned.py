# A SETUP may come at any time: it ends the request before it without a word, and is answered as if that had not been.
from usbtest import *

received = bytearray(200)


def on_control(stage, request):
    print("stage", stage, "request", request[1])
    if stage == 1:
        return pattern(200) if request[0] & 0x80 else received
    return True


def setup(kind, request, length):
    packet = bytes((kind, request, 0, 0, 0, 0)) + word(length)
    print("SETUP", *settled(host.transaction, "SETUP", address, 0, packet))


host = plug(control_xfer_cb=on_control)
address = enumerate_again(host)["address"]
setup(0xC0, 1, 200)
setup(0xC0, 2, 200)
print(len(host.transaction("IN", address, 0)[1]))
setup(0x40, 3, 200)
print(*settled(host.transaction, "OUT", address, 0, bytes(64), toggle=1))
setup(0x40, 4, 0)
setup(0xC0, 5, 200)
print(settled(host.control_in, 0xC0, 6, 0, 0, 200) == pattern(200))
