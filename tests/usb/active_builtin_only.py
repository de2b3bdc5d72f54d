# With a built-in driver chosen, active(True) needs no config(): the host sees the built-in device.
from usbtest import *

usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
usb.active(True)
host = connect()
found = host.enumerate()
print(bytes(found["device"]) == USBDevice.BUILTIN_DEFAULT.desc_dev)
print(bytes(found["configuration"]) == USBDevice.BUILTIN_DEFAULT.desc_cfg)
print(host.control_in(0xA1, 0x21, 0, 0, 7).hex())  # GET_LINE_CODING of the serial port: 115200 8N1
