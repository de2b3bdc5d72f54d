"""lsusb reads what every example says of itself and has nothing to complain of; vendor requests answer byte for byte."""

import re
import struct

from rig import EXAMPLES

COMPLAINTS = re.compile(r"warn|error|invalid|unrecogni[sz]ed|can't|cannot|junk|bogus|short|unknown|\*\*", re.I)
# Of a HID interface's report descriptor: lsusb does not take the interface from its driver to read it.
HAS_A_DRIVER = "** UNAVAILABLE **"
WEBUSB = bytes.fromhex("38b60834a909a0478bfda0768815b665")
MS_OS_20 = bytes.fromhex("df60ddd88945c74c9cd2659d9e648a9f")
GUID = "{6e0c6bbe-37ca-4f0f-a0c2-8d1f4c6d5a01}"
URL = b"example.org/lamp.html"


def test_lsusb_has_no_complaint(rig):
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert len(scripts) >= 8
    for script in scripts:
        with rig.device(script) as device:
            text = rig.call("system.shell", f"lsusb -v -s {device.bus}:{device.address} 2>&1")
        complaints = [line.strip() for line in text.splitlines() if COMPLAINTS.search(line) and line.strip() != HAS_A_DRIVER]
        assert not complaints, f"{script.name}: {complaints}"
        assert "Endpoint Descriptor" in text, f"{script.name}: lsusb has not read the configuration"
    return f"{len(scripts)} examples"


def ms_os_20(interface):
    """The descriptor set of examples/webusb.py, as Microsoft's specification lays it out."""
    name = "DeviceInterfaceGUIDs\0".encode("utf-16-le")
    value = (GUID + "\0\0").encode("utf-16-le")
    compatible = struct.pack("<HH8s8s", 20, 3, b"WINUSB", b"")
    size = 10 + len(name) + len(value)
    registry = struct.pack("<HHHH", size, 4, 7, len(name)) + name + struct.pack("<H", len(value)) + value
    function = struct.pack("<HHBBH", 8, 2, interface, 0, 8 + len(compatible) + size) + compatible + registry
    configuration = struct.pack("<HHBBH", 8, 1, 0, 0, 8 + len(function)) + function
    return struct.pack("<HHIH", 10, 0, 0x06030000, 10 + len(configuration)) + configuration


def test_bos_and_vendor_requests(rig):
    with rig.device(EXAMPLES / "webusb.py") as device:
        [interface] = [int(name.rpartition(".")[2]) for name, driver in device.interfaces.items() if not driver]
        descriptors = ms_os_20(interface)

        def ask(*request):
            return rig.call("usb.control", device.node, *request)

        webusb = b"\x18\x10\x05\x00" + WEBUSB + b"\x00\x01\x01\x01"
        ms = b"\x1c\x10\x05\x00" + MS_OS_20 + struct.pack("<IHBB", 0x06030000, len(descriptors), 2, 0)
        bos = struct.pack("<BBHB", 5, 15, 5 + len(webusb) + len(ms), 2) + webusb + ms
        assert ask(0x80, 6, 0x0F00, 0, 5) == bos[:5]
        assert ask(0x80, 6, 0x0F00, 0, 512) == bos
        url = bytes((3 + len(URL), 3, 1)) + URL
        assert ask(0xC0, 1, 1, 2, 255) == url
        assert ask(0xC0, 1, 2, 2, 255) == ("error", "EPIPE")
        for length in (1, 10, 63, 64, 65, len(descriptors) - 1, len(descriptors), 4096):
            assert ask(0xC0, 2, 0, 7, length) == descriptors[:length], length
        for value in (0, 1, 77, 255):
            assert ask(0x40, 0x10, value, 0) == 0
            assert ask(0xC0, 0x11, 0, 0, 1) == bytes((value,))
        assert ask(0x40, 0x10, 256, 0) == ("error", "EPIPE")
        # The stall is over with the next request.
        assert ask(0xC0, 0x11, 0, 0, 64) == b"\xff"
