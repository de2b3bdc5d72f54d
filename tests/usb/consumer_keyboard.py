# A program of the shape of micropython-lib's usb-device-keyboard: class requests, lights, reports from two buffers.
from usbtest import *
from drivers import KEYBOARD_REPORT, Keyboard
from framework import Device

keyboard = Keyboard()
Device().init(keyboard)
host = connect()
host.enumerate()
host.run(5)
print(host.control_in(0x81, 6, 0x2100, 0, 9).hex())
print(host.control_in(0x81, 6, 0x2200, 0, len(KEYBOARD_REPORT)) == KEYBOARD_REPORT)
print(host.control_in(0x81, 6, 0x2200, 0, 1000) == KEYBOARD_REPORT, host.control_in(0x81, 6, 0x2200, 0, 10).hex())
print("SET_IDLE", host.control_out(0x21, 10, 0x0300, 0), "GET_IDLE", host.control_in(0xA1, 2, 0, 0, 1))
print("SET_PROTOCOL", attempt(host.control_out, 0x21, 11, 0, 0))
print("GET_REPORT", attempt(host.control_in, 0xA1, 1, 0x0100, 0, 8))
print("SET_REPORT", settled(host.control_out, 0x21, 9, 0x0200, 0, b"\x02"), keyboard.lights)
print("SET_REPORT of 5 bytes", attempt(host.control_out, 0x21, 9, 0x0200, 0, b"\x01\x02\x03\x04\x05"), keyboard.lights)

reading = [host.submit_read(0x81, 8) for _ in range(4)]
keyboard.keys(2, 4)
keyboard.keys(0)
keyboard.keys(0, 5, 6)
keyboard.keys(0)
for transfer in reading:
    print(transfer.wait().hex())
