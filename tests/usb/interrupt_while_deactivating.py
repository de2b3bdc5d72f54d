# A KeyboardInterrupt during the 50 ms for which the device is off the bus breaks nothing: USB goes on.
import os
from usbtest import *

host = start(xfer_cb=show_transfer)
for _ in range(3):
    try:
        os.system("(sleep 0.05; kill -INT $PPID) &")
        while True:
            usb.active(False)
            host.run(100)
            usb.active(True)
            host.run(100)
    except KeyboardInterrupt:
        print("interrupted")
    usb.active(False)
    host.run(200)
    usb.active(True)
    host.run(200)
    enumerate_again(host)
    print(usb.submit_xfer(0x81, b"fine"), settled(host.read, 0x81, 64))
