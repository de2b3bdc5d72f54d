# config() refuses descriptors that lie: ValueError, whose message names the descriptor, the byte offset and the rule.
from usbtest import *

DEV = device()
IN, OUT = endpoint(0x81), endpoint(0x01)


def check(name, desc_dev=DEV, desc_cfg=PAIR):
    try:
        usb.config(desc_dev, desc_cfg)
        print(name, "- accepted")
    except ValueError as error:
        digits = any(character.isdigit() for character in str(error))
        print(name, "- refused", "with a reason" if digits and len(str(error)) > 10 else "with only: %s" % error)


def poke(whole, offset, value):
    changed = bytearray(whole)
    changed[offset] = value
    return changed


print("device")
check("18 bytes", DEV)
check("17 bytes", DEV[:17])
check("empty", b"")
check("19 bytes", DEV + b"x")
for size in (0, 7, 8, 9, 16, 32, 63, 64, 65, 255):
    check("bMaxPacketSize0 %d" % size, device(size))

print("configuration")
check("fine")
check("empty", desc_cfg=b"")
check("8 bytes", desc_cfg=PAIR[:8])
check("more bytes than wTotalLength", desc_cfg=PAIR + b"xyz")
check("fewer bytes than wTotalLength", desc_cfg=PAIR[:-1])
check("wTotalLength 65535", desc_cfg=poke(poke(PAIR, 2, 255), 3, 255))
check("bLength 0", desc_cfg=poke(PAIR, 9, 0))
check("bLength 0 at the end", desc_cfg=poke(PAIR, 25, 0))
check("bLength past the end", desc_cfg=poke(PAIR, 25, 8))
check("bLength 255", desc_cfg=poke(PAIR, 18, 255))

print("endpoints")
check("the same address twice", desc_cfg=configuration(interface(0, IN, IN)))
check("in and out of one number", desc_cfg=configuration(interface(0, IN, OUT)))
check("one address in two settings", desc_cfg=configuration(interface(0, IN) + interface(0, IN, alternate=1)))
check("number 0", desc_cfg=configuration(interface(0, endpoint(0x80))))
check("type control", desc_cfg=configuration(interface(0, endpoint(0x81, 0))))
for kind, sizes in ((BULK, (8, 64, 65, 512)), (INTERRUPT, (1, 64, 65)), (ISOCHRONOUS, (1, 1023, 1024))):
    for size in sizes:
        check("type %d size %d" % (kind, size), desc_cfg=configuration(interface(0, endpoint(0x81, kind, size))))
check("size 0 of an isochronous endpoint", desc_cfg=configuration(interface(0, endpoint(0x81, ISOCHRONOUS, 0))))

print("what upstream serves is served")
check("wrong bNumInterfaces", desc_cfg=poke(PAIR, 4, 9))
check("wrong bNumEndpoints", desc_cfg=poke(PAIR, 13, 5))
check("wrong device type", poke(DEV, 1, 9))
check("endpoint of 9 bytes", desc_cfg=configuration(interface(0, b"\x09" + endpoint(0x81)[1:] + b"\x00\x00")))
check("unknown descriptors", desc_cfg=configuration(b"\x02\x77", interface(0, IN), b"\x03\x24\x00"))
