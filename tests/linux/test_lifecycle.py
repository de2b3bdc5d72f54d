"""What happens to a device on a desk: pulled out and put back, reset, switched off and on by the kernel."""

from rig import DEVICES, EXAMPLES

CYCLES = 150
RESETS = 20


def echoes(rig, device, size=4096):
    """Its Python serial port works."""
    [ports] = device.nodes("ttyACM")
    problem, _ = rig.call("serial.echo", ports[-1], size, seed=size)
    assert not problem, problem


def test_composite_device_beside_the_builtin_port(rig):
    """Serial port, keyboard and MIDI, each behind an association; all at once."""
    with rig.device(DEVICES / "composite_all.py") as device:
        drivers = list(device.interfaces.values())
        assert drivers == ["cdc_acm"] * 4 + ["usbhid"] + ["snd-usb-audio"] * 2, drivers
        [[builtin, port], [events], [midi]] = device.nodes("ttyACM", "event", "midiC")
        echo = rig.guest.start("serial.echo", port, 1 << 16, 5)
        notes = b"".join(bytes((0x90, i % 128, 64)) for i in range(500))
        exchange = rig.guest.start("midi.exchange", midi, notes, len(notes))
        keys = rig.guest.start("events.in_bursts", events, builtin, "keys {count}", 70, 7, 2, repeats=True)
        assert echo.result(120)[0] == ""
        assert exchange.result(120) == notes
        assert len(keys.result(120)) == 140


def test_150_times_unplugged_and_plugged(rig):
    with rig.device(EXAMPLES / "vendor_echo.py") as device:
        for _ in range(CYCLES):
            device.program.tell("unplug")
            rig.call("usb.wait_gone", device.name)
            device.program.tell("plug")
            # The guest's port stays the same, and so its name.
            rig.call("usb.wait_configured", device.name)
        device.wait()
        interface = max(device.interfaces)
        assert rig.call("watch.bulk_echo", device.node, int(interface.rpartition(".")[2]), "there") == "there"


def test_reset_in_the_middle_of_transfers(rig):
    with rig.device(DEVICES / "cdc_echo.py") as device:
        for _ in range(RESETS):
            [ports] = device.nodes("ttyACM")
            number = rig.call("serial.open_port", ports[-1])
            rig.call("serial.port", number, "write_some", bytes(50_000), 0.05)
            rig.call("usb.reset", device.node)
            rig.call("serial.close_port", number)
            device.wait()
        echoes(rig, device)


def test_authorized_and_configuration(rig):
    with rig.device(DEVICES / "cdc_echo.py") as device:
        for attribute, off, on in (("authorized", 0, 1), ("bConfigurationValue", 0, 1)):
            for _ in range(3):
                rig.call("usb.set_attribute", device.name, attribute, off)
                rig.call("usb.wait_no_interfaces", device.name)
                rig.call("usb.set_attribute", device.name, attribute, on)
                device.wait()
                echoes(rig, device)
