# While a callback takes 300 ms the host gets all answers that need no Python within milliseconds.
import time
from usbtest import *

BUILTIN = USBDevice.BUILTIN_DEFAULT
CFG = configuration(interface(2, endpoint(0x03), endpoint(0x83), string=5), builtin=BUILTIN)
slow = []


def on_reset():
    slow.append("reset")
    time.sleep_ms(300)


def on_open(view):
    slow.append("open")
    time.sleep_ms(300)


def on_transfer(endpoint, result, count):
    slow.append("transfer")
    time.sleep_ms(300)


host = plug(CFG, builtin=BUILTIN, desc_strs={5: "Slow"}, reset_cb=on_reset, open_itf_cb=on_open, xfer_cb=on_transfer)
print(host.enumerate()["device"] == device())
host.run(1000)
print("reset" in slow, "open" in slow)


def quickly(name, *request):
    usb.submit_xfer(0x83, b"start of a slow callback")
    host.read(0x83, 64)
    call = host.control_in if request[0] & 0x80 else host.control_out
    print(name, attempt(call, *request, timeout_ms=20))
    host.run(400)


quickly("GET_STATUS", 0x80, 0, 0, 0, 2)
quickly("GET_DESCRIPTOR", 0x80, 6, 0x0100, 0, 4)
quickly("string", 0x80, 6, 0x0305, 0x0409, 4)
quickly("GET_LINE_CODING", 0xA1, 0x21, 0, 0, 7)
quickly("SET_CONTROL_LINE_STATE", 0x21, 0x22, 3, 0)
print(slow.count("transfer"))
