# MIDI: sends as many messages as it is told on the built-in serial port ("send 10000"), as fast as the host takes them, and
# compares what it receives with the same messages. "heard" makes it print "heard 10000, wrong 0" and count from 0 again.
# Message number i: note on, channel i % 16, key i // 16 % 128, velocity 1 + i % 127. Needs tests/lib/framework.py and
# drivers.py beside it or on the board.

import machine
import sys
from drivers import Midi
from framework import Device


def event(number):
    """The USB-MIDI event packet of a message."""
    return bytes((0x09, 0x90 | number % 16, number // 16 % 128, 1 + number % 127))


class ManyNotes(Midi):
    EVENTS = 128  # in a transfer

    def __init__(self):
        super().__init__(None)
        self._packet = bytearray(64)
        self.heard = self.wrong = 0

    def _receive(self):
        if not self.busy(self._ep_out):
            self.submit(self._ep_out, self._packet, self._received)

    def _received(self, endpoint, result, count):
        if result == 0:
            for at in range(0, count, 4):
                self.wrong += self._packet[at : at + 4] != event(self.heard)
                self.heard += 1
        self._receive()

    def many(self, count):
        for first in range(0, count, self.EVENTS):
            data = b"".join(event(number) for number in range(first, min(first + self.EVENTS, count)))
            while self.busy(self._ep_in):
                machine.idle()
            self.submit(self._ep_in, data)
        while self.busy(self._ep_in):
            machine.idle()
        print("sent", count)

    def report(self):
        print("heard %d, wrong %d" % (self.heard, self.wrong))
        self.heard = self.wrong = 0


midi = ManyNotes()
Device().init(midi, builtin=True, product="Many notes")

while True:
    command = sys.stdin.readline().split()
    if len(command) == 2 and command[0] == "send":
        midi.many(int(command[1]))
    elif command == ["heard"]:
        midi.report()
