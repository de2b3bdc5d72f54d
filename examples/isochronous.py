# A stream both ways, as sound and pictures travel: a packet in every frame of 1 ms, on time or not at all. The host gets
# packets that are numbered, and what it sends is counted; a packet that is lost stays lost.
#
# Such endpoints reserve part of the bus, so they stand in alternate settings: 0 reserves nothing and is the one that is
# set at first; a host chooses another one while it wants the stream.

import machine
from machine import USBDevice

SIZES = (0, 64, 192)  # bytes in a frame, by alternate setting
FRAMES = 10  # packets in a transfer: as long Python has time for other things

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port
builtin = usb.builtin_driver
STREAM = builtin.itf_max
SINK = builtin.ep_max
SOURCE = 0x80 | SINK

configuration = bytearray(builtin.desc_cfg)
for setting, size in enumerate(SIZES):
    configuration += bytes((9, 4, STREAM, setting, 2 if size else 0, 0xFF, 0, 0, 0))  # interface: vendor-specific
    if size:
        configuration += bytes((7, 5, SINK, 1, size, 0, 1))  # isochronous, every frame
        configuration += bytes((7, 5, SOURCE, 1, size, 0, 1))
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1

size = 0  # of the setting that the host has chosen
number = 0  # of the packet that is made next
received = lost = 0  # packets of the host's
outgoing = [bytearray(), bytearray()]  # the first is on its way, the other is made meanwhile
incoming = bytearray()


def fill(buffer):
    global number
    for at in range(0, len(buffer), size):
        buffer[at] = number & 0xFF
        buffer[at + 1] = number >> 8
        number = (number + 1) & 0xFFFF


def start(setting):
    global size, number, received, lost, outgoing, incoming
    if received:
        print("sink:", received, "packets received,", lost, "lost")
    size = SIZES[setting]
    number = received = lost = 0
    if size:
        outgoing = [bytearray(FRAMES * size), bytearray(FRAMES * size)]
        incoming = bytearray(FRAMES * size)
        fill(outgoing[0])
        usb.submit_xfer(SOURCE, outgoing[0])
        usb.submit_xfer(SINK, incoming)
        fill(outgoing[1])


def on_open(descriptors):
    start(0)


def on_control(stage, request):
    if stage == 1 and (request[0], request[1]) == (0x01, 11) and request[2] < len(SIZES):  # SET_INTERFACE
        start(request[2])  # the endpoints of the new setting are open; what was on its way in the old one is gone
    return False  # counts for other requests: we understand none


def on_transfer(endpoint, result, count):
    global received, lost
    if result != 0:
        return
    if endpoint == SOURCE:
        outgoing.reverse()
        usb.submit_xfer(SOURCE, outgoing[0])
        fill(outgoing[1])
    else:
        for at in range(0, count, size):
            expected = (received + lost) & 0xFFFF
            lost += (incoming[at] | incoming[at + 1] << 8) - expected & 0xFFFF
            received += 1
        usb.submit_xfer(SINK, incoming)


usb.config(builtin.desc_dev, configuration, None, on_open, None, on_control, on_transfer)
usb.active(True)

while True:
    machine.idle()
