# A device of no class: programs on the host talk to it with libusb, WebUSB or WinUSB.
#
# - a bulk echo: what the host writes to the OUT endpoint it can read from the IN endpoint;
# - vendor request 1, OUT: sets a key of up to 4 bytes, with which the echo is XORed (nothing at the start);
# - vendor request 2, IN: how many bytes have been echoed, as 4 bytes.
#
# Upstream's firmware does not hand vendor requests to Python (MicroPython issue 17048): there only the echo works.

import machine
from machine import USBDevice

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port
builtin = usb.builtin_driver
INTERFACE = builtin.itf_max
ECHO_OUT = builtin.ep_max
ECHO_IN = 0x80 | ECHO_OUT
NAME = builtin.str_max  # string number: the first one that is free

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    9, 4, INTERFACE, 0, 2, 0xFF, 0, 0, NAME,  # interface: vendor-specific
    7, 5, ECHO_OUT, 2, 64, 0, 0,
    7, 5, ECHO_IN, 2, 64, 0, 0,
))  # fmt: skip
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1

buffer = bytearray(64)
new_key = bytearray(4)
key = b"\x00"
echoed = 0


def on_open(descriptors):
    usb.submit_xfer(ECHO_OUT, buffer)


def on_control(stage, request):
    global key
    kind, what, length = request[0], request[1], request[6] | request[7] << 8
    if (kind, what) == (0x40, 1) and 1 <= length <= len(new_key):
        if stage == 1:  # SETUP: offer a buffer for the data
            return new_key
        if stage == 3:  # ACK: the host is satisfied too; only now does the key count
            key = bytes(new_key[:length])
        return True
    if (kind, what) == (0xC0, 2):
        return echoed.to_bytes(4, "little") if stage == 1 else True
    return False  # STALL: "I do not understand"


def on_transfer(endpoint, result, count):
    global echoed
    if result != 0:
        return
    if endpoint == ECHO_OUT:
        for i in range(count):
            buffer[i] ^= key[i % len(key)]
        usb.submit_xfer(ECHO_IN, memoryview(buffer)[:count])
    else:
        echoed += count
        usb.submit_xfer(ECHO_OUT, buffer)


usb.config(builtin.desc_dev, configuration, {NAME: "Echo"}, on_open, None, on_control, on_transfer)
usb.active(True)

while True:
    machine.idle()
