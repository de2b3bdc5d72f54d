# Endpoints that together need more packet memory than the controller has are refused.
from usbtest import *

large = [endpoint(0x81 + i, ISOCHRONOUS, 1023, 1) for i in range(15)]
large += [endpoint(0x01 + i, ISOCHRONOUS, 1023, 1) for i in range(15)]
small = [endpoint(0x81 + i, INTERRUPT, 8, 1) for i in range(15)]
small += [endpoint(0x01 + i, INTERRUPT, 8, 1) for i in range(15)]
print(attempt(usb.config, device(), configuration(interface(0, *small))))
print(attempt(usb.config, device(), configuration(interface(0, *large))))
# Only one setting is open at a time: the largest one counts, not the sum.
settings = b"".join(interface(0, large[0], large[15], alternate=i) for i in range(8))
print(attempt(usb.config, device(), configuration(settings)))
