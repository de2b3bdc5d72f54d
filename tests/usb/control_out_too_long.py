# A host that sends more than the buffer that Python offered: what fits is taken, not one byte more, and the request
# fails without a DATA or ACK callback.
from usbtest import *

guarded = Guarded(16)


def on_control(stage, request):
    print("stage", stage, request[6] | request[7] << 8)
    return guarded.view if stage == 1 else True


host = start(control_xfer_cb=on_control)
for length in (17, 64, 65, 200, 4096):
    guarded.view[:] = bytes(16)
    print(attempt(host.control_out, 0x40, 1, 0, 0, pattern(length)), guarded.view == pattern(16), guarded.intact())
done = host.control_out(0x40, 1, 0, 0, pattern(16))
host.run(1)
print(done, guarded.view == pattern(16), guarded.intact())
