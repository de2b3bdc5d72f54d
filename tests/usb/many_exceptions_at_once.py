# More than two exceptions in one run of the task: two tracebacks, and one line with the count of the others.
from usbtest import *

SOURCE = """
def on_transfer(endpoint, result, count):
    if endpoint == 0x81:
        raise ValueError
    if endpoint == 0x82:
        raise TypeError
    if endpoint == 0x83:
        raise KeyError
    raise IndexError
"""
exec(compile(SOURCE, "device.py", "exec"))

ENDPOINTS = (0x81, 0x82, 0x83, 0x84)
host = start(configuration(interface(0, *[endpoint(ep) for ep in ENDPOINTS])), xfer_cb=on_transfer)
for ep in ENDPOINTS:
    usb.submit_xfer(ep, b"x")


def read_all():
    for ep in ENDPOINTS:
        host.read(ep, 64)


held(read_all)
host.run(1)
print("end")
