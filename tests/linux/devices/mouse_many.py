# A mouse that makes as many reports as it is told on the built-in serial port: "moves 1000". Report number i goes 1 + i % 10
# to the right and 1 + i % 7 up, with the left button held in every second ten. Prints "moves done" at the end. Needs
# tests/lib/framework.py and drivers.py beside it or on the board.

import sys
from drivers import Mouse
from framework import Device


class ManyMoves(Mouse):
    interval = 1

    def moves(self, count):
        for number in range(count):
            self.move(1 + number % 10, -1 - number % 7, number // 10 % 2)
        print("moves done")


mouse = ManyMoves()
Device().init(mouse, builtin=True, product="Many moves")

while True:
    command = sys.stdin.readline().split()
    if len(command) == 2 and command[0] == "moves":
        mouse.moves(int(command[1]))
