# CLEAR_FEATURE(ENDPOINT_HALT) on an endpoint that is not halted: DATA0 is next, and the transfer stays.
from usbtest import *

host = plug()
address = enumerate_again(host)["address"]
usb.submit_xfer(0x81, b"one")
print(settled(host.read, 0x81, 64))
usb.submit_xfer(0x81, b"two")
host.control_out(0x02, 1, 0, 0x81)
print(host.transaction("IN", address, 1))

buffer = bytearray(64)
usb.submit_xfer(0x01, buffer)
settled(host.write, 0x01, b"one")
usb.submit_xfer(0x01, buffer)
host.control_out(0x02, 1, 0, 0x01)
print(host.transaction("OUT", address, 1, b"two", toggle=0))
host.run(1)
print(bytes(buffer[:3]))
