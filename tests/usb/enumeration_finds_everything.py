# What a host learns when it looks at a device from Python beside the built-in serial port.
from usbtest import *

BUILTIN = USBDevice.BUILTIN_DEFAULT
CFG = configuration(interface(2, endpoint(0x03), endpoint(0x83), string=5), builtin=BUILTIN)
host = plug(CFG, BUILTIN.desc_dev, BUILTIN, desc_strs={2: "Own product", 5: "Instrument"})
found = host.enumerate()
print(bytes(found["device"]) == BUILTIN.desc_dev, bytes(found["configuration"]) == bytes(CFG))
print(found["strings"][1], found["strings"][2])
print(1 <= found["address"] <= 127)
print(text(host.control_in(0x80, 6, 0x0305, 0x0409, 255)))
