# The BUILTIN_ objects: the same fields and bytes as in upstream's firmware with a serial port.
from machine import USBDevice

none, default = USBDevice.BUILTIN_NONE, USBDevice.BUILTIN_DEFAULT
print(none.itf_max, none.ep_max, none.str_max, bytes(none.desc_cfg))
print(default.itf_max, default.ep_max, default.str_max)
print(default is USBDevice.BUILTIN_CDC)
print(hasattr(USBDevice, "BUILTIN_MSC"), hasattr(USBDevice, "BUILTIN_CDC_MSC"))
print(type(default.desc_dev), len(default.desc_dev), default.desc_dev == none.desc_dev)
print(default.desc_dev[:8].hex(), default.desc_dev[12:].hex())

at = 0
while at < len(default.desc_cfg):
    print(default.desc_cfg[at : at + default.desc_cfg[at]].hex())
    at += default.desc_cfg[at]

for field in ("itf_max", "desc_cfg"):
    try:
        setattr(default, field, 0)
    except AttributeError:
        print(field, "is read-only")
