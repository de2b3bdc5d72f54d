# A program of the shape of micropython-lib's usb-device-cdc: line coding, DTR, both directions with unaligned slices.
from usbtest import *
from drivers import Serial
from framework import Device

serial = Serial()
Device().init(serial, builtin=True, product="Serial port")
host = connect()
host.enumerate()
host.run(5)
print(serial.opened, text(host.control_in(0x80, 6, 0x0305, 0x0409, 255)))
print(host.control_out(0x21, 0x20, 0, 2, b"\x00\xc2\x01\x00\x00\x00\x08"), serial.line_coding.hex())
print(host.control_in(0xA1, 0x21, 0, 2, 7).hex())
host.control_out(0x21, 0x22, 1, 2)
host.run(1)
print("DTR", serial.dtr)

OUT, IN = 0x04, 0x84
for piece in (b"a", b"bcd", b"efgh"):  # the slices begin at 0, 1 and 4
    host.write(OUT, piece)
    host.run(1)
print(serial.read())
sent = pattern(1000)
received = b""
for at in range(0, 1000, 37):
    host.write(OUT, sent[at : at + 37])
    host.run(1)
    received += serial.read()
print(received == sent)

received = b""
at = 0
while len(received) < 1000:
    if at < 1000:
        at += serial.write(sent[at : at + 61])
    received += host.read(IN, 512)
print(received == sent)
