"""The kernel's own test driver for device stacks, usbtest: all of its cases that the bus allows, and how fast it is."""

import json

from rig import DEVICES

BULK, ISOCHRONOUS, INTERRUPT = 0, 1, 2  # alternate settings of devices/usbtest_peer.py


def parameters(case):
    """(iterations, length, vary, sglen): what is usual at full speed. Lengths are multiples of the packet size."""
    if case == 0:
        return 1000, 0, 0, 0
    if case == 9:
        return 32, 0, 0, 0
    if case == 10:
        return 32, 0, 0, 32
    if case in (5, 6, 7, 8, 27, 28):
        return 8, 1024, 512, 8
    if case in (11, 12):
        return 64, 1024, 0, 0
    if case == 13:
        return 16, 512, 0, 0
    if case in (14, 21):
        return 64, 512, 61, 0
    if case in (15, 16, 22, 23):
        return 8, 1024, 0, 8
    if case == 24:
        return 64, 1024, 0, 8
    return 128, 1024, 512, 0


# What needs which alternate setting.
CASES = {BULK: [*range(15), *range(17, 22), 24, 27, 28, 29], ISOCHRONOUS: [15, 16, 22, 23], INTERRUPT: [25, 26]}
# QEMU forgets transfers when one of several is taken back, as this case does (docs/usb-redir-and-usbip.md).
NOT_OVER_REDIR = 24
# 2 MiB in pieces of 8 KiB, 32 of them queued.
SPEED = (8, 8192, 0, 32)


def run(rig, device, settings, pattern, leave_out=()):
    """Every case of these alternate settings: {case: (result, seconds)}."""
    results = {}
    for alternate in settings:
        rig.call("usbtest.choose", device["name"], alternate, pattern)
        for case in CASES[alternate]:
            if case not in leave_out:
                results[case] = rig.call("usbtest.run", device["node"], case, *parameters(case), seconds=120)
    return results


def expect_ok(results):
    failed = {case: result for case, result in results.items() if result[0] != "ok"}
    assert not failed, f"cases failed: {failed}"
    return f"{len(results)} cases"


def speed(rig, device):
    """kB/s of bulk IN and OUT, as cases 28 and 27 measure it."""
    iterations, length, _, queued = SPEED
    rig.call("usbtest.choose", device["name"], BULK)
    found = {}
    for name, case in (("bulk_in_kBps", 28), ("bulk_out_kBps", 27)):
        result, seconds = rig.call("usbtest.run", device["node"], case, *SPEED, seconds=120)
        assert result == "ok", f"case {case}: {seconds}"
        found[name] = round(iterations * length * queued / seconds / 1000, 1)
    return found


def test_kernels_gadget(rig):
    """The device to stand beside: the kernel's SourceSink gadget on its software bus, at full speed.

    It has no interrupt endpoints, and that bus no isochronous ones.
    """
    rig.call("gadget.start")
    try:
        device = rig.call("usb.wait", bus="dummy_hcd")
        results = run(rig, device, [BULK], 0)
        rig.keep("speed-gadget", speed(rig, device))
    finally:
        rig.call("gadget.stop")
    rig.keep("usbtest-gadget", results)
    return expect_ok(results)


def test_python_peer(rig):
    with rig.device(DEVICES / "usbtest_peer.py") as device:
        results = run(rig, device.description, [BULK, INTERRUPT], 0, [NOT_OVER_REDIR])
        rig.keep("speed-python", speed(rig, device.description))
        complaints = [line for line in device.program.lines if line and line.startswith("endpoint")]
    rig.keep("usbtest-python", results)
    assert not complaints, complaints[:3]
    return expect_ok(results)


def test_python_peer_over_usbip(rig):
    """What QEMU's usb-redir does not carry: case 24, and isochronous transfers. Beside them every other case."""
    with rig.remote_device(DEVICES / "usbtest_peer.py") as device:
        results = run(rig, device.description, CASES, 0)
        complaints = [line for line in device.program.lines if line and line.startswith("endpoint")]
    rig.keep("usbtest-python-usbip", results)
    assert not complaints, complaints[:3]
    return expect_ok(results)


def test_python_peer_with_counting_bytes(rig):
    """Both sides look at each byte, in the cases that have bytes to look at."""
    with rig.device(DEVICES / "usbtest_peer.py", files={"pattern.txt": b"1"}) as device:
        results = run(rig, device.description, [BULK], 1, [*range(9, 15), NOT_OVER_REDIR, 27, 28])
        complaints = [line for line in device.program.lines if line and line.startswith("endpoint")]
    assert not complaints, complaints[:3]
    return expect_ok(results)


def test_throughput_is_kept_for_the_benchmarks(rig):
    """build/linux/throughput.json: the unix port over usb-redir, and the kernel's gadget ("c") in the same guest."""
    ours, gadget = (json.loads((rig.scratch / f"speed-{name}.json").read_text()) for name in ("python", "gadget"))
    rows = [{"name": name, "board": "unix", "rust": ours[name], "c": gadget[name]} for name in ours]
    (rig.build / "linux" / "throughput.json").write_text(json.dumps(rows, indent=1) + "\n")
    assert all(row["rust"] > 0 and row["c"] > 0 for row in rows), rows
    return "; ".join(f"{row['name']} {row['rust']:.0f}, the gadget {row['c']:.0f}" for row in rows)
