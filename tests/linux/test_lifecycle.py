"""What happens to a device on a desk: pulled out and put back, reset, switched off and on by the kernel."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from rig import DEVICES, EXAMPLES

CYCLES = 150
CONTROLLERS = ["xhci", "xhci2"]
RESETS = 20
WAKINGS = 10


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
    """By two devices, each half of the times, so that they also come and go in each other's way."""

    def replug(device):
        for _ in range(CYCLES // len(CONTROLLERS)):
            device.program.tell("unplug")
            rig.call("usb.wait_gone", device.name)
            device.program.tell("plug")
            # The guest's port stays the same, and so its name.
            rig.call("usb.wait_configured", device.name)

    with contextlib.ExitStack() as plugged, ThreadPoolExecutor(len(CONTROLLERS)) as at_once:
        echo = EXAMPLES / "vendor_echo.py"
        devices = [plugged.enter_context(rig.device(echo, controller=controller)) for controller in CONTROLLERS]
        names = {device.name for device in devices}
        assert len(names) == len(devices), names
        list(at_once.map(replug, devices))
        for device in devices:
            device.wait()
            interface = int(max(device.interfaces).rpartition(".")[2])
            assert rig.call("watch.bulk_echo", device.node, interface, device.name) == device.name


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


def sleep_when_idle(rig, device):
    rig.call("usb.set_attribute", device.name, "power/autosuspend_delay_ms", 0)
    rig.call("usb.set_attribute", device.name, "power/control", "auto")


def test_runtime_suspend(rig):
    """The kernel lets the device sleep and wakes it. usb-redir has no word for either: the device works as before."""
    with rig.device(EXAMPLES / "vendor_echo.py") as device:
        sleep_when_idle(rig, device)
        interface = int(max(device.interfaces).rpartition(".")[2])
        for number in range(WAKINGS):
            rig.call("usb.wait_attribute", device.name, "power/runtime_status", "suspended")
            assert rig.call("watch.bulk_echo", device.node, interface, f"woken {number}") == f"woken {number}"
    with rig.device(DEVICES / "cdc_echo.py") as device:
        sleep_when_idle(rig, device)
        for _ in range(3):
            rig.call("usb.wait_attribute", device.name, "power/runtime_status", "suspended")
            echoes(rig, device)
            # Once its port was open, cdc_acm wants to be woken by the device; QEMU has taken out of the configuration
            # descriptor that it can. So the kernel keeps it awake, until the driver is bound anew.
            rig.call("usb.set_attribute", device.name, "authorized", 0)
            rig.call("usb.set_attribute", device.name, "authorized", 1)
            device.wait()


def test_authorized_and_configuration(rig):
    with rig.device(DEVICES / "cdc_echo.py") as device:
        for attribute, off, on in (("authorized", 0, 1), ("bConfigurationValue", 0, 1)):
            for _ in range(3):
                rig.call("usb.set_attribute", device.name, attribute, off)
                rig.call("usb.wait_no_interfaces", device.name)
                rig.call("usb.set_attribute", device.name, attribute, on)
                device.wait()
                echoes(rig, device)
