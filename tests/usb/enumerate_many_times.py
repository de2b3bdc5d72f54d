# Reset and enumeration, 150 times in a row: the count that USB's own command verifier uses (test 9.16).
from usbtest import *

resets = opens = 0


def on_reset():
    global resets
    resets += 1


def on_open(view):
    global opens
    opens += 1


host = plug(reset_cb=on_reset, open_itf_cb=on_open)
for _ in range(150):
    host.enumerate()
    host.run(2)
print(opens, resets >= 150)
print(usb.submit_xfer(0x81, b"still here"), settled(host.read, 0x81, 64))
