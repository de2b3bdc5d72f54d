# examples/mouse.py: the circle that it draws, each time it is plugged in, as a host reads it from the reports.
from usbtest import *

begin, loop = example("mouse.py", "drawn = 0")
exec(begin)
host = connect()
MOVES = STEPS + 2


def signed(byte):
    return byte - 256 if byte > 127 else byte


for _ in range(2):
    host.enumerate()
    host.run(5)
    print(plugged, sending, host.control_in(0x81, 6, 0x2100, MOUSE, 9)[7] == len(REPORT_DESCRIPTOR))
    print(host.control_in(0x81, 6, 0x2200, MOUSE, 255) == REPORT_DESCRIPTOR)
    print(host.control_out(0x21, 10, 0, MOUSE), host.control_out(0x21, 11, 0, MOUSE))
    reading = [host.submit_read(REPORT_IN, 4) for _ in range(MOVES + 2)]
    draw()
    reports = [transfer.wait() for transfer in reading]
    x = y = 0
    distances = set()
    for buttons, right, down, wheel in reports[: MOVES - 1]:
        x += signed(right)
        y += signed(down)
        distances.add(round((x * x + y * y) ** 0.5))
    print(sorted(distances), (x, y), [report.hex() for report in reports[MOVES - 1 :]])

    sending = usb.submit_xfer(REPORT_IN, bytes(4))  # one that nobody fetches any more
    host.unplug()
    host.run(100)
    host.plug()
    host.run(200)
