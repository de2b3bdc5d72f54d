# SET_CONFIGURATION takes 0 and the descriptor's own value and nothing else; before it the device answers as an
# unconfigured one.
from usbtest import *


def get():
    return host.control_in(0x80, 8, 0, 0, 1)


def choose(value):
    result = attempt(host.control_out, 0x00, 9, value, 0)
    host.run(1)
    return result


host = start(configuration(interface(0, endpoint(0x01), endpoint(0x81)), value=7))
print(get(), choose(1), get(), choose(8), get())
print(choose(0), get())
print("GET_STATUS(interface)", attempt(host.control_in, 0x81, 0, 0, 0, 2))
print("GET_STATUS(endpoint)", attempt(host.control_in, 0x82, 0, 0, 0x81, 2))
print("GET_INTERFACE", attempt(host.control_in, 0x81, 10, 0, 0, 1))
print(choose(7), get(), host.control_in(0x81, 0, 0, 0, 2))
