# A buffer that the program has forgotten stays alive until its transfer is over, also when it was submitted in xfer_cb.
import gc
from usbtest import *

counts = []
rounds = 0


def litter():
    gc.collect()
    for i in range(200):
        bytearray(300)[:] = b"\xaa" * 300


def on_transfer(endpoint, result, count):
    global rounds
    counts.append(count)
    if endpoint == 0x81 and rounds < 5:
        rounds += 1
        usb.submit_xfer(0x81, pattern(300, rounds))
        litter()


host = start(xfer_cb=on_transfer)
usb.submit_xfer(0x81, pattern(300, 0))
right = True
for seed in range(6):
    litter()
    right = right and settled(host.read, 0x81, 300) == pattern(300, seed)
print(right, counts)

usb.submit_xfer(0x01, bytearray(300))
litter()
fence = [bytearray(b"\x55" * 300) for _ in range(50)]
settled(host.write, 0x01, pattern(299))
print(all(piece == b"\x55" * 300 for piece in fence), counts[-1])
