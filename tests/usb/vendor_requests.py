# Vendor requests reach Python whatever their recipient, unless a built-in driver owns the interface or endpoint.
from usbtest import *

BUILTIN = USBDevice.BUILTIN_DEFAULT
ITF, EP = BUILTIN.itf_max, BUILTIN.ep_max
received = bytearray(64)


def on_control(stage, request):
    if stage == 1:
        print("SETUP", bytes(request).hex())
    if stage == 1 and request[0] & 0x80:
        return b"Python's answer"
    return received if stage == 1 else True


def try_both(recipient, index):
    print(attempt(host.control_in, 0xC0 | recipient, 1, 0x1234, index, 64))
    print(attempt(host.control_out, 0x40 | recipient, 2, 0, index, b"data"))


host = start(
    configuration(interface(ITF, endpoint(EP), endpoint(0x80 | EP)), builtin=BUILTIN),
    builtin=BUILTIN,
    control_xfer_cb=on_control,
)
print("device")
try_both(0, 0)
try_both(0, 0xABCD)
print("interface")
try_both(1, ITF)
print("endpoint")
try_both(2, 0x80 | EP)
print("other")
try_both(3, 0)
print("the built-in driver's")
try_both(1, 0)
try_both(2, 0x82)
