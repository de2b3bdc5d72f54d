# SET_INTERFACE, to the present setting too, makes DATA0 the next packet of the interface's endpoints.
from usbtest import *

host = plug()
address = enumerate_again(host)["address"]
usb.submit_xfer(0x81, b"one")
print(host.transaction("IN", address, 1))
host.run(1)
usb.submit_xfer(0x81, b"two")
print(host.transaction("IN", address, 1))
host.run(1)
usb.submit_xfer(0x81, b"three")
print(host.transaction("IN", address, 1))
host.run(1)
host.control_out(0x01, 11, 0, 0)
host.run(1)
usb.submit_xfer(0x81, b"four")
print(host.transaction("IN", address, 1))
