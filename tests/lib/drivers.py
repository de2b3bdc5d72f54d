# Drivers for the framework: serial port, keyboard, mouse and MIDI, each with the calls that micropython-lib's driver of
# that kind makes (slices at odd offsets, answers that stay the same object, transfers resubmitted in their callback).

import machine
import micropython
import struct
from framework import Function, SETUP, ACK


def _endpoint(address, kind, size, interval=0):
    return struct.pack("<BBBBHB", 7, 5, address, kind, size, interval)


class Serial(Function):
    """CDC ACM. Bytes arrive in 64-byte slices of one buffer and leave from the front of another."""

    interfaces = 2
    endpoints = 2

    def __init__(self, room=256):
        super().__init__()
        self.line_coding = bytearray(struct.pack("<LBBB", 9600, 0, 0, 8))
        self.dtr = False
        self._in = bytearray(room)
        self._in_used = 0
        self._in_at = 0
        self._out = bytearray(room)
        self._out_used = 0

    def describe(self, first_interface, first_endpoint, strings):
        self._first = first_interface
        self._ep_out, self._ep_in = first_endpoint + 1, 0x80 | first_endpoint + 1
        second = first_interface + 1
        return (
            bytes((8, 11, first_interface, 2, 2, 2, 0, 0, 9, 4, first_interface, 0, 1, 2, 2, 0, 0))
            + bytes((5, 0x24, 0, 0x20, 0x01, 5, 0x24, 1, 0, second, 4, 0x24, 2, 2, 5, 0x24, 6, first_interface, second))
            + _endpoint(0x80 | first_endpoint, 3, 8, 16)
            + bytes((9, 4, second, 0, 2, 10, 0, 0, 0))
            + _endpoint(self._ep_out, 2, 64)
            + _endpoint(self._ep_in, 2, 64)
        )

    def on_open(self):
        super().on_open()
        self._receive()  # in the callback already

    def on_control(self, stage, request):
        kind, what, value, index, length = request
        if what in (0x20, 0x21) and stage == SETUP:
            return self.line_coding  # the same object is read and written
        if what == 0x22 and stage == ACK:
            self.dtr = bool(value & 1)
        return stage != SETUP or what in (0x22, 0x23)

    def write(self, data):
        """Queues bytes and returns how many there was room for."""
        taken = min(len(data), len(self._out) - self._out_used)
        self._out[self._out_used : self._out_used + taken] = data[:taken]
        self._out_used += taken
        self._send()
        return taken

    def read(self):
        data = bytes(self._in[: self._in_used])
        self._in_used = 0
        self._receive()
        return data

    def _send(self):
        if self.opened and self._out_used and not self.busy(self._ep_in):
            self.submit(self._ep_in, memoryview(self._out)[: self._out_used], self._sent)

    def _sent(self, endpoint, result, count):
        if result == 0:
            self._out[: self._out_used - count] = self._out[count : self._out_used]
            self._out_used -= count
        self._send()

    def _receive(self):
        if self.opened and not self.busy(self._ep_out) and len(self._in) - self._in_used >= 64:
            self._in_at = self._in_used
            self.submit(self._ep_out, memoryview(self._in)[self._in_at : self._in_at + 64], self._received)

    def _received(self, endpoint, result, count):
        if result == 0:
            # The program may have read what stood before it.
            self._in[self._in_used : self._in_used + count] = self._in[self._in_at : self._in_at + count]
            self._in_used += count
        self._receive()


class Hid(Function):
    """A HID interface with one interrupt IN endpoint of 8 bytes."""

    endpoints = 1
    interval = 8  # ms

    def __init__(self, report_descriptor, boot_protocol=0, set_report_buffer=None):
        super().__init__()
        self.report_descriptor = report_descriptor
        self.boot_protocol = boot_protocol
        self.set_report_buffer = set_report_buffer
        self.idle = 0

    def describe(self, first_interface, first_endpoint, strings):
        self._ep = 0x80 | first_endpoint
        self._hid = struct.pack("<BBHBBBH", 9, 0x21, 0x111, 0, 1, 0x22, len(self.report_descriptor))
        head = bytes((9, 4, first_interface, 0, 1, 3, bool(self.boot_protocol), self.boot_protocol, 0))
        return head + self._hid + _endpoint(self._ep, 3, 8, self.interval)

    def on_control(self, stage, request):
        kind, what, value, index, length = request
        if stage != SETUP:
            if stage == ACK and what == 9:
                self.on_set_report(self.set_report_buffer)
            return True
        if kind & 0x60 == 0:
            return {0x21: self._hid, 0x22: self.report_descriptor}.get(value >> 8, False) if what == 6 else False
        if what == 1:
            print("GET_REPORT?")
            return False
        if what == 2:
            return bytes((self.idle,))
        if what == 9:
            return self.set_report_buffer
        if what == 10:
            self.idle = value >> 8
            return True
        return False

    def on_set_report(self, report):
        pass

    def send(self, report):
        """Sends a report, waiting for the one before."""
        while self.busy(self._ep):
            machine.idle()
        self.submit(self._ep, report)


