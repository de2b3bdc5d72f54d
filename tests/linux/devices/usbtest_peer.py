# The peer of Linux's test driver usbtest: what the kernel's own gadget zero is, made in Python. A source and a sink on
# each kind of endpoint, and a buffer that vendor requests write and read.
#
# usbtest takes alternate setting 0 unless its parameter `alt` names another: 1 adds isochronous endpoints to the bulk
# ones, 2 interrupt endpoints (which the kernel's gadget does not have). Its parameter `pattern` is what the bytes are: 0
# for zeros, 1 for packets that count from 0 modulo 63. The same number has to stand in pattern.txt on the board, if it
# is not 0.

import machine
from machine import USBDevice

try:
    PATTERN = int(open("pattern.txt").read())
except OSError:
    PATTERN = 0

BULK_OUT, BULK_IN = 0x01, 0x81
ISO_OUT, ISO_IN = 0x02, 0x82
INTERRUPT_OUT, INTERRUPT_IN = 0x03, 0x83
BULK = bytes((7, 5, BULK_IN, 2, 64, 0, 0, 7, 5, BULK_OUT, 2, 64, 0, 0))
ISO = bytes((7, 5, ISO_IN, 1, 0, 1, 1, 7, 5, ISO_OUT, 1, 0, 1, 1))  # 256 bytes in each frame
INTERRUPT = bytes((7, 5, INTERRUPT_IN, 3, 64, 0, 1, 7, 5, INTERRUPT_OUT, 3, 64, 0, 1))
SETTINGS = (BULK, BULK + ISO, BULK + INTERRUPT)

# No serial port beside it: usbtest wants interface 0 to be the tested one.
usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_NONE

# 0525:a4a0 is what usbtest takes for gadget zero. USB 2.1, so that it asks for the BOS descriptor too.
device = b"\x12\x01\x10\x02\xff\x00\x00\x40\x25\x05\xa0\xa4\x00\x01\x01\x02\x00\x01"
bos = b"\x05\x0f\x19\x00\x01" b"\x14\x10\x04\x00" + bytes(range(0x10, 0x20))  # one capability: a container ID
configuration = bytearray(b"\x09\x02\x00\x00\x01\x01\x00\xc0\x01")
for alternate, endpoints in enumerate(SETTINGS):
    configuration += bytes((9, 4, 0, alternate, len(endpoints) // 7, 0xFF, 0, 0, 0)) + endpoints
configuration[2:4] = len(configuration).to_bytes(2, "little")

ROOM = 8192  # a transfer: many packets, so that little of the time is Python's


def packets(size):
    """ROOM bytes as the host expects them in packets of that size."""
    packet = bytes(size) if PATTERN == 0 else bytes(i % 63 for i in range(size))
    return memoryview(packet * (ROOM // size))


right = {64: packets(64), 256: packets(256)}
expected = {}  # by endpoint
buffers = {}  # likewise: what is sent, and where it goes
for endpoint in (BULK_IN, BULK_OUT, ISO_IN, ISO_OUT, INTERRUPT_IN, INTERRUPT_OUT):
    expected[endpoint] = right[256 if endpoint & 0x0F == 2 else 64]
    buffers[endpoint] = expected[endpoint] if endpoint & 0x80 else memoryview(bytearray(ROOM))
written = bytearray(4096)


def start(alternate):
    for at in range(2, len(SETTINGS[alternate]), 7):
        endpoint = SETTINGS[alternate][at]
        usb.submit_xfer(endpoint, buffers[endpoint])


def on_open(descriptors):
    start(0)


def on_control(stage, request):
    kind, what, value, index = request[0], request[1], request[2], request[4]
    if stage != 1:
        return True
    if (kind, what) in ((0x40, 0x5B), (0xC0, 0x5C)):  # write the buffer, read it
        length = request[6] | request[7] << 8
        return written if length <= len(written) and not any(request[2:6]) else False
    if (kind, what) == (0x01, 11) and value < len(SETTINGS):  # SET_INTERFACE: every endpoint is open anew
        start(value)
    elif (kind, what) == (0x02, 1) and index in buffers:  # CLEAR_FEATURE(ENDPOINT_HALT)
        usb.submit_xfer(index, buffers[index])  # is refused if the transfer from before goes on
    return False  # counts for neither of these two


def on_transfer(endpoint, result, count):
    if result != 0:
        return
    buffer = buffers[endpoint]
    if endpoint < 0x80 and buffer[:count] != expected[endpoint][:count]:
        complain(endpoint, buffer[:count])
    usb.submit_xfer(endpoint, buffer)


def complain(endpoint, received):
    at = next(i for i in range(len(received)) if received[i] != expected[endpoint][i])
    wanted = expected[endpoint][at]
    print("endpoint %d: byte %d of %d is %d, expected %d" % (endpoint, at, len(received), received[at], wanted))
    if endpoint != ISO_OUT:  # which cannot be stalled
        usb.stall(endpoint, True)  # so that the host hears of it


strings = (None, "usbtest peer", "Source and sink")
usb.config(device, configuration, strings, on_open, None, on_control, on_transfer, desc_bos=bos)
usb.active(True)

while True:
    machine.idle()
