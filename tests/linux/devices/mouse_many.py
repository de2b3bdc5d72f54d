# A mouse that makes as many reports as it is told on the built-in serial port: "moves 1000", or "moves 8 16" for 8 of them
# from number 16 on. Report number i goes 1 + i % 10 to the right and 1 + i % 7 up, with the left button held in every
# second ten. Prints "moves done" at the end. Needs tests/lib/framework.py and drivers.py beside it or on the board.

import sys
from drivers import Mouse
from framework import Device


class ManyMoves(Mouse):
    interval = 1

    def moves(self, count, first=0):
        for number in range(first, first + count):
            self.move(1 + number % 10, -1 - number % 7, number // 10 % 2)
        print("moves done")


mouse = ManyMoves()
Device().init(mouse, builtin=True, product="Many moves")

while True:
    command = sys.stdin.readline().split()
    if len(command) > 1 and command[0] == "moves":
        mouse.moves(*map(int, command[1:]))
