# stall(ep, True) with a transfer in flight: xfer_cb with XFER_STALLED, later, never inside stall().
from usbtest import *

inside = False


def on_transfer(endpoint, result, count):
    show_transfer(endpoint, result, count)
    if inside:
        print("called inside stall()")


def stall(*arguments):
    global inside
    inside = True
    print("stall", usb.stall(*arguments))
    inside = False


host = start(xfer_cb=on_transfer)
for ep, buffer in ((0x81, b"never"), (0x01, bytearray(8))):
    usb.submit_xfer(ep, buffer)
    stall(ep, True)
    host.run(1)
    stall(ep)
    stall(ep, True)  # nothing in flight: nothing to tell
    host.run(1)

print(attempt(host.read, 0x81, 64), attempt(host.write, 0x01, b"data"))
stall(0x81, False)
stall(0x81)
print(usb.submit_xfer(0x81, b"now"))
host.clear_halt(0x81)
print(settled(host.read, 0x81, 64))
