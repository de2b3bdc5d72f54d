# A config() that raises changes nothing: the host still sees what was configured before.
from usbtest import *

usb.config(device(product=0x1111), PAIR)
print(attempt(usb.config, device(product=0x2222)[:17], PAIR))
print(attempt(usb.config, device(product=0x2222), PAIR, 5))
usb.active(True)
host = connect()
found = host.enumerate()
print(hex(found["device"][10] | found["device"][11] << 8))
