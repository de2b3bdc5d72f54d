# Isochronous endpoints, which live in an alternate setting: one packet a frame, no retry; what does not fit is dropped.
from usbtest import *

CFG = configuration(
    interface(0)
    + interface(0, endpoint(0x01, ISOCHRONOUS, 200, 1), endpoint(0x82, ISOCHRONOUS, 200, 1), alternate=1)
)
counts = []
host = plug(CFG, xfer_cb=lambda endpoint, result, count: counts.append((hex(endpoint), result, count)))
address = enumerate_again(host)["address"]
host.set_interface(0, 1)
host.run(1)
print(usb.submit_xfer(0x82, pattern(150)))
print(settled(host.transaction, "IN", address, 2) == ("DATA0", pattern(150)))

guarded = Guarded(100)
usb.submit_xfer(0x01, guarded.view)
print(settled(host.transaction, "OUT", address, 1, pattern(150)))  # isochronous packets are not acknowledged
print(guarded.view == pattern(100), guarded.intact())
usb.submit_xfer(0x01, guarded.view)
settled(host.transaction, "OUT", address, 1, b"next frame")
print(bytes(guarded.view[:10]))
print(counts)
