"""The kernel's snd-usb-audio: MIDI in both directions."""

from rig import DEVICES
from test_input import command

MESSAGES = 10_000


def messages(count):
    """The same as in devices/midi_many.py."""
    return b"".join(bytes((0x90 | i % 16, i // 16 % 128, 1 + i % 127)) for i in range(count))


def expect_heard(rig, device, number, count):
    rig.call("serial.port", number, "write", b"heard\r\n")
    line = device.program.lines[device.program.wait_for("heard ", 60) - 1]
    assert line == f"heard {count}, wrong 0", line


def test_10000_messages_to_linux(rig):
    with rig.device(DEVICES / "midi_many.py") as device:
        [[port]] = device.nodes("midiC")
        recording = rig.guest.start("midi.receive", port, 3 * MESSAGES, 120)
        command(rig, device, f"send {MESSAGES}")
        assert recording.result(150) == messages(MESSAGES)


def test_10000_messages_to_python(rig):
    with rig.device(DEVICES / "midi_many.py") as device:
        [[port]] = device.nodes("midiC")
        number = command(rig, device, "")
        rig.call("midi.send", port, messages(MESSAGES), 120, seconds=150)
        expect_heard(rig, device, number, MESSAGES)


def test_messages_both_ways_at_once(rig):
    with rig.device(DEVICES / "midi_many.py") as device:
        [[port]] = device.nodes("midiC")
        exchange = rig.guest.start("midi.exchange", port, messages(2000), 3 * 2000, 120)
        number = command(rig, device, "send 2000")
        assert exchange.result(150) == messages(2000)
        expect_heard(rig, device, number, 2000)


def test_running_status(rig):
    """Notes without their status byte, and a clock in the middle of one: the driver makes events of them, which come back."""
    with rig.device(DEVICES / "composite_all.py") as device:
        [[port]] = device.nodes("midiC")
        notes = [(60 + i % 12, 1 + i % 127) for i in range(200)]
        running = b"\x93" + b"".join(bytes(note) for note in notes)
        whole = b"".join(b"\x93" + bytes(note) for note in notes)
        assert rig.call("midi.exchange", port, running, len(whole)) == whole
        # A clock may stand between the bytes of a message, and comes out before it.
        assert rig.call("midi.exchange", port, b"\x93\x3c\xf8\x40", 4) == b"\xf8\x93\x3c\x40"
