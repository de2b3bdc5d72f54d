# GET_STATUS, features and what is not there.
from usbtest import *


def status(recipient, index=0):
    return attempt(host.control_in, 0x80 | recipient, 0, 0, index, 2)


PLAIN = configuration(interface(0, endpoint(0x01), endpoint(0x81)), interface(1), attributes=0xE0)
host = start(PLAIN)
print("device", status(0), attempt(host.control_out, 0x00, 3, 1, 0), status(0))  # DEVICE_REMOTE_WAKEUP on
print("device", attempt(host.control_out, 0x00, 1, 1, 0), status(0))  # and off
print("interfaces", status(1, 0), status(1, 1), status(1, 2))
print("endpoints", status(2, 0x00), status(2, 0x80), status(2, 0x01), status(2, 0x81), status(2, 0x82), status(2, 0x0F))
print("test mode", attempt(host.control_out, 0x00, 3, 2, 0x0100))
print("interface feature", attempt(host.control_out, 0x01, 3, 0, 0))
print("endpoint feature 1", attempt(host.control_out, 0x02, 3, 1, 0x81))
print("descriptors", [attempt(host.control_in, 0x80, 6, kind << 8, 0, 64) for kind in (4, 5, 6, 7, 15, 0x22)])
print("SET_DESCRIPTOR", attempt(host.control_out, 0x00, 7, 0x0100, 0, bytes(18)))
print("request 13", attempt(host.control_in, 0x80, 13, 0, 0, 2))
print("SYNCH_FRAME", attempt(host.control_in, 0x82, 12, 0, 0x81, 2))
