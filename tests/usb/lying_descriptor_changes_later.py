# A bytearray can be made to lie after config(): then the host gets a stall, and nothing from beyond the descriptor.
from usbtest import *

area = bytearray(b"\xee" * 64) + bytearray(PAIR) + bytearray(b"\xee" * 600)
view = memoryview(area)[64 : 64 + len(PAIR)]
usb.builtin_driver = USBDevice.BUILTIN_NONE
usb.config(device(), view)
usb.active(True)
host = connect()
host.enumerate()
host.run(5)
print(host.control_in(0x80, 6, 0x0200, 0, 600) == bytes(PAIR))
view[2:4] = word(500)
got = attempt(settled, host.control_in, 0x80, 6, 0x0200, 0, 600)
print("wTotalLength", got)
view[2:4] = word(len(PAIR))
view[9] = 0
print("bLength", attempt(settled, host.control_out, 0x00, 9, 1, 0))
view[9] = 9
print("mended", attempt(settled, host.control_out, 0x00, 9, 1, 0))
print(host.control_in(0x80, 6, 0x0200, 0, 600) == bytes(PAIR))
