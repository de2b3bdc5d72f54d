# examples/composite.py: all its functions, and the built-in serial port beside them.
from usbtest import *

exec(example("composite.py", "while True:")[0])
host = connect()
print(host.enumerate()["configuration"][4])
host.run(5)
print(host.control_in(0xA1, 0x21, 0, 0, 7).hex(), host.control_in(0xA1, 0x21, 0, COMMAND, 7).hex())
host.write(DATA_OUT, b"quietly")
print(host.read(DATA_IN, 64))
for total in (5, 25):
    host.write(COUNTER_OUT, bytes(5 if total == 5 else 20))
    print(host.read(COUNTER_IN, 64)[0])
print(host.control_in(0x81, 6, 0x2200, MOUSE, 255) == MOUSE_REPORT)
x = y = 0
corners = []
for report in range(40):
    buttons, right, down = host.read(MOUSE_IN, 3)
    x += right - 256 * (right > 127)
    y += down - 256 * (down > 127)
    if report % 10 == 9:
        corners.append((x, y))
print(corners)
print(attempt(host.read, MOUSE_IN, 3, timeout_ms=100))
