# Strings have up to 126 UTF-16 units: longer ones are cut, never between the halves of a pair, and that is said once.
from usbtest import *

strings = {1: "x" * 200, 2: "y" * 125 + "\U0001f3b9", 3: b"z" * 127, 4: "x" * 124 + "\U0001f3b9"}
host = start(desc_strs=strings)
for index in (4, 1, 1, 2, 3):
    descriptor = host.control_in(0x80, 6, 0x0300 | index, 0x0409, 255)
    host.run(1)
    print(index, len(descriptor), descriptor[0], text(descriptor) == strings[4] or len(set(text(descriptor))))
