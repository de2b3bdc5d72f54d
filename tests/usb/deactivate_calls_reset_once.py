# active(False) on a configured device: reset_cb once, before it returns, and no xfer_cb for what was in flight.
from usbtest import *

host = start(reset_cb=show_reset, xfer_cb=show_transfer)
usb.submit_xfer(0x81, b"lost")
print("active was", usb.active(False))
host.run(200)
print("active was", usb.active(False))

usb.active(True)
host.run(200)
print("attached, not configured")
usb.active(False)
host.run(200)
print("end")
