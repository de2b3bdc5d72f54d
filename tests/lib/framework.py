# A small driver framework that uses machine.USBDevice the way the usb.device package of micropython-lib does: the same
# calls with the same arguments in the same order, so that the tests meet what real drivers do. The code is our own.

import struct
from machine import USBDevice

SETUP, DATA, ACK = 1, 2, 3


class Function:
    """One function of the device: one or more interfaces that belong together. Drivers derive from it."""

    interfaces = 1
    endpoints = 0

    def __init__(self):
        self.device = None
        self.opened = False

    def describe(self, first_interface, first_endpoint, strings):
        """Returns this function's descriptors; appends texts that it refers to to `strings`."""
        raise NotImplementedError

    def on_open(self):
        self.opened = True

    def on_reset(self):
        self.opened = False

    def on_control(self, stage, request):
        """A request to one of the function's interfaces; `request` is (type, request, value, index, length)."""
        return False

    def submit(self, endpoint, buffer, done=None):
        return self.device.submit(endpoint, buffer, done)

    def busy(self, endpoint):
        return endpoint in self.device.pending


class Device:
    """The one USB device, made of functions."""

    def __init__(self):
        self.usb = USBDevice()
        self.functions = []
        self.by_interface = {}
        self.pending = {}

    def init(self, *functions, builtin=False, product=None):
        usb = self.usb
        usb.active(False)
        if usb.active():
            raise OSError(22)
        usb.builtin_driver = USBDevice.BUILTIN_DEFAULT if builtin else USBDevice.BUILTIN_NONE
        driver = usb.builtin_driver

        strings = [None] * driver.str_max
        fields = list(struct.unpack("<BBHBBBBHHHBBBB", driver.desc_dev))
        fields[3:6] = (0, 0, 0)  # class, subclass and protocol: said by each interface
        if product:
            fields[11] = len(strings)
            strings.append(product)
        desc_dev = struct.pack("<BBHBBBBHHHBBBB", *fields)

        desc_cfg = bytearray(driver.desc_cfg or bytes(9))
        interface, endpoint = driver.itf_max, driver.ep_max or 1
        self.functions = functions
        self.by_interface = {}
        for function in functions:
            function.device = self
            desc_cfg += function.describe(interface, endpoint, strings)
            for _ in range(function.interfaces):
                self.by_interface[interface] = function
                interface += 1
            endpoint += function.endpoints
        struct.pack_into("<BBHBBBBB", desc_cfg, 0, 9, 2, len(desc_cfg), interface, 1, 0, 0xC0, 125)

        usb.config(
            desc_dev, desc_cfg, strings, self._on_open, self._on_reset, self._on_control, self._on_transfer
        )
        usb.active(True)

    def submit(self, endpoint, buffer, done):
        self.pending[endpoint] = done  # before the call: the callback may come at once
        if not self.usb.submit_xfer(endpoint, buffer):
            raise RuntimeError("not queued")

    def _on_open(self, view):
        # Walks the descriptors by their lengths and opens the function of each interface.
        at = 0
        seen = []
        while at < len(view):
            if view[at + 1] == 4:
                function = self.by_interface.get(view[at + 2])
                if function and function not in seen:
                    seen.append(function)
            at += view[at]
        for function in seen:
            function.on_open()

    def _on_reset(self):
        self.pending.clear()
        for function in self.functions:
            function.on_reset()

    def _on_control(self, stage, view):
        request = struct.unpack("BBHHH", view)
        if view[0] & 0x1F == 1:
            return self.by_interface[request[3]].on_control(stage, request)
        return False

    def _on_transfer(self, endpoint, result, count):
        done = self.pending.pop(endpoint)
        if done:
            done(endpoint, result, count)
