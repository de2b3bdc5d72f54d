# A packet that is larger than the rest of the buffer: the bytes that fit are delivered, the others start the next
# transfer, which ends where that packet was short. No byte outside the buffer changes.
from usbtest import *

inside = False
counts = []


def on_transfer(endpoint, result, count):
    counts.append(("inside submit_xfer!", count) if inside else count)


def receive(length):
    """Submits a buffer and returns what arrived in it."""
    global inside
    guarded = Guarded(length)
    inside = True
    queued = usb.submit_xfer(0x01, guarded.view)
    inside = False
    host.run(5)
    if not queued or not guarded.intact():
        print("wrong", queued, guarded.intact())
    return bytes(guarded.view[: counts[-1]])


host = start(xfer_cb=on_transfer)
sent = pattern(250)

writing = host.submit_write(0x01, sent[:40])
print([receive(16) == sent[:16], receive(16) == sent[16:32], receive(16) == sent[32:40]], counts, writing.wait())

counts.clear()
writing = host.submit_write(0x01, sent[:150])  # packets of 64, 64 and 22 bytes
print([receive(100) == sent[:100], receive(100) == sent[100:150]], counts, writing.wait())

counts.clear()
writing = host.submit_write(0x01, sent[:64])
pieces = [receive(1) for _ in range(64)]
print(b"".join(pieces) == sent[:64], sum(counts), len(counts))

counts.clear()
writing = host.submit_write(0x01, b"exact")
print(receive(5), counts, writing.wait())
writing = host.submit_write(0x01, b"next")
print(receive(64), counts)
