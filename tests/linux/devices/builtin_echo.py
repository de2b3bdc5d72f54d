# The built-in serial port sends back what it gets, in pieces of 64 bytes, every byte as it is: also Ctrl-C.

import micropython
import sys

micropython.kbd_intr(-1)

while True:
    data = sys.stdin.buffer.read(64)
    sys.stdout.buffer.write(data)
