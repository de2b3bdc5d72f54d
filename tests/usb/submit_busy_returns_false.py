# submit_xfer() on an endpoint that has a transfer already returns False and leaves that one alone.
from usbtest import *

host = start(xfer_cb=show_transfer)
print(usb.submit_xfer(0x81, b"first"), usb.submit_xfer(0x81, b"second"))
print(settled(host.read, 0x81, 64))
print(usb.submit_xfer(0x81, b"third"))
print(settled(host.read, 0x81, 64))

buffer, other = bytearray(8), bytearray(8)
print(usb.submit_xfer(0x01, buffer), usb.submit_xfer(0x01, other))
settled(host.write, 0x01, b"data")
print(bytes(buffer), bytes(other))
print(usb.submit_xfer(0x01, other))
