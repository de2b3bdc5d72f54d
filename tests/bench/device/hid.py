# The benchmarks' HID device: sends a report, and in xfer_cb the next. What the main program does meanwhile stands in
# mode.txt.

import time
from machine import USBDevice

REPORT_DESCRIPTOR = bytes((
    0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01,  # a vendor's collection
    0x09, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x08, 0x81, 0x02,  # eight bytes
    0xC0,
))  # fmt: skip

builtin = USBDevice.BUILTIN_DEFAULT
INTERFACE = builtin.itf_max
REPORT_IN = 0x80 | builtin.ep_max

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    9, 4, INTERFACE, 0, 1, 3, 0, 0, 0,
    9, 0x21, 0x11, 0x01, 0, 1, 0x22, len(REPORT_DESCRIPTOR), 0,
    7, 5, REPORT_IN, 3, 8, 0, 1,
))  # fmt: skip
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1

report = bytearray(8)
number = 0


def send():
    global number
    report[0] = number
    report[1] = number >> 8
    number += 1
    usb.submit_xfer(REPORT_IN, report)


def on_open(descriptors):
    send()


def on_control(stage, request):
    if stage == 1 and request[0] == 0x81 and request[1] == 6 and request[3] == 0x22:
        return REPORT_DESCRIPTOR
    return stage != 1


def on_transfer(endpoint, result, count):
    send()


usb = USBDevice()
usb.active(False)
usb.builtin_driver = builtin
usb.config(builtin.desc_dev, configuration, {}, on_open, None, on_control, on_transfer)
usb.active(True)

with open("mode.txt") as file:
    mode = file.read()

if mode == "counting":
    count = 0
    while True:
        count += 1
elif mode == "sleeping":
    while True:
        time.sleep_ms(5)
elif mode == "allocating":
    while True:
        [bytearray(100) for _ in range(10)]
# Idle: it is the prompt that waits from now on.
