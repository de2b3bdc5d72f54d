# The result of xfer_cb: true or false as documented, equal to upstream's number, and what is not promised.
import struct
from usbtest import *

results = []
host = start(xfer_cb=lambda endpoint, result, count: results.append(result))

usb.submit_xfer(0x81, b"fine")
settled(host.read, 0x81, 64)
resized = bytearray(1000)
usb.submit_xfer(0x01, resized)
resized.extend(bytes(5000))
attempt(host.write, 0x01, bytes(1000), timeout_ms=20)
host.run(1)
usb.submit_xfer(0x81, b"never")
usb.stall(0x81, True)
host.run(1)
success, failed, stalled = results

print(success, failed, stalled, repr(success), "%s" % stalled, "{}".format(failed))
print("truth", bool(success), bool(failed), bool(stalled), not failed)
print("number on the right", success == 0, failed == 1, stalled == 2, success == 1, failed == 0, stalled == 1)
print("number on the left", 0 == success, 1 == failed, 2 == stalled, 1 == success, 0 == failed)
print("constant", success == USBDevice.XFER_SUCCESS, failed == USBDevice.XFER_FAILED, stalled == USBDevice.XFER_STALLED)
print("bool on the right", success == True, success == False, failed == False, failed == True, stalled == False)
print("unequal", success != 1, success != 0, failed != 1, stalled != 2, success != True, failed != False)
print("other things", success == "0", success == None, success == b"")
print("each other", success == success, success == failed, failed == stalled)
print("order", success < 1, failed > 0, stalled >= 2, sorted([stalled, success, failed]))
print("arithmetic", success + 1, failed + 1, stalled * 3, 10 - stalled, -failed, 1 << stalled)
print("format", "%d %d %d" % (success, failed, stalled), struct.pack("BBB", success, failed, stalled))
print("hash", hash(success) == hash(0), hash(stalled) == hash(2), {0: "ok", 1: "failed"}[success])

# Not promised. These lines pin what happens today, so that a change is noticed.
print("bool on the left", True == success, True == failed, False == success)
print("membership", success in (True,), success in (0,), success is True)
