# examples/isochronous.py: both settings, a host that leaves packets out, and no stream where there is no bandwidth.
from usbtest import *

exec(example("isochronous.py", "while True:")[0])
host = connect()


def choose(setting):
    host.set_interface(STREAM, setting)
    host.run(5)


def numbered(*numbers):
    return b"".join(word(number) + bytes(size - 2) for number in numbers)


def numbers_in(stream):
    return [stream[at] | stream[at + 1] << 8 for at in range(0, len(stream), size)]


for _ in range(2):
    host.enumerate()
    host.run(5)
    print(size, usb.submit_xfer(SOURCE, b""), usb.submit_xfer(SINK, bytearray(8)))
    for setting in (1, 2, 1):
        choose(setting)
        begin = host.frame()
        stream = host.read(SOURCE, 300 * size)
        numbers = numbers_in(stream)
        print(len(stream), numbers == list(range(numbers[0], numbers[0] + 300)), 300 <= host.frame() - begin <= 303)
        host.write(SINK, numbered(*range(100)))
        host.run(5)
        print(received, lost)
        host.write(SINK, numbered(*[number for number in range(100, 200) if number not in (110, 111, 150)]))
        host.write(SINK, numbered(200)[:20])  # a short one, in the middle of a transfer
        host.write(SINK, numbered(201, 202))
        host.run(5)
        print(received, lost)
    choose(0)
    print(size, usb.submit_xfer(SOURCE, b""))
    choose(2)  # and in the middle of a stream
    host.submit_read(SOURCE, 100 * size)
    host.run(20)
    host.unplug()
    host.run(100)
    host.plug()
    host.run(200)
