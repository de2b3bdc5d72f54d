# Serial port, keyboard and MIDI in one device beside the built-in serial port, each function behind an association (IAD).
# The serial port and MIDI send back what they get. Lines on the built-in port: "keys 10" types as keyboard_many.py does.
# Prints "lights 2" when the host sets the keyboard's lights. Needs tests/lib/framework.py and drivers.py beside it or on
# the board.

import sys
from drivers import Keyboard, Midi, Serial
from framework import Device


class Echo:
    """Sends each packet back before the next one is received."""

    def on_open(self):
        self.opened = True  # once for the whole function, because of the association
        self.packet = memoryview(bytearray(64))
        self._receive()

    def _receive(self):
        self.submit(self._ep_out, self.packet, self._received)

    def _received(self, endpoint, result, count):
        if result == 0:
            self.submit(self._ep_in, self.packet[:count], self._returned)

    def _returned(self, endpoint, result, count):
        if result == 0 and count == len(self.packet):
            self.submit(self._ep_in, b"", self._returned)  # no short packet yet, and hosts wait for one
        else:
            self._receive()


class SerialEcho(Echo, Serial):
    pass


class Keys(Keyboard):
    interval = 1

    def describe(self, first_interface, first_endpoint, strings):
        association = bytes((8, 11, first_interface, 1, 3, 1, 1, 0))
        return association + super().describe(first_interface, first_endpoint, strings)

    def on_set_report(self, report):
        super().on_set_report(report)
        print("lights", self.lights)

    def type(self, count):
        for number in range(count):
            self.keys(0, 4 + number % 36)
            self.keys(0)
        print("keys done")


class MidiEcho(Echo, Midi):
    def describe(self, first_interface, first_endpoint, strings):
        association = bytes((8, 11, first_interface, 2, 1, 3, 0, 0))
        return association + super().describe(first_interface, first_endpoint, strings)


serial, keyboard, midi = SerialEcho(), Keys(), MidiEcho(None)
Device().init(serial, keyboard, midi, builtin=True, product="Everything")

while True:
    command = sys.stdin.readline().split()
    if len(command) == 2 and command[0] == "keys":
        keyboard.type(int(command[1]))
