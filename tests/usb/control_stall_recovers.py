# A refused request stalls until the next SETUP, which is always taken.
from usbtest import *

host = plug(control_xfer_cb=lambda stage, request: b"yes" if request[1] == 1 else False)
address = enumerate_again(host)["address"]
print(attempt(host.control_in, 0xC0, 2, 0, 0, 4), attempt(host.control_out, 0x40, 2, 0, 0, b"1234"))
print(attempt(host.control_out, 0x40, 2, 0, 0))
print(host.control_in(0xC0, 1, 0, 0, 4))
host.transaction("SETUP", address, 0, bytes((0xC0, 2, 0, 0, 0, 0, 4, 0)))
host.run(1)
print(host.transaction("IN", address, 0), host.transaction("OUT", address, 0, b"", toggle=1))
print(host.transaction("IN", address, 0))
print(host.control_in(0xC0, 1, 0, 0, 4))
