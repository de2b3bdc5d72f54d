# A second serial port (CDC ACM), made in Python: what the host sends comes back.
#
# On a Linux host MicroPython's own port is /dev/ttyACM0 and this one /dev/ttyACM1.

import machine
from machine import USBDevice

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port
builtin = usb.builtin_driver
COMMAND = builtin.itf_max  # a serial port is two interfaces: one for commands,
DATA = COMMAND + 1  # one for the bytes
NOTICE_IN = 0x80 | builtin.ep_max  # never used by us, but hosts expect it
DATA_OUT = builtin.ep_max + 1
DATA_IN = 0x80 | DATA_OUT

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    8, 11, COMMAND, 2, 2, 2, 0, 0,  # association: the next two interfaces are one function
    9, 4, COMMAND, 0, 1, 2, 2, 0, 0,  # interface: communication, abstract control model
    5, 0x24, 0, 0x20, 0x01,  # CDC version 1.20
    5, 0x24, 1, 0, DATA,  # calls are not managed
    4, 0x24, 2, 0x02,  # line coding and line state requests are understood
    5, 0x24, 6, COMMAND, DATA,  # which interfaces belong together
    7, 5, NOTICE_IN, 3, 8, 0, 16,  # interrupt endpoint
    9, 4, DATA, 0, 2, 10, 0, 0, 0,  # interface: data
    7, 5, DATA_OUT, 2, 64, 0, 0,  # bulk endpoints, 64 bytes a packet
    7, 5, DATA_IN, 2, 64, 0, 0,
))  # fmt: skip
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 2

line_coding = bytearray(b"\x00\xc2\x01\x00\x00\x00\x08")  # 115200 baud, 1 stop bit, no parity, 8 data bits
buffer = bytearray(64)


def on_open(descriptors):
    if descriptors[2] == COMMAND:  # byte 2 is the first interface number, of an association too
        usb.submit_xfer(DATA_OUT, buffer)  # ready for the first bytes


def on_control(stage, request):
    if stage != 1:
        return True  # we decide when a request arrives (SETUP) and have nothing to add to its later stages
    kind, what = request[0], request[1]
    if request[4] == COMMAND:
        if what in (0x20, 0x21):  # SET_LINE_CODING writes into the buffer, GET_LINE_CODING reads it
            return line_coding
        if kind == 0x21 and what in (0x22, 0x23):  # SET_CONTROL_LINE_STATE, SEND_BREAK
            return True
    return False


def on_transfer(endpoint, result, count):
    if result != 0:
        return
    if endpoint == DATA_OUT and count:
        usb.submit_xfer(DATA_IN, memoryview(buffer)[:count])
    elif endpoint == DATA_IN and count == len(buffer):
        usb.submit_xfer(DATA_IN, b"")  # a full packet promises more; an empty one says that this was all
    else:
        usb.submit_xfer(DATA_OUT, buffer)


usb.config(builtin.desc_dev, configuration, None, on_open, None, on_control, on_transfer)
usb.active(True)

while True:
    machine.idle()  # all the work is done in the callbacks
