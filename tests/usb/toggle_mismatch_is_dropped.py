# A packet that the host sends twice, because our ACK was lost, is acknowledged and delivered once.
from usbtest import *

host = plug(xfer_cb=lambda endpoint, result, count: print("count", count))
address = enumerate_again(host)["address"]
buffer = bytearray(64)
usb.submit_xfer(0x01, buffer)
print(settled(host.transaction, "OUT", address, 1, b"once", toggle=0))
usb.submit_xfer(0x01, buffer)
print(settled(host.transaction, "OUT", address, 1, b"once", toggle=0))
print(settled(host.transaction, "OUT", address, 1, b"then", toggle=1))
print("other address", host.transaction("IN", address + 1, 1))
print("closed endpoint", host.transaction("IN", address, 5))
