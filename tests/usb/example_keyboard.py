# examples/keyboard.py: what it types, as a host reads it from the reports.
from usbtest import *

begin, rest = example("keyboard.py", "while not configured:")
exec(begin)
host = connect()
host.enumerate()
host.run(5)
print(host.control_in(0x81, 6, 0x2100, KEYBOARD, 9)[7] == len(REPORT_DESCRIPTOR))
print(host.control_in(0x81, 6, 0x2200, KEYBOARD, 255) == REPORT_DESCRIPTOR)
print(host.control_out(0x21, 10, 0, KEYBOARD), host.control_out(0x21, 9, 0x0200, KEYBOARD, b"\x02"), bytes(lights))
LINE = "aZ09 !?\n\u00fc~|"
reading = [host.submit_read(REPORT_IN, 8) for _ in range(2 * (len(LINE) - 1))]
exec(rest)
typed = [transfer.wait() for transfer in reading]
print(all(report == bytes(8) for report in typed[1::2]))
for report in typed[::2]:
    print(report.hex())
