# The constants and descriptors of a firmware with mass storage beside the serial port, and what of it is Python's to use.
import usbsim
from machine import USBDevice
from storage import FileBlocks, Storage

print([name for name in dir(USBDevice) if name.startswith("BUILTIN")])
driver = USBDevice.BUILTIN_CDC_MSC
print(driver is USBDevice.BUILTIN_DEFAULT, driver.itf_max, driver.ep_max, driver.str_max)
descriptor = bytes(driver.desc_cfg)
print(len(descriptor), descriptor[:9], descriptor[-23:])
print(bytes(driver.desc_dev))

disk = FileBlocks("msc_builtin")
host = usbsim.Host()
usb = USBDevice()
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
usb.active(True)
found = host.enumerate()
print(found["strings"])
print(host.control_in(0x80, 6, 0x0305, 0x0409, 255))
print("GET_MAX_LUN", host.control_in(0xA1, 0xFE, 0, 2, 1))
storage = Storage(host)
print(storage.command(b"\x12\0\0\0\x24\0", 36))
print(storage.command(b"\x12\x01\x80\0\x14\0", 20))

# The endpoints are not Python's.
print(usb.submit_xfer(0x83, b"hello"), usb.submit_xfer(0x03, bytearray(64)), usb.stall(0x83), usb.stall(0x83, True), usb.stall(0x83))
print(storage.command(b"\0\0\0\0\0\0"))

# Without the built-in drivers the same interface is nobody's.
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_NONE
calls = []
usb.config(driver.desc_dev, driver.desc_cfg, control_xfer_cb=lambda stage, request: calls.append((stage, bytes(request))))
usb.active(True)
host.run(100)
host.enumerate()
try:
    host.control_in(0xA1, 0xFE, 0, 2, 1)
except OSError as error:
    print(error.args[1], calls)
print(usb.submit_xfer(0x83, b"hello"), host.read(0x83, 64))
