# A host that sends whatever comes to mind, and callbacks that answer likewise: nothing is written outside the buffers
# that were offered, nothing from outside them is sent, and afterwards the device works.
from usbtest import *

seed = 12345


def random(limit):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % limit


SECRET = b"\xee\xee\xee\xee"
buffers = [Guarded(length) for length in (0, 1, 7, 8, 63, 64, 65, 200)]
for guarded in buffers:
    guarded.view[:] = bytes(len(guarded.view))


def on_control(stage, request):
    choice = random(len(buffers) + 4)
    if choice < len(buffers):
        return buffers[choice].view
    return (True, False, None, b"")[choice - len(buffers)]


def feed(*event):
    for number in (1, 2):
        usb.submit_xfer(number, buffers[random(len(buffers))].view)
        usb.submit_xfer(0x80 | number, buffers[random(len(buffers))].view)


CFG = configuration(
    interface(0, endpoint(0x01), endpoint(0x81))
    + interface(0, endpoint(0x01, INTERRUPT, 16, 1), endpoint(0x81, INTERRUPT, 16, 1), alternate=1)
    + interface(1, endpoint(0x02, INTERRUPT, 8, 1), endpoint(0x82, INTERRUPT, 8, 1))
)
host = plug(CFG, open_itf_cb=feed, reset_cb=feed, control_xfer_cb=on_control, xfer_cb=feed, suspend_cb=feed)
address = enumerate_again(host)["address"]
leaked = 0
reply = ()
for step in range(10000):
    what = random(16)
    data = bytes(random(256) & 0x7F for _ in range(random(65)))
    if what < 4:
        # A plausible request: small numbers in most fields.
        kind = (0x80 * random(2)) | (0x20 * random(3)) | random(4)
        setup = bytes((kind, random(14), random(4), random(8), random(4), 0, random(256), random(2)))
        reply = host.transaction("SETUP", address, 0, setup)
    elif what < 5:
        reply = host.transaction("SETUP", address, 0, bytes(random(256) for _ in range(8)))
    elif what < 11:
        reply = host.transaction("IN", address, random(4))
    elif what < 15:
        reply = host.transaction("OUT", address, random(4), data, toggle=random(2))
    elif random(20):
        host.run(random(3))
    else:
        # A request may have moved the device to another address or configuration: begin again.
        if random(2):
            host.suspend()
            host.run(5)
            host.resume()
        address = enumerate_again(host)["address"]
    if len(reply) > 1 and SECRET in reply[1]:
        leaked += 1
    if not step % 50:
        host.run(1)

print("leaked", leaked, "intact", all(guarded.intact() for guarded in buffers))
usb.config(device(), PAIR, control_xfer_cb=lambda stage, request: b"sane")
enumerate_again(host)
print(host.control_in(0xC0, 1, 0, 0, 8))
