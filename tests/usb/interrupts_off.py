# machine.disable_irq(): no packet is answered that would take the interrupt handler, and nothing is lost.
import machine
from usbtest import *

CFG = configuration(interface(0, endpoint(0x81, BULK, 64), endpoint(0x02, BULK, 64)))
done = []
host = plug(CFG, xfer_cb=lambda ep, result, count: done.append((hex(ep), count)))
enumerate_again(host)
usb.submit_xfer(0x81, pattern(200))
reading = host.submit_read(0x81, 200)
state = machine.disable_irq()
host.run(5)
print(reading.done(), done)
machine.enable_irq(state)
print(reading.wait() == pattern(200))
host.run(1)
print(done)
