# Callbacks come while the main program waits in any of the usual ways, and while it only computes.
import machine
import time
from usbtest import *

sent = 0


def on_transfer(endpoint, result, count):
    global sent
    sent += 1
    usb.submit_xfer(0x81, b"next")


def waits(name, wait):
    before = sent
    reading = [host.submit_read(0x81, 64) for _ in range(3)]
    start = host.now_us()
    while sent < before + 3 and host.now_us() - start < 5000000:
        wait()
    print(name, sent == before + 3, [transfer.wait() for transfer in reading])


host = start(xfer_cb=on_transfer)
usb.submit_xfer(0x81, b"next")
waits("sleep_ms", lambda: time.sleep_ms(1))
waits("sleep", lambda: time.sleep(0.002))
waits("idle", machine.idle)
waits("computing", lambda: sum(range(100)))
waits("host.run", lambda: host.run(1))
