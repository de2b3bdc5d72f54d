# The benchmarks' serial port: the built-in one, for a program that does what the host asks for: "w" and the number of
# blocks to write, or "r" and that to read, in four characters.

import micropython
import sys

BLOCK = 4096

# Summed up when all is there, which would take as long as reading it.
blocks = memoryview(bytearray(17 * BLOCK))
# As long as it takes for blocks to begin at any byte of the pattern 0, 1, ... 250.
pattern = bytes(range(251)) * (BLOCK // 251 + 2)
micropython.kbd_intr(-1)
sys.stdout.write("ready")

while True:
    what = sys.stdin.buffer.read(1)
    count = int(sys.stdin.buffer.read(4))
    if what == b"w":
        view = memoryview(pattern)
        place = 0
        for _ in range(count):
            sys.stdout.buffer.write(view[place : place + BLOCK])
            place = (place + BLOCK) % 251
    elif what == b"r":
        for number in range(count):
            sys.stdin.buffer.readinto(blocks[number * BLOCK : (number + 1) * BLOCK])
        sys.stdout.write("%d." % sum(blocks[: count * BLOCK]))
