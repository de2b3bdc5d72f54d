# A lookup that raises something else, or gives what is no text, is printed and then falls back like the others.
from usbtest import *

SOURCE = """
class Strings:
    def __getitem__(self, index):
        if index == 0:
            return None
        if index == 5:
            raise RuntimeError("no strings today")
        return 5
"""
exec(compile(SOURCE, "device.py", "exec"))
host = start(desc_strs=Strings())
print(attempt(settled, host.control_in, 0x80, 6, 0x0305, 0x0409, 255))
host.run(1)
usb.config(device(), PAIR, Strings())
print(attempt(settled, host.control_in, 0x80, 6, 0x0306, 0x0409, 255))
host.run(1)
print(attempt(host.control_in, 0x80, 6, 0x0300, 0, 255))
