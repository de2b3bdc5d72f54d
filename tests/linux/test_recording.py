"""What the simulator records of a run, and what the kernel's usbmon does, are the same transfers."""

import struct

from rig import DEVICES
from test_usbtest import parameters

PACKET = struct.Struct("<QcBBBHbbqiiII8siiII")
KINDS = ("isochronous", "interrupt", "control", "bulk")
# Statuses of transfers that the host took back, of which each side may know a little more or less: ENOENT, ECONNRESET,
# ESHUTDOWN, EINPROGRESS.
TAKEN_BACK = {-2, -104, -108, -115}
# Of the kernel's devices. On the simulator's bus the device itself has that number.
ROOT_HUB = 1
SET_ADDRESS = b"\x00\x05"
# Iterations of a case of usbtest; test_usbtest has the usual ones.
FEW = 16
ISOCHRONOUS_PACKET = struct.Struct("<iII4x")


def read_pcap(path):
    """The events of a file of the simulator's, as usbmon.stop() gives them."""
    data = path.read_bytes()
    magic, _, _, _, _, _, link_type = struct.unpack_from("<IHHiIII", data)
    assert (magic, link_type) == (0xA1B2C3D4, 220)
    events = []
    at = struct.calcsize("<IHHiIII")
    while at < len(data):
        _, _, size, original = struct.unpack_from("<IIII", data, at)
        assert size == original
        at += 16
        packet = PACKET.unpack_from(data, at)
        number, letter, kind, endpoint, device, bus, no_setup, _, _, _, status, length, captured, setup, *_ = packet
        assert size == PACKET.size + captured
        content = data[at + PACKET.size : at + size]
        at += size
        setup = setup if no_setup == 0 or KINDS[kind] == "isochronous" else b""
        events.append((letter.decode(), number, KINDS[kind], endpoint, device, bus, status, length, setup, content))
    return events


def packets(header, data):
    """Of an isochronous transfer's event the status, the length and the bytes of each packet, wherever these lie."""
    _, count = struct.unpack("<II", header)
    content = data[count * ISOCHRONOUS_PACKET.size :]
    places = ISOCHRONOUS_PACKET.iter_unpack(data[: count * ISOCHRONOUS_PACKET.size])
    return [(status, length, content[offset : offset + length]) for status, offset, length in places]


def isochronous(sent, header, received):
    """What is to be the same of an isochronous transfer. Of OUT packets the bytes are those that were submitted."""
    submitted = [content for _, _, content in packets(*sent)]
    return submitted, packets(header, received)


def transfers(events, without=()):
    """The finished transfers of the devices that are not in `without`, in their order: for each pipe (kind, endpoint) a list of
    (setup packet, status, length, data).
    """
    begun = {}
    pipes = {}
    for letter, number, kind, endpoint, device, _, status, length, setup, data in events:
        if device in without or letter not in "SC":
            continue
        if letter == "S":
            begun[number] = (setup, data)
        elif number in begun:
            sent = begun.pop(number)
            if status in TAKEN_BACK:
                continue
            if kind == "isochronous":
                transfer = (b"", status, length, isochronous(sent, setup, data))
            else:
                transfer = (sent[0], status, length, data if endpoint & 0x80 else sent[1][:length])
            pipes.setdefault((kind, endpoint if kind != "control" else 0), []).append(transfer)
    return pipes


def compare(kernel, ours):
    """Fails where they differ; how many transfers there are, in words."""
    assert set(kernel) <= set(ours), (sorted(kernel), sorted(ours))
    total = 0
    for pipe, seen in sorted(kernel.items()):
        recorded = ours[pipe]
        # An interrupt IN endpoint is asked ahead of the guest: what it had not taken when it was unplugged comes last.
        recorded = recorded[: len(seen)] if pipe[0] == "interrupt" and pipe[1] & 0x80 else recorded
        first = next((i for i, pair in enumerate(zip(seen, recorded)) if pair[0] != pair[1]), min(len(seen), len(recorded)))
        assert seen == recorded, (
            f"{pipe}: transfer {first} of {len(seen)} and {len(recorded)}: the kernel {seen[first : first + 1]}, "
            f"the simulator {recorded[first : first + 1]}"
        )
        total += len(seen)
    return f"{total} transfers on {len(kernel)} pipes"


def test_pcap_is_what_usbmon_saw(rig):
    recording = rig.scratch / "recording.pcap"
    rig.call("usbmon.start")
    with rig.device(DEVICES / "composite_all.py", options=["--pcap", recording]) as device:
        [[builtin, port], [events], [midi]] = device.nodes("ttyACM", "event", "midiC")
        problem, _ = rig.call("serial.echo", port, 1 << 16, seed=9)
        assert not problem, problem
        rig.call("events.in_bursts", events, builtin, "keys {count}", 28, 7, 2, repeats=True)
        rig.call("midi.exchange", midi, b"\x90\x3c\x7f" * 100, 300)
        assert rig.call("usb.control", device.node, 0x80, 6, 0x03EE, 0, 255) == ("error", "EPIPE")
        assert rig.call("usb.control", device.node, 0x80, 6, 0x0200, 0, 9)[:2] == b"\x09\x02"
    kernel = transfers(rig.call("usbmon.stop"), [ROOT_HUB])
    ours = transfers(read_pcap(recording))
    assert {kind for kind, _ in kernel} == {"control", "bulk", "interrupt"}, sorted(kernel)
    assert sum(map(len, kernel.values())) > 500, {pipe: len(seen) for pipe, seen in kernel.items()}
    return compare(kernel, ours)


def test_pcap_is_what_usbmon_saw_over_usbip(rig):
    """Where isochronous transfers are those of the kernel. Over usb-redir QEMU makes its own."""
    recording = rig.scratch / "recording-usbip.pcap"
    rig.call("usbmon.start")
    with rig.remote_device(DEVICES / "usbtest_peer.py", options=["--pcap", recording]) as device:
        cases = {1: [1, 2, 5, 6, 9, 13, 14, 15, 16, 22, 23], 2: [25, 26]}
        for alternate, numbers in cases.items():
            rig.call("usbtest.choose", device.name, alternate)
            for case in numbers:
                iterations, *others = parameters(case)
                result = rig.call("usbtest.run", device.node, case, min(iterations, FEW), *others, seconds=120)
                assert result[0] == "ok", (case, result)
    kernel = transfers(rig.call("usbmon.stop"), [ROOT_HUB])
    assert {kind for kind, _ in kernel} == {"control", "bulk", "interrupt", "isochronous"}, sorted(kernel)
    # Linux's virtual controller keeps this request to itself.
    requests = kernel["control", 0]
    requests[:] = [request for request in requests if request[0][:2] != SET_ADDRESS]
    return compare(kernel, transfers(read_pcap(recording)))
