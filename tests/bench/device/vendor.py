# The benchmarks' device: requests that Python answers, an echo, and transfers of 4 KiB both ways. Nothing in it is for one
# stack: upstream's runs the same file. mode.txt says what the main program does then.

import gc
import machine
from machine import USBDevice

BLOCK = 4096
READ, WRITE, HEAP, RECEIVED = 1, 2, 3, 4

answer = b"0123456789abcdef"
taken = bytearray(16)
echo = bytearray(64)
source = bytes(range(256)) * (BLOCK // 256)
sink = bytearray(BLOCK)
received = 0

builtin = USBDevice.BUILTIN_DEFAULT
INTERFACE = builtin.itf_max
ECHO_OUT = builtin.ep_max
ECHO_IN = 0x80 | ECHO_OUT
BULK_OUT = ECHO_OUT + 1
BULK_IN = 0x80 | BULK_OUT

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    9, 4, INTERFACE, 0, 4, 0xFF, 0, 0, 0,
    7, 5, ECHO_OUT, 2, 64, 0, 0,
    7, 5, ECHO_IN, 2, 64, 0, 0,
    7, 5, BULK_OUT, 2, 64, 0, 0,
    7, 5, BULK_IN, 2, 64, 0, 0,
))  # fmt: skip
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1


def on_open(descriptors):
    usb.submit_xfer(ECHO_OUT, echo)
    usb.submit_xfer(BULK_OUT, sink)
    usb.submit_xfer(BULK_IN, source)


def on_control(stage, request):
    if stage != 1:
        return True
    what = request[1]
    if what == READ:
        return answer
    if what == WRITE:
        return taken
    if what == HEAP:
        gc.collect()
        return (gc.mem_alloc() - before).to_bytes(4, "little")
    if what == RECEIVED:
        return received.to_bytes(4, "little")
    return False


def on_transfer(endpoint, result, count):
    global received
    if endpoint == BULK_IN:
        usb.submit_xfer(BULK_IN, source)
    elif endpoint == BULK_OUT:
        usb.submit_xfer(BULK_OUT, sink)
        received += count
    elif endpoint == ECHO_OUT:
        usb.submit_xfer(ECHO_IN, echo)
    else:
        usb.submit_xfer(ECHO_OUT, echo)


gc.collect()
before = gc.mem_alloc()
usb = USBDevice()
usb.active(False)
usb.builtin_driver = builtin
usb.config(builtin.desc_dev, configuration, {}, on_open, None, on_control, on_transfer)
usb.active(True)

with open("mode.txt") as file:
    mode = file.read()

# What this module has compiled is garbage once it has ended, so its memory is counted while it runs.
while mode == "heap":
    machine.idle()
# Idle: it is the prompt that waits from now on.
