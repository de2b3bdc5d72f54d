# SET_CONFIGURATION while configured, to the present value too: transfers in flight never complete, reset_cb, then
# open_itf_cb when the value is not 0.
from usbtest import *

host = start(reset_cb=show_reset, open_itf_cb=show_open, xfer_cb=show_transfer)


def set_configuration(value):
    print("SET_CONFIGURATION", value)
    host.control_out(0x00, 9, value, 0)
    host.run(1)


usb.submit_xfer(0x81, b"lost")
set_configuration(1)
usb.submit_xfer(0x81, b"lost too")
set_configuration(0)
set_configuration(0)
set_configuration(1)
usb.submit_xfer(0x81, b"arrives")
host.clear_halt(0x81)  # the host's data toggle starts anew
print(settled(host.read, 0x81, 64))
