# The views that callbacks get are valid only during the call: kept longer they show nothing, and do no harm.
import gc
from usbtest import *

kept = []


def on_open(view):
    kept.append(view)


def on_control(stage, request):
    kept.append(request)
    return False


host = start(open_itf_cb=on_open, control_xfer_cb=on_control)
attempt(host.control_in, 0xC0, 1, 0, 0, 8)
usb.config(device(), PAIR)
host.run(1)
gc.collect()
litter = [bytearray(40) for _ in range(100)]
for view in kept:
    print(len(view), bytes(view))
