# A program of the shape of upstream's smallest example: keywords, strings in a dict of bytes, no control callback, one
# endpoint's callback feeding the other, and a print in each callback.
from usbtest import *

data = bytearray(16)


def on_open(view):
    print("open", list(view[:3]))
    print("queued", usb.submit_xfer(0x01, data))


def on_transfer(endpoint, result, count):
    print("transfer", endpoint, result == 0, count)
    if endpoint == 0x01:
        usb.submit_xfer(0x81, memoryview(data)[:count])
    else:
        usb.submit_xfer(0x01, data)


usb.builtin_driver = usb.BUILTIN_NONE
usb.config(
    desc_dev=device(strings=(1, 2, 3)),
    desc_cfg=PAIR,
    desc_strs={1: b"Maker", 2: b"Thing", 3: b"0001"},
    open_itf_cb=on_open,
    xfer_cb=on_transfer,
)
usb.active(True)
host = connect()
strings = host.enumerate()["strings"]
host.run(5)
print([strings[index] for index in (1, 2, 3)])
for word in (b"hello", b"world"):
    host.write(0x01, word)
    answer = host.read(0x81, 16)
    host.run(5)
    print(answer)
