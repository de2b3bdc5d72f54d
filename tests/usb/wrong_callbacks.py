# Callbacks that cannot be called count as none.
from usbtest import *

host = start(open_itf_cb=1, reset_cb="reset", control_xfer_cb=[], xfer_cb={}, suspend_cb=())
host.suspend()
host.run(10)
host.resume()
print(usb.submit_xfer(0x81, b"fine"), settled(host.read, 0x81, 64))
print(attempt(host.control_in, 0xC0, 1, 0, 0, 1))
