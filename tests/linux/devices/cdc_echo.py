# A serial port (CDC ACM) made in Python beside the built-in one: what the host sends comes back, through a ring of 4 KiB.
# What the host sets is printed, on the built-in port: "coding 115200 0 0 8" and "lines 3" (bit 0: DTR, bit 1: RTS).

import machine
from machine import USBDevice

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
builtin = usb.builtin_driver
COMMAND = builtin.itf_max
DATA = COMMAND + 1
NOTICE_IN = 0x80 | builtin.ep_max
DATA_OUT = builtin.ep_max + 1
DATA_IN = 0x80 | DATA_OUT
PACKET = 64

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    8, 11, COMMAND, 2, 2, 2, 0, 0,
    9, 4, COMMAND, 0, 1, 2, 2, 0, 0,
    5, 0x24, 0, 0x20, 0x01, 5, 0x24, 1, 0, DATA, 4, 0x24, 2, 0x02, 5, 0x24, 6, COMMAND, DATA,
    7, 5, NOTICE_IN, 3, 8, 0, 16,
    9, 4, DATA, 0, 2, 10, 0, 0, 0,
    7, 5, DATA_OUT, 2, PACKET, 0, 0,
    7, 5, DATA_IN, 2, PACKET, 0, 0,
))  # fmt: skip
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 2

line_coding = bytearray(b"\x00\xc2\x01\x00\x00\x00\x08")
ring = memoryview(bytearray(4096))
head = used = 0  # where the next byte goes, and how many wait to be sent
receiving = sending = False


def pump():
    """Keeps both directions busy. The pieces end at the end of the ring, and the transfers with them."""
    global receiving, sending
    room = min(PACKET, len(ring) - head, len(ring) - used)
    if room and not receiving:
        receiving = usb.submit_xfer(DATA_OUT, ring[head : head + room])
    if used and not sending:
        tail = (head - used) % len(ring)
        sending = usb.submit_xfer(DATA_IN, ring[tail : tail + min(used, len(ring) - tail)])


def on_open(descriptors):
    if descriptors[2] == COMMAND:
        pump()


def on_reset():
    global head, used, receiving, sending
    head = used = 0
    receiving = sending = False


def on_control(stage, request):
    what = request[1]
    if request[4] != COMMAND:
        return False
    if stage == 1:
        return line_coding if what in (0x20, 0x21) else what in (0x22, 0x23)
    if stage == 3 and what == 0x20:
        print("coding", int.from_bytes(line_coding[:4], "little"), *line_coding[4:])
    elif stage == 3 and what == 0x22:
        print("lines", request[2])
    return True


def on_transfer(endpoint, result, count):
    global head, used, receiving, sending
    if endpoint == DATA_OUT:
        receiving = False
        head = (head + count) % len(ring)
        used += count
    elif endpoint == DATA_IN:
        sending = False
        used -= count
        if count and count % PACKET == 0 and not used:
            sending = usb.submit_xfer(DATA_IN, b"")  # no short packet yet, and hosts wait for one
    pump()


usb.config(builtin.desc_dev, configuration, None, on_open, on_reset, on_control, on_transfer)
usb.active(True)

while True:
    machine.idle()
