# Bytes kept for the next transfer go away with a halt, a reset, a new configuration and SET_INTERFACE.
from usbtest import *

counts = []


def keep():
    """Leaves "kept" behind in the endpoint."""
    usb.submit_xfer(0x01, bytearray(4))
    settled(host.write, 0x01, b"takekept")


def receive():
    buffer = bytearray(64)
    usb.submit_xfer(0x01, buffer)
    host.run(2)
    host.clear_halt(0x01)  # the host's data toggle starts anew
    settled(host.write, 0x01, b"fresh")
    return bytes(buffer[: counts[-1]])


host = start(xfer_cb=lambda endpoint, result, count: counts.append(count))
keep()
host.control_out(0x02, 3, 0, 0x01)
host.clear_halt(0x01)
print("halt", receive())
keep()
host.control_out(0x01, 11, 0, 0)
host.run(1)
print("SET_INTERFACE", receive())
keep()
host.control_out(0x00, 9, 1, 0)
host.run(1)
print("SET_CONFIGURATION", receive())
keep()
enumerate_again(host)
print("reset", receive())
