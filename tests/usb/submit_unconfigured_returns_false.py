# submit_xfer() returns False before the host has configured the device and on an endpoint that is not open.
from usbtest import *

host = plug(xfer_cb=show_transfer)
host.run(200)
print("attached only", usb.submit_xfer(0x81, b"x"), usb.submit_xfer(0x01, bytearray(1)))
enumerate_again(host)
print("not open", usb.submit_xfer(0x82, b"x"), usb.submit_xfer(0x0F, bytearray(1)))
print("configured", usb.submit_xfer(0x81, b"x"))
host.control_out(0x00, 9, 0, 0)  # SET_CONFIGURATION(0)
host.run(1)
print("configured no more", usb.submit_xfer(0x81, b"x"))
host.control_out(0x00, 9, 1, 0)
host.run(1)
print("again", usb.submit_xfer(0x81, b"x"))
