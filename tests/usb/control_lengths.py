# Control transfers of every interesting length, both ways, with answers shorter and longer than the host asked for.
from usbtest import *

LENGTHS = (0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 255, 256, 1023, 2048, 4096, 65535)
answer = b""
received = bytearray()


def on_control(stage, request):
    if stage == 1:
        return memoryview(answer) if request[0] & 0x80 else received
    return True


host = start(control_xfer_cb=on_control)
right = True
for length in LENGTHS:
    received = bytearray(length + 3)
    right = right and host.control_out(0x40, 1, 0, 0, pattern(length)) == length
    right = right and received[:length] == pattern(length)
    for answered in LENGTHS:
        if length == 65535 or answered == 65535:
            if min(length, answered) > 64:
                continue
        answer = pattern(answered)
        right = right and host.control_in(0xC0, 1, 0, 0, length) == answer[:length]
        if not right:
            print("wrong", length, answered)
            break
print(right)
