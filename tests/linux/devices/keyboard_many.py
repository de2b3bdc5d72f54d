# A keyboard that presses and lets go of as many keys as it is told on the built-in serial port: "keys 1000", or "keys 8 16"
# for 8 of them from number 16 on. Key number i is usage 4 + i % 36: a to z, 1 to 0, and over again. Prints "keys done" at
# the end, and "lights 2" when the host sets the lights. Needs tests/lib/framework.py and drivers.py beside it or on the
# board.

import sys
from drivers import Keyboard
from framework import Device


class ManyKeys(Keyboard):
    interval = 1

    def on_set_report(self, report):
        super().on_set_report(report)
        print("lights", self.lights)

    def type(self, count, first=0):
        for number in range(first, first + count):
            self.keys(0, 4 + number % 36)
            self.keys(0)
        print("keys done")


keyboard = ManyKeys()
Device().init(keyboard, builtin=True, product="Many keys")

while True:
    command = sys.stdin.readline().split()
    if len(command) > 1 and command[0] == "keys":
        keyboard.type(*map(int, command[1:]))
