# A lookup that gives None, KeyError or IndexError falls back to the built-in string, or to a stall if there is none.
from usbtest import *


class Strings:
    def __getitem__(self, index):
        if index == 1:
            raise KeyError
        if index == 2:
            raise IndexError
        if index == 3:
            return None
        if index == 5:
            return "five"
        raise KeyError


def string(index):
    got = attempt(host.control_in, 0x80, 6, 0x0300 | index, 0x0409, 255)
    return text(got) if isinstance(got, bytes) else got


host = start(builtin=USBDevice.BUILTIN_DEFAULT, desc_cfg=configuration(builtin=USBDevice.BUILTIN_DEFAULT))
builtin = [string(index) for index in range(1, 5)]
print(builtin[0])
for strings in (None, [], [None] * 5, {}, {9: "nine"}, Strings()):
    usb.config(device(), USBDevice.BUILTIN_DEFAULT.desc_cfg, strings)
    print([string(index) for index in range(1, 5)] == builtin, string(5), string(9))
usb.config(device(), USBDevice.BUILTIN_DEFAULT.desc_cfg, {1: "mine"})
print(string(1), string(2) == builtin[1])
