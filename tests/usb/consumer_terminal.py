# A port made in Python as the terminal (os.dupterm): what a callback prints, and its traceback, are written to it, and
# writing submits transfers.
import io
import os
from usbtest import *

SOURCE = """
def on_control(stage, request):
    print("stage", stage)
    raise ValueError("seen on both")
"""
exec(compile(SOURCE, "device.py", "exec"))
waiting = b""
sending = False


class Terminal(io.IOBase):
    def write(self, data):
        global waiting
        waiting += bytes(data)
        send()
        return len(data)

    def readinto(self, buffer):
        return None


def send():
    global waiting, sending
    if waiting and not sending:
        sending = usb.submit_xfer(0x81, waiting)
        if sending:
            waiting = b""


def on_transfer(endpoint, result, count):
    global sending
    sending = False
    send()


host = start(control_xfer_cb=on_control, xfer_cb=on_transfer)
os.dupterm(Terminal())
reading = [host.submit_read(0x81, 512) for _ in range(20)]
outcome = attempt(settled, host.control_in, 0xC0, 1, 0, 0, 8)
host.run(20)
os.dupterm(None)
print(outcome)
received = b"".join(transfer.wait() for transfer in reading if transfer.done())
print(received)
