# Descriptors, strings and control answers that are resized between one packet and the next.
from usbtest import *

answer = bytearray(300)
cfg = bytearray(configuration(interface(0, endpoint(0x01), endpoint(0x81), extra=bytes((200, 0x24)) + bytes(198))))
strings = {1: bytearray(b"x" * 100)}
host = plug(cfg, desc_strs=strings, control_xfer_cb=lambda stage, request: answer if stage == 1 else True)
address = enumerate_again(host)["address"]


def begin(kind, request, value, length):
    host.transaction("SETUP", address, 0, bytes((kind, request)) + word(value) + b"\x00\x00" + word(length))
    host.run(1)
    return host.transaction("IN", address, 0)


def go_on():
    host.run(1)
    litter = [bytearray(b"\xee" * 300) for _ in range(30)]
    for _ in range(6):
        # One packet that was ready before may still come.
        reply = host.transaction("IN", address, 0)
        host.run(1)
        if len(reply) > 1 and b"\xee\xee" in reply[1]:
            return "leaked"
    return reply[0]


print(len(begin(0xC0, 1, 0, 300)[1]))
answer.extend(bytes(5000))
print("control answer:", go_on() in ("STALL", "NAK"))

answer = bytearray(300)
print(host.control_in(0xC0, 1, 0, 0, 300) == answer)

print(len(begin(0x80, 6, 0x0200, 255)[1]))
cfg.extend(bytes(5000))
print("configuration:", go_on() != "leaked")
print(host.control_in(0x80, 6, 0x0200, 0, 1000) == bytes(cfg[: cfg[2] | cfg[3] << 8]))

print(len(begin(0x80, 6, 0x0301, 255)[1]))
strings[1].extend(bytes(5000))
print("string:", go_on() != "leaked")

filled = bytearray(300)
answer = filled
host.transaction("SETUP", address, 0, bytes((0x40, 1, 0, 0, 0, 0)) + word(300))
host.run(1)
print(host.transaction("OUT", address, 0, bytes(64), toggle=1))
host.run(1)
filled.extend(bytes(5000))
fence = [bytearray(b"\xee" * 300) for _ in range(30)]
host.transaction("OUT", address, 0, bytes(64), toggle=0)
host.run(1)
host.transaction("OUT", address, 0, bytes(64), toggle=1)
host.run(1)
print("control OUT:", all(piece == b"\xee" * 300 for piece in fence))
