# KeyboardInterrupt and SystemExit that a callback raises reach the main program; the device goes on.
from usbtest import *

which = KeyboardInterrupt


def on_transfer(endpoint, result, count):
    if which:
        raise which


def on_control(stage, request):
    if which and stage == 1:
        raise which
    return b"answer"


def watch(call, *arguments):
    try:
        call(*arguments)
        host.run(5)
        for _ in range(100):
            pass
        print("lost")
    except KeyboardInterrupt:
        print("KeyboardInterrupt reached the program")
    except SystemExit:
        print("SystemExit reached the program")
    except OSError:
        host.run(5)


host = start(control_xfer_cb=on_control, xfer_cb=on_transfer)
for which in (KeyboardInterrupt, SystemExit):
    usb.submit_xfer(0x81, b"x")
    watch(host.read, 0x81, 64)
    watch(host.control_in, 0xC0, 1, 0, 0, 8)
which = None
host.run(5)
host.clear_halt(0x81)
print(usb.submit_xfer(0x81, b"alive"), host.read(0x81, 64), host.control_in(0xC0, 1, 0, 0, 8))
