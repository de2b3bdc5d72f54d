# An exception in a callback is printed with its traceback; control_xfer_cb's is a stall, the others change nothing.
from usbtest import *

SOURCE = """
def on_open(view):
    raise ValueError("open")

def on_reset():
    raise ValueError("reset")

def on_control(stage, request):
    raise ValueError("control")

def on_transfer(endpoint, result, count):
    raise ValueError("transfer")

def on_suspend(suspended):
    raise ValueError("suspend")

class Strings:
    def __getitem__(self, index):
        raise ValueError("strings")
"""
exec(compile(SOURCE, "device.py", "exec"))


def watch(name, **others):
    print("--", name)
    usb.config(device(), PAIR, **others)


host = start()
watch("open_itf_cb", open_itf_cb=on_open)
enumerate_again(host)
watch("reset_cb", reset_cb=on_reset)
enumerate_again(host)
watch("control_xfer_cb", control_xfer_cb=on_control)
print(attempt(settled, host.control_in, 0xC0, 1, 0, 0, 8))
watch("control_xfer_cb, SET_INTERFACE", control_xfer_cb=on_control)
print(attempt(settled, host.control_out, 0x01, 11, 0, 0))
watch("xfer_cb", xfer_cb=on_transfer)
print(usb.submit_xfer(0x81, b"one"), settled(host.read, 0x81, 64))
watch("suspend_cb", suspend_cb=on_suspend)
host.suspend()
host.run(10)
host.resume()
host.run(10)
watch("desc_strs", desc_strs=Strings())
print(attempt(settled, host.control_in, 0x80, 6, 0x0305, 0x0409, 255))
print("--")
print(usb.submit_xfer(0x81, b"two"), settled(host.read, 0x81, 64))
