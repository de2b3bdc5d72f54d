# A suspended host is present: what is submitted waits for it.
from usbtest import *

host = start(xfer_cb=show_transfer)
host.suspend()
host.run(10)
buffer = bytearray(8)
print(usb.submit_xfer(0x81, b"patient"), usb.submit_xfer(0x01, buffer))
host.resume()
print(settled(host.read, 0x81, 64), settled(host.write, 0x01, b"hello"))
print(bytes(buffer))
