# The same for an OUT endpoint: the transfer that was waiting gets the data that come after the halt.
from usbtest import *

host = start(xfer_cb=show_transfer)
buffer = bytearray(100)
usb.submit_xfer(0x01, buffer)
print(settled(host.write, 0x01, pattern(64)))
host.control_out(0x02, 3, 0, 0x01)
print(attempt(host.write, 0x01, b"refused"))
host.clear_halt(0x01)
print(settled(host.write, 0x01, b"the rest"))
print(buffer[:64] == pattern(64), bytes(buffer[64:72]))
