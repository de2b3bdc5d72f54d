# examples/webusb.py: what Windows and a browser ask for, and what its page asks for then.
from usbtest import *

exec(example("webusb.py", "while True:")[0])
host = connect()
found = host.enumerate()
host.run(5)
print(found["device"][2:4].hex(), found["bos"] == bos, len(bos))
print(bos.hex())

# As a host does it: the numbers of the requests are in the capabilities.
web, microsoft = bos[5 : 5 + bos[5]], bos[5 + bos[5] :]
print(host.control_in(0xC0, web[22], web[23], 2, 255))
length = microsoft[24] | microsoft[25] << 8
descriptors = host.control_in(0xC0, microsoft[26], 0, 7, length)
print(length, descriptors == ms_descriptors, descriptors.hex())
print(host.control_in(0xC0, microsoft[26], 0, 7, 10) == descriptors[:10])
for request in ((0xC0, web[22], 2, 2, 255), (0xC0, web[22], 1, 3, 255), (0xC0, microsoft[26], 0, 8, 255), (0xC0, 9, 0, 0, 1)):
    print(attempt(host.control_in, *request), end=" ")
print()

print(host.control_in(0xC0, GET_LAMP, 0, 0, 1), settled(host.control_out, 0x40, SET_LAMP, 200, 0))
print(host.control_in(0xC0, GET_LAMP, 0, 0, 1), attempt(host.control_out, 0x40, SET_LAMP, 256, 0), lamp)
print(settled(host.control_out, 0x41, SET_LAMP, 7, INTERFACE), host.control_in(0xC1, GET_LAMP, 0, INTERFACE, 1))
host.write(ECHO_OUT, b"hello")
print(host.read(ECHO_IN, 64))
