# SET_CONFIGURATION to the present value resets halts and data toggles, on both sides of the callbacks that tell of it.
from usbtest import *

host = plug(reset_cb=show_reset, open_itf_cb=show_open)
found = enumerate_again(host)
usb.submit_xfer(0x81, b"one")
print(host.transaction("IN", found["address"], 1))
host.run(1)
usb.stall(0x01, True)
print(host.control_in(0x82, 0, 0, 0x01, 2))
host.control_out(0x00, 9, 1, 0)
host.run(1)
print(host.control_in(0x82, 0, 0, 0x01, 2), usb.stall(0x01))
usb.submit_xfer(0x81, b"two")
print(host.transaction("IN", found["address"], 1))
