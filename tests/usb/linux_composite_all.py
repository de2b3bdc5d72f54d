# tests/linux/devices/composite_all.py: every function does its work beside the others and the built-in serial port.
from usbtest import *

exec(program("tests/linux/devices/composite_all.py", "while True:")[0])
host = connect()
for _ in range(2):
    found = host.enumerate()
    host.run(5)
    whole = found["configuration"]
    associations, at = [], 0
    while at < len(whole):
        if whole[at + 1] == 11:
            associations.append(tuple(whole[at + 2 : at + 6]))
        at += whole[at]
    print(whole[4], associations)
    print(host.control_in(0xA1, 0x21, 0, 0, 7).hex(), host.control_in(0xA1, 0x21, 0, 2, 7).hex())
    for length in (5, 64, 200):
        host.submit_write(0x04, pattern(length))
        received = b""
        while len(received) < length:
            received += host.read(0x84, 512)
            host.run(1)
        print(length, received == pattern(length))
    host.write(0x06, b"\x09\x90\x3c\x7f\x08\x80\x3c\x00")
    print(host.read(0x86, 64).hex())
    reading = [host.submit_read(0x85, 8) for _ in range(6)]
    keyboard.type(3)
    print([transfer.wait()[2] for transfer in reading])
    settled(host.control_out, 0x21, 9, 0x0200, 4, b"\x04")
