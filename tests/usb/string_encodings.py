# Strings: str is UTF-8 sent as UTF-16, bytes are Latin-1 up to the first NUL.
from usbtest import *

strings = {
    1: "Grüße",
    2: "piano \U0001f3b9",
    3: b"caf\xe9\x00behind the NUL",
    4: bytearray(b"abc"),
    5: memoryview(b"a view")[2:],
    6: "",
    7: "x" * 126,
    8: b"",
    200: "far",
}
host = start(desc_strs=strings)
for index in sorted(strings):
    descriptor = host.control_in(0x80, 6, 0x0300 | index, 0x0409, 255)
    print(index, descriptor[0] == len(descriptor), descriptor[1], len(descriptor), text(descriptor))
print(host.control_in(0x80, 6, 0x0301, 0x0409, 5).hex())
