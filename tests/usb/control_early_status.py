# A host may end a control read early with its status packet, also while the device has more to send. Windows does.
from usbtest import *

host = plug()
address = enumerate_again(host)["address"]
SETUP = bytes((0x80, 6, 0, 1, 0, 0)) + word(64)
for _ in range(3):
    print(host.transaction("SETUP", address, 0, SETUP))
    print(host.transaction("OUT", address, 0, b"", toggle=1))
print(host.control_in(0x80, 6, 0x0100, 0, 18) == device())
