# A mouse: draws a circle and clicks in the middle of it, once each time it is plugged in.

import machine
import math
from machine import USBDevice

RADIUS = 100
STEPS = 100  # movements for the circle, one every 8 ms
LEFT, RIGHT, MIDDLE = 1, 2, 4  # buttons

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port beside the mouse
builtin = usb.builtin_driver
MOUSE = builtin.itf_max  # our interface: the first number that the serial port leaves free
REPORT_IN = 0x80 | builtin.ep_max

# What a report is made of: 3 buttons (a bit each), how far the mouse went to the right and down, and how far the wheel
# was turned (a byte each, -127 to 127). The first three bytes are those of the "boot mouse".
REPORT_DESCRIPTOR = bytes((
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01,  # generic desktop page, mouse: collection
    0x09, 0x01, 0xA1, 0x00,  # pointer: collection
    0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x03, 0x81, 0x02,  # buttons
    0x75, 0x05, 0x95, 0x01, 0x81, 0x01,  # 5 bits to fill the byte
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38,  # x, y, wheel
    0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06,  # each a byte with a sign: a distance, not a place
    0xC0, 0xC0,  # end of both collections
))  # fmt: skip
HID_DESCRIPTOR = bytes((9, 0x21, 0x11, 0x01, 0, 1, 0x22, len(REPORT_DESCRIPTOR), 0))

configuration = bytearray(builtin.desc_cfg)  # must begin with the built-in part
configuration += bytes((9, 4, MOUSE, 0, 1, 3, 1, 2, 0))  # interface: HID (3), boot (1), mouse (2)
configuration += HID_DESCRIPTOR
configuration += bytes((7, 5, REPORT_IN, 3, 4, 0, 8))  # interrupt endpoint, 4 bytes, asked every 8 ms
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1

plugged = 0  # how many times a host has accepted us
sending = False  # a report waits for the host to fetch it


def on_open(descriptors):
    global plugged
    plugged += 1


def on_reset():
    global sending
    sending = False  # what was on its way will never arrive


def on_sent(endpoint, result, count):
    global sending
    sending = False


def on_control(stage, request):
    if stage != 1:
        return True  # we decide when a request arrives (SETUP) and have nothing to add to its later stages
    kind, what, value = request[0], request[1], request[3]
    if request[4] != MOUSE:
        return False  # not for us
    if kind == 0x81 and what == 6:  # GET_DESCRIPTOR of the interface
        return {0x21: HID_DESCRIPTOR, 0x22: REPORT_DESCRIPTOR}.get(value, False)
    return kind == 0x21 and what in (0x0A, 0x0B)  # SET_IDLE, SET_PROTOCOL: fine, we change nothing


def move(x, y, buttons=0):
    global sending
    sending = usb.submit_xfer(REPORT_IN, bytes((buttons, x & 0xFF, y & 0xFF, 0)))
    while sending:  # for as long as the host does not ask
        machine.idle()


def draw():
    was_x, was_y = RADIUS, 0
    move(was_x, was_y)
    for step in range(1, STEPS + 1):
        angle = 2 * math.pi * step / STEPS
        x, y = round(RADIUS * math.cos(angle)), round(RADIUS * math.sin(angle))
        move(x - was_x, y - was_y)
        was_x, was_y = x, y
    move(-was_x, -was_y)
    move(0, 0, LEFT)
    move(0, 0)


usb.config(builtin.desc_dev, configuration, None, on_open, on_reset, on_control, on_sent)
usb.active(True)

drawn = 0
while True:
    if drawn != plugged:
        drawn = plugged
        draw()
    machine.idle()
