# A callback that never returns: the host's Ctrl-C on the built-in serial port ends it and the program goes on.
from usbtest import *

BUILTIN = USBDevice.BUILTIN_DEFAULT
EP = BUILTIN.ep_max


def on_transfer(endpoint, result, count):
    print("for ever")
    while True:
        pass


host = start(configuration(interface(2, endpoint(EP)), builtin=BUILTIN), builtin=BUILTIN, xfer_cb=on_transfer)
usb.submit_xfer(EP, bytearray(8))
try:
    host.submit_write(EP, b"go")
    host.submit_write(0x02, b"x" * 150 + b"\x03")
    host.run(100)
    print("never interrupted")
except KeyboardInterrupt:
    print("KeyboardInterrupt reached the program")
print(usb.submit_xfer(EP, bytearray(8)), host.control_in(0x80, 0, 0, 0, 2))
