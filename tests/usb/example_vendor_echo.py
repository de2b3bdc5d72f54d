# examples/vendor_echo.py, with a host that talks to it.
from usbtest import *

exec(example("vendor_echo.py", "while True:")[0])
host = connect()
host.enumerate()
host.run(5)
print(text(host.control_in(0x80, 6, 0x0300 | NAME, 0x0409, 255)))
host.write(ECHO_OUT, b"hello")
print(host.read(ECHO_IN, 64))
host.run(1)
print(host.control_in(0xC0, 2, 0, 0, 4))
host.control_out(0x40, 1, 0, 0, b"\x20")
host.run(1)
host.write(ECHO_OUT, b"hello")
print(host.read(ECHO_IN, 64))
host.run(1)
print(host.control_in(0xC0, 2, 0, 0, 4))
for request in ((0x40, 1, 0, 0, b""), (0x40, 1, 0, 0, b"12345"), (0x40, 9, 0, 0)):
    print(attempt(host.control_out, *request))
