# gc.collect() in every callback, and memory taken and thrown away in between.
import gc
from usbtest import *

seen = set()
store = bytearray(0)


def collect(name):
    seen.add(name)
    gc.collect()
    [bytearray(50) for _ in range(50)]
    gc.collect()


class Strings:
    def __getitem__(self, index):
        collect("desc_strs")
        return "string %d" % index if index else None


def on_control(stage, request):
    global store
    collect("control_xfer_cb %d" % stage)
    if stage == 1 and request[0] & 0x80:
        return pattern(200)
    if stage == 1:
        store = bytearray(request[6] | request[7] << 8)
        return store
    return True


def on_transfer(endpoint, result, count):
    collect("xfer_cb")
    if endpoint == 0x01:
        usb.submit_xfer(0x81, pattern(300))
        usb.submit_xfer(0x01, bytearray(64))
        collect("xfer_cb")


def on_open(view):
    collect("open_itf_cb")
    usb.submit_xfer(0x01, bytearray(64))


host = start(
    desc_dev=device(strings=(1, 2, 3)),
    desc_strs=Strings(),
    open_itf_cb=on_open,
    reset_cb=lambda: collect("reset_cb"),
    control_xfer_cb=on_control,
    xfer_cb=on_transfer,
    suspend_cb=lambda suspended: collect("suspend_cb"),
)
right = True
for _ in range(10):
    right = right and host.control_out(0x40, 1, 0, 0, pattern(150)) == 150 and store == pattern(150)
    right = right and host.control_in(0xC0, 1, 0, 0, 200) == pattern(200)
    right = right and text(host.control_in(0x80, 6, 0x0307, 0x0409, 255)) == "string 7"
    settled(host.write, 0x01, b"ping")
    right = right and settled(host.read, 0x81, 300) == pattern(300)
host.suspend()
host.run(10)
host.resume()
host.run(10)
print(right)
print(sorted(seen))
