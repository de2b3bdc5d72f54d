"""Calls the kernel's test driver usbtest, which is bound to an interface of the device."""

import ctypes
import errno
import os

import system
import usb

DRIVER = "/sys/bus/usb/drivers/usbtest"
PARAMETERS = "/sys/module/usbtest/parameters"


class Parameters(ctypes.Structure):
    _fields_ = [
        ("test", ctypes.c_uint32),
        ("iterations", ctypes.c_uint32),
        ("length", ctypes.c_uint32),
        ("vary", ctypes.c_uint32),
        ("sglen", ctypes.c_uint32),
        ("seconds", ctypes.c_int32),
        ("microseconds", ctypes.c_int32),
    ]


REQUEST = usb.number(100, 3, ctypes.sizeof(Parameters))


def choose(name, alternate, pattern=0):
    """Has the driver take that alternate setting of the device's interface 0, and that pattern of bytes."""
    system.write(f"{PARAMETERS}/alt", alternate)
    system.write(f"{PARAMETERS}/pattern", pattern)
    interface = f"{name}:1.0"
    if os.path.exists(f"{DRIVER}/{interface}"):
        system.write(f"{DRIVER}/unbind", interface)
    system.write(f"{DRIVER}/bind", interface)


def run(node, test, iterations, length, vary, sglen):
    """One case: ("ok", seconds), or ("error", name). EOPNOTSUPP: the device has no endpoint for it."""
    parameters = Parameters(test, iterations, length, vary, sglen)
    with usb.Device(node) as device:
        try:
            device.for_interface(0, REQUEST, parameters)
        except OSError as error:
            return ("error", errno.errorcode[error.errno])
    return ("ok", parameters.seconds + parameters.microseconds / 1e6)
