# examples/serial_echo.py, with a host that opens the port and sends text.
from usbtest import *

exec(example("serial_echo.py", "while True:")[0])
host = connect()
host.enumerate()
host.run(5)
host.control_out(0x21, 0x20, 0, COMMAND, b"\x80\x25\x00\x00\x00\x00\x08")
host.control_out(0x21, 0x22, 3, COMMAND)
print(host.control_in(0xA1, 0x21, 0, COMMAND, 7).hex())
for length in (1, 5, 63, 64, 65, 128, 300):
    sent = pattern(length)
    writing = host.submit_write(DATA_OUT, sent)
    received = b""
    while len(received) < length:
        received += host.read(DATA_IN, 512)  # ends with a short packet, which there always is
        host.run(1)
    print(length, received == sent, writing.wait())
