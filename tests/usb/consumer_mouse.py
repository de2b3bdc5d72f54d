# A program of the shape of micropython-lib's usb-device-mouse: one report buffer, filled when the host has fetched it.
import struct
from usbtest import *
from drivers import MOUSE_REPORT, Mouse
from framework import Device

mouse = Mouse()
Device().init(mouse)
host = connect()
host.enumerate()
host.run(5)
print(host.control_in(0x81, 6, 0x2200, 0, 255) == MOUSE_REPORT)
reading = [host.submit_read(0x81, 8) for _ in range(10)]
for step in range(10):
    mouse.move(step, -step, step & 1)
print([struct.unpack("Bbb", transfer.wait()) for transfer in reading])
