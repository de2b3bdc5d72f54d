# suspend_cb: True and False, only while configured; a reset while suspended ends the suspension first.
from usbtest import *

host = start(suspend_cb=show_suspend, reset_cb=show_reset)
for name in ("suspend", "resume", "suspend", "reset"):
    print(name)
    getattr(host, name)()
    host.run(10)
print("not configured")
host.suspend()
host.run(10)
host.resume()
host.run(10)
enumerate_again(host)
print("configured")
host.suspend()
host.run(10)
