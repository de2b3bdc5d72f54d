# A device of Python's beside the built-in serial port, for the tests: one vendor-specific interface, a bulk endpoint each way.
from machine import USBDevice

usb = USBDevice()
builtin = USBDevice.BUILTIN_DEFAULT
INTERFACE = builtin.itf_max
OUT = builtin.ep_max
IN = 0x80 | builtin.ep_max

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((9, 4, INTERFACE, 0, 2, 0xFF, 0, 0, 0))
configuration += bytes((7, 5, OUT, 2, 64, 0, 0, 7, 5, IN, 2, 64, 0, 0))
configuration[2] = len(configuration)
configuration[4] = INTERFACE + 1


def configure(**callbacks):
    usb.active(False)
    usb.builtin_driver = builtin
    usb.config(builtin.desc_dev, configuration, **callbacks)


def start(**callbacks):
    configure(**callbacks)
    usb.active(True)
