# A bus reset: transfers in flight never complete, reset_cb runs once, and the endpoints are free for the next round.
from usbtest import *

host = start(reset_cb=show_reset, open_itf_cb=show_open, xfer_cb=show_transfer)
usb.submit_xfer(0x81, b"lost")
usb.submit_xfer(0x01, bytearray(8))
host.reset()
host.run(5)
enumerate_again(host)
print(usb.submit_xfer(0x81, b"new"), settled(host.read, 0x81, 64))
print(usb.submit_xfer(0x01, bytearray(8)), settled(host.write, 0x01, b"12345678"))
