# Wrong on purpose: tools/check_stubs.sh sees to it that the type checker finds each line marked as an error, and nothing
# in the others.
import usbsim
from machine import USBDevice

usb = USBDevice()
usb.config(b"", b"", None, None, None, None, None, desc_bos=b"", suspend_cb=lambda suspended: print(suspended))
usb.config(b"")  # error
usb.config(b"", b"", 5)  # error
usb.config(b"", b"", None, None, None, None, None, b"")  # error
usb.config(b"", b"", xfer_cb=lambda endpoint: None)  # error
usb.config(b"", b"", control_xfer_cb=lambda stage, request: 5.0)  # error
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
usb.builtin_driver = True  # error
usb.builtin_driver.itf_max = 3  # error
usb.submit_xfer(0x81, b"") and usb.stall(0x81) and usb.stall(0x81, True)
usb.submit_xfer(0x81)  # error
usb.submit_xfer("1", b"")  # error
usb.active(value=True)  # error
usb.sumbit_xfer(0x81, b"")  # error


def on_transfer(endpoint: int, result, count: int) -> None:
    if result == USBDevice.XFER_STALLED or not result:
        usb.submit_xfer(endpoint, bytearray(count))


usb.config(bytearray(18), memoryview(b""), {1: "one", 2: b"two"}, xfer_cb=on_transfer)

host = usbsim.Host()
print(host.enumerate()["device"][0], host.submit_read(0x81, 64).wait()[0], host.transaction("IN", 1, 0))
host.enumerate()["devise"]  # error
host.read(0x81)  # error
host.transaction("PING", 1, 0)  # error