class Keyboard(Hid):
    """Two report buffers that take turns: one is sent while the other is filled."""

    def __init__(self):
        super().__init__(KEYBOARD_REPORT, 1, bytearray(1))
        self.lights = 0
        self._next, self._sent = bytearray(8), bytearray(8)

    def on_set_report(self, report):
        self.lights = report[0]

    def keys(self, modifiers, *keys):
        report = self._next
        report[0] = modifiers
        for i in range(6):
            report[2 + i] = keys[i] if i < len(keys) else 0
        self.send(report)
        self._next, self._sent = self._sent, self._next


class Mouse(Hid):
    """One report buffer, filled again only when the host has fetched it."""

    def __init__(self):
        super().__init__(MOUSE_REPORT, 2)
        self._report = bytearray(3)

    def move(self, x, y, buttons=0):
        while self.busy(self._ep):
            machine.idle()
        struct.pack_into("Bbb", self._report, 0, buttons, x, y)
        self.send(self._report)


class Midi(Function):
    """Two interfaces without association, endpoint descriptors of 9 bytes, and an input buffer of 16 bytes."""

    interfaces = 2
    endpoints = 1

    def __init__(self, on_message):
        super().__init__()
        self.on_message = on_message
        self._in = bytearray(16)
        self._in_used = 0
        self._parse_scheduled = self._parse

    def describe(self, first_interface, first_endpoint, strings):
        self._ep_out, self._ep_in = first_endpoint, 0x80 | first_endpoint
        first, second = first_interface, first_interface + 1
        self._streaming = second
        jacks = bytes((6, 0x24, 2, 1, 1, 0, 6, 0x24, 2, 2, 2, 0))
        jacks += bytes((9, 0x24, 3, 1, 3, 1, 2, 1, 0, 9, 0x24, 3, 2, 4, 1, 1, 1, 0))
        ends = bytes((9, 5, self._ep_out, 2, 64, 0, 0, 0, 0, 5, 0x25, 1, 1, 1))
        ends += bytes((9, 5, self._ep_in, 2, 64, 0, 0, 0, 0, 5, 0x25, 1, 1, 3))
        head = struct.pack("<BBBHH", 7, 0x24, 1, 0x100, 7 + len(jacks) + len(ends))
        return (
            bytes((9, 4, first, 0, 0, 1, 1, 0, 0))
            + struct.pack("<BBBHHBB", 9, 0x24, 1, 0x100, 9, 1, second)
            + bytes((9, 4, second, 0, 2, 1, 3, 0, 0))
            + head
            + jacks
            + ends
        )

    def on_open(self):
        # Called for the control interface and for the streaming interface: only then are there endpoints.
        if self.opened:
            self._receive()
        self.opened = True

    def send(self, status, one, two):
        while self.busy(self._ep_in):
            machine.idle()
        self.submit(self._ep_in, bytes((status >> 4, status, one, two)))

    def _receive(self):
        if not self.busy(self._ep_out) and self._in_used < len(self._in):
            self.submit(self._ep_out, memoryview(self._in)[self._in_used :], self._received)

    def _received(self, endpoint, result, count):
        if result == 0:
            self._in_used += count
            micropython.schedule(self._parse_scheduled, None)
        self._receive()

    def _parse(self, _):
        while self._in_used >= 4:
            self.on_message(bytes(self._in[1:4]))
            self._in[: self._in_used - 4] = self._in[4 : self._in_used]
            self._in_used -= 4
        if self.opened:
            self._receive()


KEYBOARD_REPORT = bytes((
    0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01,
    0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01,
    0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65,
    0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0,
))  # fmt: skip
MOUSE_REPORT = bytes((
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00,
    0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x01, 0x05, 0x01, 0x09, 0x30,
    0x09, 0x31, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xC0, 0xC0,
))  # fmt: skip
