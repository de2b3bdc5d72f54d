# Pulling the cable looks like a suspended bus; back in, the host resets and enumerates.
from usbtest import *

host = start(reset_cb=show_reset, xfer_cb=show_transfer)
usb.submit_xfer(0x81, b"lost")
host.unplug()
host.run(1000)
print(attempt(host.read, 0x81, 64), usb.active())
host.plug()
host.run(200)
enumerate_again(host)
print(usb.submit_xfer(0x81, b"again"), settled(host.read, 0x81, 64))
