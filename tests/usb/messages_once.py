# What goes wrong again and again is said once for each configuration: a host cannot flood the console.
from usbtest import *

SOURCE = """
def on_control(stage, request):
    raise ValueError("refused")
"""
exec(compile(SOURCE, "device.py", "exec"))


def knock(times):
    for _ in range(times):
        attempt(host.control_in, 0xC0, 1, 0, 0, 8)
    host.run(1)


host = start(control_xfer_cb=on_control)
knock(100)
print("again")
knock(100)
print("a new configuration")
usb.config(device(), PAIR, control_xfer_cb=on_control)
knock(100)
