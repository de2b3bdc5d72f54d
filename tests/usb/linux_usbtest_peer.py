# tests/linux/devices/usbtest_peer.py, which Linux's usbtest driver plays with: here this host does what the driver does.
from usbtest import *

exec(program("tests/linux/devices/usbtest_peer.py", "while True:")[0])
host = connect()


def show(what, *results):
    print(what, *results)


def right_bytes(endpoint, length):
    return (bytes(expected[endpoint]) * (length // ROOM + 1))[:length]


def sink(endpoint, *lengths):
    """Writes of such lengths, each with an empty packet at its end where it needs one; what the device took of them."""
    return [settled(host.write, endpoint, right_bytes(endpoint, length), zlp=True) for length in lengths]


def source(endpoint, *lengths):
    """Reads of such lengths: whether every byte was right."""
    return [settled(host.read, endpoint, length) == right_bytes(endpoint, length) for length in lengths]


def queued(transfers):
    return [transfer.wait() for transfer in transfers]


def battery():
    found = host.enumerate()
    host.run(5)
    show("identity", found["device"][8:12].hex(), len(found["configuration"]), len(found["bos"]))
    show("write", sink(BULK_OUT, 512, 1024, 1, 63, 64, 65, 511, 1000, 4096, 8192))
    show("read", source(BULK_IN, 512, 1024, 64, 4096, 8192, 320))

    kib = right_bytes(BULK_OUT, 1024)
    show("queued", queued([host.submit_write(BULK_OUT, kib) for _ in range(32)]) == 32 * [1024])
    show("queued", queued([host.submit_read(BULK_IN, 1024) for _ in range(32)]) == 32 * [kib])
    busy = [host.submit_write(BULK_OUT, kib, zlp=True) for _ in range(8)]
    busy.pop(6).cancel()
    busy.pop(4).cancel()
    show("unlinked", queued(busy))
    for transfer in (host.submit_read(BULK_IN, ROOM), host.submit_write(BULK_OUT, expected[BULK_OUT])):
        host.run(3)
        transfer.cancel()
    show("after", source(BULK_IN, 512), sink(BULK_OUT, 64))

    for endpoint, move in ((BULK_IN, source), (BULK_OUT, sink)):
        show("halt", hex(endpoint), move(endpoint, 512))
        host.control_out(0x02, 3, 0, endpoint)
        show(host.control_in(0x82, 0, 0, endpoint, 2), [attempt(move, endpoint, 512) for _ in range(2)])
        host.clear_halt(endpoint)
        show(host.control_in(0x82, 0, 0, endpoint, 2), move(endpoint, 512))
    for _ in range(3):  # the toggle of an endpoint that is not halted
        host.clear_halt(BULK_OUT)
        sink(BULK_OUT, 128)
    show("toggles", sink(BULK_OUT, 128))

    good = []
    for length in (1, 2, 63, 64, 65, 512, 1000, 4096, 0):
        data = pattern(length)
        host.control_out(0x40, 0x5B, 0, 0, data)
        good.append(host.control_in(0xC0, 0x5C, 0, 0, length) == data)
    show("vendor", good)
    for request in ((0x40, 0x5B, 0, 0, bytes(4097)), (0x40, 0x5B, 1, 0, b"x"), (0x40, 0x5C, 0, 0, b"x")):
        show("refused", attempt(host.control_out, *request))
    for request in ((0xC0, 0x5C, 0, 0, 4097), (0xC0, 0x5C, 0, 1, 1), (0xC0, 0x5B, 0, 0, 1)):
        show("refused", attempt(host.control_in, *request))

    for alternate in (1, 2, 0, 2, 1):
        host.set_interface(0, alternate)
        host.run(1)
        show("setting", host.control_in(0x81, 10, 0, 0, 1), source(BULK_IN, 512), sink(BULK_OUT, 512))
        if alternate == 1:
            show("isochronous", source(ISO_IN, 256 * 100), sink(ISO_OUT, 256 * 10, 256 * 100))
        if alternate == 2:
            show("interrupt", source(INTERRUPT_IN, 64, 1024), sink(INTERRUPT_OUT, 64, 1024, 100))


battery()
print("and with the other pattern")
PATTERN = 1
for endpoint, text in expected.items():
    size = 256 if endpoint & 0x0F == 2 else 64
    expected[endpoint] = packets(size)
    if endpoint & 0x80:
        buffers[endpoint] = expected[endpoint]
battery()
host.set_interface(0, 0)
host.run(1)
print("wrong bytes")
wrong = b"\x00\x01\x02\x04" + bytes(28)
print(settled(host.write, BULK_OUT, wrong), attempt(sink, BULK_OUT, 64))
host.clear_halt(BULK_OUT)
print(sink(BULK_OUT, 64, 100))
host.set_interface(0, 1)
host.run(1)
print(settled(host.write, ISO_OUT, wrong), sink(ISO_OUT, 100))
