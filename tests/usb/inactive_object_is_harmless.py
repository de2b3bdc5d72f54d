# After active(False) the device is off the bus; a USBDevice object that is not active answers nothing and breaks
# nothing.
from usbtest import *

print("active(False) on a new object", usb.active(False))
host = start()
print(host.attached())
usb.active(False)
host.run(200)
print(host.attached(), attempt(host.control_in, 0x80, 6, 0x0100, 0, 18))
print(attempt(usb.submit_xfer, 0x81, b""), attempt(usb.stall, 0x81), usb.remote_wakeup())
usb.active(True)
host.run(200)
print(host.attached())
enumerate_again(host)
print(usb.submit_xfer(0x81, b"back"), settled(host.read, 0x81, 64))
