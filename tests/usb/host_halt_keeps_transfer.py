# SET_FEATURE(ENDPOINT_HALT) from the host stops an endpoint but kills nothing: after CLEAR_FEATURE the transfer goes on
# with DATA0. Python hears of both requests; what it answers does not matter.
from usbtest import *


def on_control(stage, request):
    if stage == 1:
        print("control_xfer_cb", bytes(request[:6]).hex())
    return False


host = plug(control_xfer_cb=on_control, xfer_cb=show_transfer)
address = enumerate_again(host)["address"]
usb.submit_xfer(0x81, b"first")
print(settled(host.read, 0x81, 64))  # the next packet would be DATA1

usb.submit_xfer(0x81, b"kept")
host.control_out(0x02, 3, 0, 0x81)  # SET_FEATURE
print(usb.stall(0x81), host.control_in(0x82, 0, 0, 0x81, 2))  # GET_STATUS
print(attempt(host.read, 0x81, 64), attempt(host.read, 0x81, 64))
host.control_out(0x02, 1, 0, 0x81)  # CLEAR_FEATURE
print(usb.stall(0x81), host.control_in(0x82, 0, 0, 0x81, 2))
print(host.transaction("IN", address, 1))
