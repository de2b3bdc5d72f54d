# config(): which arguments it takes, in which form, and what it refuses.
from usbtest import *

DEV, CFG = device(), PAIR
print("two", attempt(usb.config, DEV, CFG))
print("seven positional", attempt(usb.config, DEV, CFG, ["", None], None, None, None, None))
print(
    "keywords",
    attempt(
        usb.config,
        desc_dev=DEV,
        desc_cfg=CFG,
        desc_strs={1: b"one"},
        open_itf_cb=None,
        reset_cb=None,
        control_xfer_cb=None,
        xfer_cb=None,
    ),
)
print("our own", attempt(usb.config, DEV, CFG, desc_bos=None, suspend_cb=None))
print("bytes and bytearray", attempt(usb.config, bytearray(DEV), bytes(CFG)))
print("memoryview", attempt(usb.config, memoryview(DEV), memoryview(CFG)))

print("none", attempt(usb.config))
print("one", attempt(usb.config, DEV))
print("eight positional", attempt(usb.config, DEV, CFG, None, None, None, None, None, None))
print("unknown keyword", attempt(usb.config, DEV, CFG, speed=1))

for arguments in ((None, CFG), (DEV, 5), (DEV, None), (DEV, CFG, 5)):
    try:
        usb.config(*arguments)
        print("accepted")
    except ValueError as error:
        print("ValueError", error)
