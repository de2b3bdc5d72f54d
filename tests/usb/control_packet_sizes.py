# bMaxPacketSize0 of the device descriptor is what endpoint 0 uses.
from usbtest import *

store = bytearray(300)


def on_control(stage, request):
    return store if stage == 1 else True


def packets(address, length):
    # Reads `length` bytes by hand and shows how long the packets are.
    host.transaction("SETUP", address, 0, bytes((0xC0, 1, 0, 0, 0, 0)) + word(length))
    host.run(1)
    sizes = []
    while sum(sizes) < length:
        sizes.append(len(host.transaction("IN", address, 0)[1]))
        host.run(1)
    host.transaction("OUT", address, 0, b"", toggle=1)
    host.run(1)
    return sizes


host = None
for size in (8, 16, 32, 64):
    usb.active(False)
    usb.config(device(size), PAIR, control_xfer_cb=on_control)
    usb.active(True)
    host = host or connect()
    host.run(300)
    address = enumerate_again(host)["address"]
    print(size, packets(address, 70))
    print(host.control_out(0x40, 1, 0, 0, pattern(300)), host.control_in(0xC0, 1, 0, 0, 300) == pattern(300))
