# Isochronous endpoints, which live in an alternate setting: one packet a frame, no retry; what does not fit is dropped.
from usbtest import *

CFG = configuration(
    interface(0)
    + interface(0, endpoint(0x01, ISOCHRONOUS, 200, 1), endpoint(0x82, ISOCHRONOUS, 200, 1), alternate=1)
)
counts = []
host = start(CFG, xfer_cb=lambda endpoint, result, count: counts.append((hex(endpoint), result, count)))
host.set_interface(0, 1)
host.run(1)
usb.submit_xfer(0x82, pattern(150))
print(settled(host.read, 0x82, 200) == pattern(150))

guarded = Guarded(100)
usb.submit_xfer(0x01, guarded.view)
settled(host.write, 0x01, pattern(150))
print(guarded.view == pattern(100), guarded.intact())
usb.submit_xfer(0x01, guarded.view)
settled(host.write, 0x01, b"next frame")
print(bytes(guarded.view[:10]))
print(counts)
