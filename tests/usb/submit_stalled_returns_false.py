# submit_xfer() on a stalled endpoint returns False, whoever stalled it.
from usbtest import *

host = start()
usb.stall(0x81, True)
print(usb.submit_xfer(0x81, b"x"))
usb.stall(0x81, False)
print(usb.submit_xfer(0x81, b"x"))

host.control_out(0x02, 3, 0, 0x01)  # SET_FEATURE(ENDPOINT_HALT)
host.run(1)
print(usb.submit_xfer(0x01, bytearray(4)))
host.clear_halt(0x01)
host.run(1)
print(usb.submit_xfer(0x01, bytearray(4)))
