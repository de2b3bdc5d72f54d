# A program of the shape of upstream's DFU example: blocks of 2048 bytes over the control pipe, both ways, read at ACK.
from usbtest import *

memory = {}
block = bytearray(2048)


def on_control(stage, request):
    length = request[6] | request[7] << 8
    number = request[2] | request[3] << 8
    if request[0] == 0x21 and request[1] == 1:  # DNLOAD
        if stage == 1:
            return memoryview(block)[:length]
        if stage == 3:
            memory[number] = bytes(block[:length])
        return True
    if request[0] == 0xA1 and request[1] == 2:  # UPLOAD
        return memoryview(memory[number])[:length] if stage == 1 else True
    if request[0] == 0xA1 and request[1] == 3:  # GETSTATUS
        return b"\x00\x00\x00\x00\x02\x00" if stage == 1 else True
    return False


host = start(configuration(interface(0, kind=(0xFE, 1, 2))), control_xfer_cb=on_control)
for number, length in enumerate((2048, 2048, 1000, 64, 1)):
    print(host.control_out(0x21, 1, number, 0, pattern(length, number)), host.control_in(0xA1, 3, 0, 0, 6).hex())
for number, length in enumerate((2048, 2048, 1000, 64, 1)):
    print(host.control_in(0xA1, 2, number, 0, 2048) == pattern(length, number))
