# submit_xfer() from every callback.
from usbtest import *

ENDPOINTS = [0x81, 0x82, 0x83, 0x84, 0x85, 0x86]
results = {}


def submit(name, endpoint):
    results[name] = usb.submit_xfer(endpoint, name)


def on_control(stage, request):
    submit("control_xfer_cb %d" % stage, 0x81 + stage)
    return bytearray(4) if stage == 1 else True


def on_transfer(endpoint, result, count):
    if endpoint == 0x81:
        submit("xfer_cb", 0x81)


def on_suspend(suspended):
    if suspended:
        submit("suspend_cb", 0x85)


host = start(
    configuration(interface(0, *[endpoint(ep) for ep in ENDPOINTS])),
    open_itf_cb=lambda view: submit("open_itf_cb", 0x81),
    reset_cb=lambda: submit("reset_cb", 0x86),
    control_xfer_cb=on_control,
    xfer_cb=on_transfer,
    suspend_cb=on_suspend,
)
settled(host.control_out, 0x40, 1, 0, 0, b"data")
host.suspend()
host.run(10)
host.resume()
print(settled(host.read, 0x81, 64))
print([settled(host.read, ep, 64) for ep in ENDPOINTS[:5]])
for name in sorted(results):
    print(name, results[name])
