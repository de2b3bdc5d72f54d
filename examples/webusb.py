# A lamp for web pages: a browser offers its page when it is plugged in (WebUSB), and Windows gives it the driver WinUSB
# by itself (Microsoft OS 2.0 descriptors). Nothing has to be installed on any system.
#
# - vendor request 0x10, OUT: wValue is the lamp's new brightness, 0 to 255;
# - vendor request 0x11, IN: the brightness, 1 byte;
# - a bulk echo, as in vendor_echo.py.
#
# Upstream's firmware does not hand vendor requests to Python (MicroPython issue 17048), and has no desc_bos.

import machine
from machine import USBDevice

PAGE = "example.org/lamp.html"
GET_URL, GET_MS_DESCRIPTORS = 0x01, 0x02  # numbers of our choice, which the host learns from the BOS descriptor
SET_LAMP, GET_LAMP = 0x10, 0x11  # and of our program's page

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port
builtin = usb.builtin_driver
INTERFACE = builtin.itf_max
ECHO_OUT = builtin.ep_max
ECHO_IN = 0x80 | ECHO_OUT


def word(number):
    return number.to_bytes(2, "little")


def utf16(text):
    return bytes(byte for character in text for byte in (ord(character), 0))


# What Windows wants to know: WinUSB is the driver, and under this GUID programs find the device. It is about one function
# of a configuration, so it is wrapped twice.
GUID = "{6e0c6bbe-37ca-4f0f-a0c2-8d1f4c6d5a01}"  # made for this device; make your own
name, value = utf16("DeviceInterfaceGUIDs\0"), utf16(GUID + "\0\0")
function = b"\x14\x00\x03\x00WINUSB" + bytes(10)  # compatible ID
function += word(10 + len(name) + len(value)) + b"\x04\x00\x07\x00"  # registry property: a list of texts
function += word(len(name)) + name + word(len(value)) + value
function = b"\x08\x00\x02\x00" + bytes((INTERFACE, 0)) + word(8 + len(function)) + function
function = b"\x08\x00\x01\x00\x00\x00" + word(8 + len(function)) + function  # configuration 0, which is the first
ms_descriptors = b"\x0a\x00\x00\x00\x00\x00\x03\x06" + word(10 + len(function)) + function  # from Windows 8.1 on

# The BOS descriptor tells of both. The long numbers are the UUIDs of WebUSB and of Microsoft's descriptors.
WEBUSB = b"\x38\xb6\x08\x34\xa9\x09\xa0\x47\x8b\xfd\xa0\x76\x88\x15\xb6\x65"
MS_OS_20 = b"\xdf\x60\xdd\xd8\x89\x45\xc7\x4c\x9c\xd2\x65\x9d\x9e\x64\x8a\x9f"
capabilities = b"\x18\x10\x05\x00" + WEBUSB + b"\x00\x01" + bytes((GET_URL, 1))  # WebUSB 1.0; the page is URL 1
capabilities += b"\x1c\x10\x05\x00" + MS_OS_20 + b"\x00\x00\x03\x06" + word(len(ms_descriptors))
capabilities += bytes((GET_MS_DESCRIPTORS, 0))
bos = b"\x05\x0f" + word(5 + len(capabilities)) + b"\x02" + capabilities
url = bytes((3 + len(PAGE), 3, 1)) + PAGE.encode()  # 1: https://

device = bytearray(builtin.desc_dev)
device[2:4] = b"\x10\x02"  # USB 2.1: there is a BOS descriptor
configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    9, 4, INTERFACE, 0, 2, 0xFF, 0, 0, 0,  # interface: vendor-specific
    7, 5, ECHO_OUT, 2, 64, 0, 0,
    7, 5, ECHO_IN, 2, 64, 0, 0,
))  # fmt: skip
configuration[2:4] = word(len(configuration))
configuration[4] += 1

lamp = 0
buffer = bytearray(64)


def on_open(descriptors):
    usb.submit_xfer(ECHO_OUT, buffer)


def on_control(stage, request):
    global lamp
    kind, what, index = request[0], request[1], request[4] | request[5] << 8
    value = request[2] | request[3] << 8
    if stage != 1:
        return True
    if kind & 0x60 != 0x40:
        return False  # STALL: only vendor requests are for us
    if kind & 0x80:  # the host wants to read
        if (what, index) == (GET_URL, 2):
            return url if value == 1 else False
        if (what, index) == (GET_MS_DESCRIPTORS, 7):
            return ms_descriptors
        if what == GET_LAMP:
            return bytes((lamp,))
    elif what == SET_LAMP and value <= 255:
        lamp = value
        print("lamp", lamp)
        return True
    return False


def on_transfer(endpoint, result, count):
    if result != 0:
        return
    if endpoint == ECHO_OUT:
        usb.submit_xfer(ECHO_IN, memoryview(buffer)[:count])
    else:
        usb.submit_xfer(ECHO_OUT, buffer)


usb.config(device, configuration, None, on_open, None, on_control, on_transfer, desc_bos=bos)
usb.active(True)

while True:
    machine.idle()
