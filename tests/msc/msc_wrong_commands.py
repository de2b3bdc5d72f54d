# The thirteen cases (Bulk-Only Transport section 6.7), commands that fail, and what is no command at all: on the bus.
import usbsim
from machine import USBDevice
from storage import BLOCK, FileBlocks, Storage, pattern

disk = FileBlocks("msc_wrong_commands")
disk.writeblocks(0, pattern(4 * BLOCK))
usb = USBDevice()
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT
usb.active(True)
host = usbsim.Host()
host.enumerate()
storage = Storage(host)


def say(what, result):
    status, residue, data, stalls = result
    print(what, "status", status, "residue", residue, "data", len(data), "STALL", [hex(one) for one in stalls])


ready = bytes(6)
read = lambda count: storage.blocks(0x28, 0, count)
write = lambda count: storage.blocks(0x2A, 8, count)
say("1 Hn = Dn", storage.command(ready))
say("2 Hn < Di", storage.command(read(1)))
say("3 Hn < Do", storage.command(write(1)))
say("4 Hi > Dn", storage.command(ready, 100))
say("5 Hi > Di", storage.command(read(1), 2 * BLOCK))
say("6 Hi = Di", storage.command(read(1), BLOCK))
say("7 Hi < Di", storage.command(read(2), BLOCK))
say("8 Hi <> Do", storage.command(write(1), BLOCK))
say("9 Ho > Dn", storage.command(ready, data=bytes(100)))
say("10 Ho <> Di", storage.command(read(1), data=bytes(BLOCK)))
say("11 Ho > Do", storage.command(write(1), data=pattern(2 * BLOCK)))
say("12 Ho = Do", storage.command(write(1), data=pattern(BLOCK)))
say("13 Ho < Do", storage.command(write(2), data=pattern(BLOCK)))

say("beyond the end", storage.command(storage.blocks(0x28, 128, 1), BLOCK))
print(storage.sense())
say("no such command", storage.command(b"\xee" * 10, 8))
print(storage.sense())
say("eject", storage.command(b"\x1b\0\0\0\x02\0"))
say("read", storage.command(read(1), BLOCK))
print(storage.sense())
say("load", storage.command(b"\x1b\0\0\0\x03\0"))
say("read", storage.command(read(1), BLOCK))

for wrong in (b"", b"USBC", bytes(31), bytes(64), storage.wrapper(ready, 0, True)[:30]):
    host.write(3, wrong)
    for attempt in range(2):
        for endpoint in (0x83, 0x03):
            try:
                print("not halted", host.read(0x83, 13) if endpoint & 0x80 else host.write(3, storage.wrapper(ready, 0, True)))
            except OSError:
                # Only a reset ends this halt.
                host.clear_halt(endpoint)
    storage.recover()
    say("after %d bytes" % len(wrong), storage.command(read(1), BLOCK))

# A reset in the middle of the data, either way.
host.write(3, storage.wrapper(storage.blocks(0x28, 0, 64), 64 * BLOCK, True))
print(host.read(0x83, 5 * BLOCK) == pattern(4 * BLOCK) + bytes(BLOCK))
storage.recover()
say("after reading", storage.command(read(1), BLOCK))
host.write(3, storage.wrapper(storage.blocks(0x2A, 0, 64), 64 * BLOCK, False))
host.write(3, pattern(BLOCK, 3))
storage.recover()
result = storage.command(read(1), BLOCK)
say("after writing", result)
print(result[2] == pattern(BLOCK))

# Halted by the host, as a test of chapter 9 does.
for endpoint in (0x83, 0x03):
    host.control_out(0x02, 3, 0, endpoint)
    host.clear_halt(endpoint)
    say("after a halt", storage.command(read(1), BLOCK))
