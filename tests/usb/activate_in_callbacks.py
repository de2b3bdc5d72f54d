# active() and config() inside every callback: the callback ends first, then the change happens.
from usbtest import *

log = []
armed = None


def change(name):
    global armed
    if armed != name:
        return
    armed = None
    log.append(name)
    usb.active(False)
    usb.config(
        device(product=len(log)), PAIR, Strings(), on_open, on_reset, on_control, on_transfer, suspend_cb=on_suspend
    )
    usb.active(True)
    log.append("end of " + name)


class Strings:
    def __getitem__(self, index):
        change("desc_strs")
        return None


def on_open(view):
    change("open_itf_cb")


def on_reset():
    change("reset_cb")


def on_control(stage, request):
    change("control_xfer_cb %d" % stage)
    return b"answer" if stage == 1 else True


def on_transfer(endpoint, result, count):
    change("xfer_cb")


def on_suspend(suspended):
    change("suspend_cb")


def provoke():
    """Everything that leads to a callback, whatever becomes of it."""
    attempt(host.control_in, 0xC0, 1, 0, 0, 8)
    attempt(usb.submit_xfer, 0x81, b"x")
    attempt(host.read, 0x81, 64, timeout_ms=20)
    attempt(host.control_in, 0x80, 6, 0x0305, 0, 8)
    attempt(host.suspend)
    host.run(10)
    attempt(host.resume)
    host.run(20)
    attempt(host.reset)
    host.run(20)
    attempt(host.enumerate)
    host.run(20)


host = start(PAIR, device(), None, desc_strs=Strings(), open_itf_cb=on_open, reset_cb=on_reset)
usb.config(device(), PAIR, Strings(), on_open, on_reset, on_control, on_transfer, suspend_cb=on_suspend)
for name in (
    "desc_strs",
    "open_itf_cb",
    "reset_cb",
    "control_xfer_cb 1",
    "control_xfer_cb 2",
    "control_xfer_cb 3",
    "xfer_cb",
    "suspend_cb",
):
    log.clear()
    armed = name
    provoke()
    host.run(300)
    product = enumerate_again(host)["device"][10]
    print(log, product, usb.submit_xfer(0x81, b"fine"), settled(host.read, 0x81, 64))
