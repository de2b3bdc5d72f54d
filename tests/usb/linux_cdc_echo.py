# tests/linux/devices/cdc_echo.py: a lot of bytes through its ring, with a host that writes faster than it reads.
from usbtest import *

exec(program("tests/linux/devices/cdc_echo.py", "while True:")[0])
host = connect()


def open_port(lines):
    host.control_out(0x21, 0x20, 0, COMMAND, b"\x80\x25\x00\x00\x02\x01\x07")
    settled(host.control_out, 0x21, 0x22, lines, COMMAND)


def echo(*lengths):
    """Writes everything at once, reads it in pieces of another size."""
    sent = b"".join(pattern(length, length & 0xFF) for length in lengths)
    writing = [host.submit_write(DATA_OUT, pattern(length, length & 0xFF)) for length in lengths]
    received = bytearray()
    while len(received) < len(sent):
        received += host.read(DATA_IN, 128)
        host.run(1)
    print(len(received), received == sent, [transfer.wait() for transfer in writing] == list(lengths))


for _ in range(2):  # plugged in, and again
    host.enumerate()
    host.run(5)
    open_port(3)
    for length in (1, 63, 64, 65, 128, 4095, 4096, 4097):
        echo(length)
    echo(*range(1, 200))
    open_port(0)
    print(attempt(host.write, DATA_OUT, bytes(20000), timeout_ms=200))  # nobody reads: 4 KiB fit
    print(used)
