# Between a bus reset and reset_cb Python cannot know of the reset: submit_xfer() still says True, and that transfer is
# one of those that never complete.
from usbtest import *

host = start(reset_cb=show_reset, xfer_cb=show_transfer)


def reset_and_submit():
    host.reset()
    print("submit", usb.submit_xfer(0x81, b"lost"))
    print("callback next")


held(reset_and_submit)
host.run(1)
print("submit after reset_cb", usb.submit_xfer(0x81, b"early"))
enumerate_again(host)
print("submit when configured", usb.submit_xfer(0x81, b"new"), settled(host.read, 0x81, 64))
