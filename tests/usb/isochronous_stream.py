# A stream of isochronous packets both ways, one in each frame, as the host's transfers carry them.
from usbtest import *

CFG = configuration(
    interface(0)
    + interface(0, endpoint(0x01, ISOCHRONOUS, 100, 1), endpoint(0x82, ISOCHRONOUS, 100, 1), alternate=1)
)
PACKETS = 20
heard = bytearray()
packet_out = bytearray(100)
sent = 0


def feed():
    global sent
    if sent < PACKETS:
        usb.submit_xfer(0x82, bytes([sent]) * 100)
        sent += 1


def on_transfer(endpoint, result, count):
    if endpoint == 0x01:
        heard.extend(packet_out[:count])
        usb.submit_xfer(0x01, packet_out)
    else:
        feed()


host = plug(CFG, xfer_cb=on_transfer)
enumerate_again(host)
host.set_interface(0, 1)
host.run(1)
usb.submit_xfer(0x01, packet_out)
feed()

frame = host.frame()
stream = host.read(0x82, PACKETS * 100)
print(len(stream), stream == b"".join(bytes([n]) * 100 for n in range(PACKETS)))
print(PACKETS <= host.frame() - frame <= PACKETS + 2)

print(host.write(0x01, pattern(250)))
host.run(2)
print(bytes(heard) == pattern(250))
