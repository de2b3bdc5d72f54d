# open_itf_cb: once for each function, from its association (if it has one) to its last descriptor, alternate settings
# included, the next function's association excluded; endpoints are open; every interface is served by Python.
from usbtest import *

serial = (
    association(0, 2, kind=(2, 2, 0))
    + interface(0, endpoint(0x81, INTERRUPT, 8, 16), kind=(2, 2, 0), extra=b"\x05\x24\x00\x20\x01")
    + interface(1, endpoint(0x02), endpoint(0x82), kind=(10, 0, 0))
)
plain = interface(2, endpoint(0x83, INTERRUPT, 8, 8), kind=(3, 0, 0))
audio = association(3, 2) + interface(3) + interface(4) + interface(4, endpoint(0x04), alternate=1)
no_endpoints = interface(5, kind=(1, 1, 0))
functions = [serial, plain, audio, no_endpoints]


def on_open(view):
    function = functions.index(bytes(view))
    submitted = {0: 0x82, 1: 0x83}.get(function)
    print("function", function, "first interface", view[2], submitted and usb.submit_xfer(submitted, b"ready"))


def on_control(stage, request):
    if stage == 1:
        print("class request to interface", request[4])
    return b"answer"


host = plug(configuration(*functions), open_itf_cb=on_open, control_xfer_cb=on_control)
enumerate_again(host)
print(settled(host.read, 0x82, 64), settled(host.read, 0x83, 8))
for number in range(6):
    print(host.control_in(0xA1, 1, 0, number, 64))
