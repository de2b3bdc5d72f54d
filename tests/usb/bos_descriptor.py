# desc_bos: the BOS descriptor, enough for WebUSB and for Microsoft's OS 2.0 descriptors out of Python.
from usbtest import *

UUID = b"\xdf\x60\xdd\xd8\x89\x45\xc7\x4c\x9c\xd2\x65\x9d\x9e\x64\x8a\x9f"
OS_20_SET = pattern(178)
PLATFORM = bytes((28, 16, 5, 0)) + UUID + b"\x00\x00\x03\x06" + word(len(OS_20_SET)) + b"\x07\x00"
BOS = bytes((5, 15)) + word(5 + len(PLATFORM)) + b"\x01" + PLATFORM


def on_control(stage, request):
    if stage == 1 and request[0] == 0xC0 and request[1] == 7:
        return OS_20_SET
    return stage != 1


def get_bos(length):
    return attempt(host.control_in, 0x80, 6, 0x0F00, 0, length)


DEV = device(usb_version=0x0210)
host = start(desc_dev=DEV, desc_bos=BOS, control_xfer_cb=on_control)
print(get_bos(5) == BOS[:5], get_bos(len(BOS)) == BOS, get_bos(255) == BOS)
print(host.control_in(0xC0, 7, 0, 7, len(OS_20_SET)) == OS_20_SET)

usb.config(DEV, PAIR)
print("without", get_bos(5))

LPM = b"\x05\x0f\x0c\x00\x01\x07\x10\x02\x02\x00\x00\x00"  # USB 2.0 extension capability with the LPM bit
print("LPM", attempt(usb.config, DEV, PAIR, desc_bos=LPM))
print("no LPM", attempt(usb.config, DEV, PAIR, desc_bos=LPM[:8] + bytes(4)))
print("longer than it is", attempt(usb.config, DEV, PAIR, desc_bos=LPM[:8] + bytes(3)))
print("not a buffer", attempt(usb.config, DEV, PAIR, desc_bos=5))
