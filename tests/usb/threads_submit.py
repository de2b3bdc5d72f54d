# A second thread may call submit_xfer(), stall() and active(); callbacks stay on the main thread.
import _thread
import time
from usbtest import *

ROUNDS = 100
main = _thread.get_ident()
threads_seen = set()
transfers = {0x81: 0, 0x82: 0}
finished = False
payload = bytes(range(64))


def on_transfer(endpoint, result, count):
    threads_seen.add(_thread.get_ident())
    transfers[endpoint] += result == 0


def submit_all(endpoint):
    done = 0
    while done < ROUNDS:
        if usb.submit_xfer(endpoint, payload):
            done += 1
        else:
            time.sleep_ms(1)  # in a thread that is not the main one: of the machine's time


def second():
    global finished
    submit_all(0x82)
    for _ in range(1000):
        usb.stall(0x83, True)
        usb.stall(0x83, False)
        usb.active()
    finished = True


def read_when_ready(endpoint):
    # Not host.read(): its timeout is in time of the bus, which does not wait for the other thread.
    transfer = host.submit_read(endpoint, 64)
    while not transfer.done():
        pass
    return transfer.wait()


host = start(configuration(interface(0, *[endpoint(ep) for ep in (0x81, 0x82, 0x83)])), xfer_cb=on_transfer)
right = True
sent = 0
read = 0
# No new names from here on: a thread that looks for one while the dict of names grows may not find it (there is no GIL).
_thread.start_new_thread(second, ())
while read < ROUNDS or sent < ROUNDS:
    if sent < ROUNDS and usb.submit_xfer(0x81, payload):
        sent += 1
        right = right and read_when_ready(0x81) == payload
    if read < ROUNDS:
        right = right and read_when_ready(0x82) == payload
        read += 1
while not finished:
    pass
host.run(5)
print(right, transfers[0x81], transfers[0x82])
print(threads_seen == {main})
