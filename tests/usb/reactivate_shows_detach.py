# active(False), config(), active(True): the host sees the device go for at least 50 ms, then finds the new one.
from usbtest import *

host = start(desc_dev=device(product=1))
seen = len(host.events())
usb.active(False)
usb.config(device(product=2), PAIR)
usb.active(True)
host.run(300)
events = host.events()[seen:]
print([name for _, name in events])
gone = [time for time, name in events if name == "detach"]
back = [time for time, name in events if name == "attach"]
print(back[0] - gone[0] >= 50000)
print(enumerate_again(host)["device"][10])
