# A bytearray that changes its length while it is being sent or filled: the transfer fails, nothing else happens.
from usbtest import *

results = []
host = start(xfer_cb=lambda endpoint, result, count: results.append((hex(endpoint), result, count < 2000)))

sent = bytearray(2000)
usb.submit_xfer(0x81, sent)
host.read(0x81, 64)
sent.extend(bytes(9000))
print(attempt(host.read, 0x81, 2000, timeout_ms=20))
host.run(5)
print(results)
host.clear_halt(0x81)

results.clear()
filled = bytearray(2000)
usb.submit_xfer(0x01, filled)
host.write(0x01, bytes(64))
filled.extend(bytes(9000))
fence = [bytearray(b"\x55" * 2000) for _ in range(10)]
attempt(host.write, 0x01, bytes(640), timeout_ms=20)
host.run(5)
print(results, all(piece == b"\x55" * 2000 for piece in fence))
