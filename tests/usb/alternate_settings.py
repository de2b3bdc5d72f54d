# Alternate settings: SET_INTERFACE closes the old one's endpoints and opens the new one's before Python hears of it.
from usbtest import *

CFG = configuration(
    interface(0)
    + interface(0, endpoint(0x01), endpoint(0x81), alternate=1)
    + interface(0, endpoint(0x82, INTERRUPT, 8, 1), alternate=2)
)


def on_open(view):
    print("open_itf_cb", len(view), [usb.submit_xfer(ep, b"") for ep in (0x81, 0x82)])


def on_control(stage, request):
    if stage == 1 and request[1] == 11:
        print("SET_INTERFACE", request[2], [usb.submit_xfer(ep, b"from the callback") for ep in (0x81, 0x82)])
    return False  # must not matter


def get_interface():
    return host.control_in(0x81, 10, 0, 0, 1)


def set_interface(alternate):
    host.set_interface(0, alternate)
    host.run(1)


host = plug(CFG, open_itf_cb=on_open, control_xfer_cb=on_control, xfer_cb=lambda *event: print("xfer_cb", *event))
enumerate_again(host)
print(get_interface())
set_interface(1)
print(get_interface(), settled(host.read, 0x81, 64))
print(usb.submit_xfer(0x81, b"dropped"), usb.submit_xfer(0x01, bytearray(8)))
set_interface(2)
print(get_interface(), usb.submit_xfer(0x01, bytearray(8)))
print(settled(host.read, 0x82, 64))
set_interface(0)
print(get_interface(), usb.submit_xfer(0x82, b""))

usb.config(device(), CFG)
print("no such setting", attempt(host.control_out, 0x01, 11, 3, 0), get_interface())
print("no such interface", attempt(host.control_out, 0x01, 11, 0, 1), attempt(host.control_in, 0x81, 10, 0, 1, 1))
