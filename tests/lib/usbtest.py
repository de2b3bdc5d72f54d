# What the tests in tests/usb share: descriptor builders, a device that is up in one call, and calls whose errors are
# text.
#
# Import it with `from usbtest import *`: it brings `usb`, the USBDevice, along.

import micropython
from machine import USBDevice
import usbsim

usb = USBDevice()

ISOCHRONOUS, BULK, INTERRUPT = 1, 2, 3


def word(value):
    return bytes((value & 0xFF, value >> 8))


def device(max_packet_size=64, usb_version=0x0200, vendor=0x1209, product=0x0001, strings=(0, 0, 0)):
    """A device descriptor of class EF/02/01 (functions are told by associations)."""
    head = bytes((18, 1)) + word(usb_version) + bytes((0xEF, 2, 1, max_packet_size))
    return head + word(vendor) + word(product) + word(0x0100) + bytes(strings) + b"\x01"


def endpoint(address, kind=BULK, size=64, interval=0):
    return bytes((7, 5, address, kind)) + word(size) + bytes((interval,))


def interface(number, *endpoints, alternate=0, kind=(0xFF, 0, 0), string=0, extra=b""):
    """An interface descriptor, then `extra` (class descriptors), then its endpoints."""
    head = bytes((9, 4, number, alternate, len(endpoints))) + bytes(kind) + bytes((string,))
    return head + extra + b"".join(endpoints)


def association(first, count, kind=(0xFF, 0, 0)):
    return bytes((8, 11, first, count)) + bytes(kind) + b"\x00"


def configuration(*parts, attributes=0x80, value=1, builtin=None):
    """A configuration descriptor with its two counts filled in; after the built-in one if `builtin` is given."""
    if builtin is None:
        whole = bytearray((9, 2, 0, 0, 0, value, 0, attributes, 50))
    else:
        whole = bytearray(builtin.desc_cfg)
    whole += b"".join(parts)
    whole[2:4] = word(len(whole))
    numbers = set()
    at = 0
    while at < len(whole):
        if whole[at + 1] == 4:
            numbers.add(whole[at + 2])
        at += whole[at]
    whole[4] = len(numbers)
    return whole


# One vendor interface with a bulk endpoint each way: enough for most tests.
PAIR = configuration(interface(0, endpoint(0x01), endpoint(0x81)))

_speaking = False
_host = None


def show_transfer(endpoint, result, count):
    if _speaking:
        print("xfer_cb", hex(endpoint), result, count)


def show_open(view):
    if _speaking:
        print("open_itf_cb", len(view))


def show_reset():
    if _speaking:
        print("reset_cb")


def show_suspend(suspended):
    if _speaking:
        print("suspend_cb", suspended)


def quietly(call, *args):
    """Makes a call during which the show_ callbacks say nothing."""
    global _speaking
    before, _speaking = _speaking, False
    try:
        return call(*args)
    finally:
        _speaking = before


def connect():
    """Plugs the device into a new bus and returns the host."""
    global _host
    _host = usbsim.Host()
    return _host


def plug(desc_cfg=PAIR, desc_dev=None, builtin=None, **others):
    """Configures and activates the device and plugs it into a new bus. The host has not looked at it yet."""
    usb.builtin_driver = builtin or USBDevice.BUILTIN_NONE
    usb.config(desc_dev or device(), desc_cfg, **others)
    usb.active(True)
    return connect()


def start(*args, **others):
    """The same, and the host has enumerated it. From now on the show_ callbacks speak."""
    global _speaking
    host = plug(*args, **others)
    enumerate_again(host)
    _speaking = True
    return host


def enumerate_again(host):
    """Lets the host enumerate the device, without a word, and waits until Python has heard of it."""
    found = quietly(host.enumerate)
    quietly(host.run, 5)
    return found


_ERRORS = {
    16: "EBUSY",
    19: "ENODEV",
    22: "EINVAL",
    32: "EPIPE",
    71: "EPROTO",
    75: "EOVERFLOW",
    110: "ETIMEDOUT",
}


def settled(call, *args, **others):
    """Makes a call of the host's and lets a millisecond go by: all callbacks that it led to have then run."""
    try:
        return call(*args, **others)
    finally:
        _host.run(1)


def attempt(call, *args, **others):
    """What a call returns, or which error it raises, as text."""
    try:
        return call(*args, **others)
    except OSError as error:
        return "OSError " + _ERRORS.get(error.errno, str(error.errno))
    except Exception as error:
        return type(error).__name__


def held(call):
    """Runs call() with the scheduler locked: the bus goes on, callbacks have to wait until it is over."""
    done = []

    def locked(_):
        try:
            call()
        finally:
            done.append(True)

    micropython.schedule(locked, None)
    while not done:
        pass


def text(descriptor):
    """The text of a string descriptor."""
    units = [descriptor[i] | descriptor[i + 1] << 8 for i in range(2, len(descriptor) - 1, 2)]
    characters = ""
    high = 0
    for unit in units:
        if 0xD800 <= unit < 0xDC00:
            high = unit
        elif 0xDC00 <= unit < 0xE000:
            characters += chr(0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF))
        else:
            characters += chr(unit)
    return characters


def pattern(length, seed=1):
    """Bytes that do not repeat with the packet size."""
    return bytes((i * 7 + i // 251 + seed) & 0xFF for i in range(length))


class Guarded:
    """A buffer between guard bytes: `intact()` tells whether anything was written outside it."""

    def __init__(self, length, guard=64):
        self.area = bytearray(b"\xee" * (length + 2 * guard))
        self.guard = guard
        self.view = memoryview(self.area)[guard : guard + length]

    def intact(self):
        fence = b"\xee" * self.guard
        return self.area[: self.guard] == fence and self.area[-self.guard :] == fence


def program(path, until):
    """The text of a program of this repository, in two parts: before and from the line that begins with `until`."""
    with open(__file__.rsplit("/", 3)[0] + "/" + path) as file:
        source = file.read()
    at = source.index("\n" + until)
    return source[: at + 1], source[at + 1 :]


def example(name, until):
    """The same of a file in examples/."""
    return program("examples/" + name, until)
