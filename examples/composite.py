# Three functions in one device, beside MicroPython's own serial port: a mouse that draws a square, a serial port that
# sends back what it gets, and a vendor interface that counts the bytes it gets.
#
# Each function that has more than one interface starts with an association descriptor (IAD), which tells the host what
# belongs together. Upstream's firmware loses the second interface of a function that follows another one; here the
# serial port comes first, so that it works there too.

import machine
from machine import USBDevice

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
builtin = usb.builtin_driver

interface, endpoint = builtin.itf_max, builtin.ep_max
COMMAND, DATA, MOUSE, COUNTER = interface, interface + 1, interface + 2, interface + 3
NOTICE_IN = 0x80 | endpoint
DATA_OUT, DATA_IN = endpoint + 1, 0x80 | endpoint + 1
MOUSE_IN = 0x80 | endpoint + 2
COUNTER_OUT, COUNTER_IN = endpoint + 3, 0x80 | endpoint + 3

# 3 buttons, then how far the mouse went to the right and down (-127 to 127).
MOUSE_REPORT = bytes((
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00,  # mouse, pointer
    0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02,  # buttons
    0x95, 0x01, 0x75, 0x05, 0x81, 0x01,  # 5 bits to fill the byte
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06,  # x, y
    0xC0, 0xC0,
))  # fmt: skip
MOUSE_HID = bytes((9, 0x21, 0x11, 0x01, 0, 1, 0x22, len(MOUSE_REPORT), 0))

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    8, 11, COMMAND, 2, 2, 2, 0, 0,  # association: the serial port has two interfaces
    9, 4, COMMAND, 0, 1, 2, 2, 0, 0,
    5, 0x24, 0, 0x20, 0x01, 5, 0x24, 1, 0, DATA, 4, 0x24, 2, 0x02, 5, 0x24, 6, COMMAND, DATA,
    7, 5, NOTICE_IN, 3, 8, 0, 16,
    9, 4, DATA, 0, 2, 10, 0, 0, 0,
    7, 5, DATA_OUT, 2, 64, 0, 0,
    7, 5, DATA_IN, 2, 64, 0, 0,
    8, 11, MOUSE, 1, 3, 0, 0, 0,  # association: one interface; allowed, not required
    9, 4, MOUSE, 0, 1, 3, 0, 0, 0,
))  # fmt: skip
configuration += MOUSE_HID
configuration += bytes((
    7, 5, MOUSE_IN, 3, 3, 0, 8,
    9, 4, COUNTER, 0, 2, 0xFF, 0, 0, 0,
    7, 5, COUNTER_OUT, 2, 64, 0, 0,
    7, 5, COUNTER_IN, 2, 64, 0, 0,
))  # fmt: skip
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 4

line_coding = bytearray(b"\x00\xc2\x01\x00\x00\x00\x08")
serial_buffer = bytearray(64)
counter_buffer = bytearray(64)
counted = 0
SIDES = ((10, 0), (0, 10), (-10, 0), (0, -10))  # right, down, left, up
step = 0


def move():
    global step
    if step < 4 * 10:  # ten steps for each side of the square
        x, y = SIDES[step // 10]
        if usb.submit_xfer(MOUSE_IN, bytes((0, x & 0xFF, y & 0xFF))):
            step += 1


def on_open(descriptors):
    first = descriptors[2]
    if first == COMMAND:
        usb.submit_xfer(DATA_OUT, serial_buffer)
    # Upstream starts the view of a function behind its association, ours at it: byte 2 says the same in both.
    elif first == MOUSE:
        move()
    elif first == COUNTER:
        usb.submit_xfer(COUNTER_OUT, counter_buffer)


def on_reset():
    global step
    step = 0


def on_control(stage, request):
    if stage != 1:
        return True
    kind, what, value, target = request[0], request[1], request[3], request[4]
    if target == COMMAND and kind & 0x60 == 0x20:
        return line_coding if what in (0x20, 0x21) else what in (0x22, 0x23)
    if target == MOUSE:
        if kind == 0x81 and what == 6:
            return {0x21: MOUSE_HID, 0x22: MOUSE_REPORT}.get(value, False)
        return kind == 0x21 and what == 0x0A  # SET_IDLE
    return False


def on_transfer(endpoint, result, count):
    global counted
    if result != 0:
        return
    if endpoint == DATA_OUT:
        usb.submit_xfer(DATA_IN, bytes(serial_buffer[:count]))
    elif endpoint == DATA_IN and count == len(serial_buffer):
        usb.submit_xfer(DATA_IN, b"")  # end of a text whose last packet was full
    elif endpoint == DATA_IN:
        usb.submit_xfer(DATA_OUT, serial_buffer)
    elif endpoint == MOUSE_IN:
        move()
    elif endpoint == COUNTER_OUT:
        counted += count
        usb.submit_xfer(COUNTER_IN, counted.to_bytes(4, "little"))
    elif endpoint == COUNTER_IN:
        usb.submit_xfer(COUNTER_OUT, counter_buffer)


usb.config(builtin.desc_dev, configuration, None, on_open, on_reset, on_control, on_transfer)
usb.active(True)

while True:
    machine.idle()
