# A transfer that was over before the bus reset is told before reset_cb; one that was not is never told.
from usbtest import *

host = start(reset_cb=show_reset, xfer_cb=show_transfer)
usb.submit_xfer(0x81, b"over")
usb.submit_xfer(0x01, bytearray(8))


def traffic():
    print(host.read(0x81, 64))
    host.reset()
    host.run(20)
    host.reset()


held(traffic)
host.run(1)
