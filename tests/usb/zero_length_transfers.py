# An empty transfer is one empty packet, and there is never an empty packet that was not asked for.
from usbtest import *

host = start(xfer_cb=show_transfer)
print(usb.submit_xfer(0x81, b""), settled(host.read, 0x81, 64))
buffer = bytearray(64)
print(usb.submit_xfer(0x01, buffer), settled(host.write, 0x01, b""))

reading = host.submit_read(0x81, 256)
usb.submit_xfer(0x81, pattern(128))
host.run(5)
print("the host knows the end", reading.done())
usb.submit_xfer(0x81, b"")
host.run(5)
print("the host knows the end", reading.done(), reading.wait() == pattern(128))
