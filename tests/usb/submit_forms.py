# Buffers of many kinds, alignments and lengths, in and out.
from array import array
from usbtest import *

counts = {}


def on_transfer(endpoint, result, count):
    counts[endpoint] = count


host = start(xfer_cb=on_transfer)
data = pattern(300)

for buffer in (b"bytes", bytearray(b"bytearray"), memoryview(b"a slice of it")[2:7], "text", array("H", (1, 2))):
    print(usb.submit_xfer(0x81, buffer), settled(host.read, 0x81, 64))

right = True
for offset in range(4):
    for length in (1, 63, 64, 65, 127, 128, 129, 200):
        usb.submit_xfer(0x81, memoryview(data)[offset : offset + length])
        right = right and settled(host.read, 0x81, length) == data[offset : offset + length]
        right = right and counts[0x81] == length

        room = Guarded(length + offset)
        usb.submit_xfer(0x01, room.view[offset:])
        settled(host.write, 0x01, data[:length])
        right = right and counts[0x01] == length and room.view[offset:] == data[:length] and room.intact()
print(right)
