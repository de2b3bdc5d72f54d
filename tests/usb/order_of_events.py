# Callbacks come in the order in which things happened on the bus, however long they had to wait: 30 completions, then
# the reset that came after them.
from usbtest import *

log = []
parts = [endpoint(number, INTERRUPT, 8, 1) for number in range(1, 16)]
parts += [endpoint(0x80 | number, INTERRUPT, 8, 1) for number in range(1, 16)]
host = start(
    configuration(interface(0, *parts)),
    reset_cb=lambda: log.append("reset"),
    xfer_cb=lambda endpoint, result, count: log.append(endpoint),
)
log.clear()
buffers = [bytearray(8) for _ in range(15)]
for number in range(1, 16):
    usb.submit_xfer(number, buffers[number - 1])
    usb.submit_xfer(0x80 | number, b"x")

order = []


def traffic():
    for step in range(15):
        number = 1 + step * 7 % 15
        host.write(number, b"data")
        order.append(number)
        number = 15 - step * 4 % 15
        host.read(0x80 | number, 8)
        order.append(0x80 | number)
    host.reset()
    order.append("reset")
    print(len(log))


held(traffic)
host.run(1)
print(len(log), log == order)
