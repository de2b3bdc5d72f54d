"""The kernel's usbhid and evdev: keys, moves and lights."""

from rig import DEVICES

KEYS, REPORTS = 500, 1000
KEY, RELATIVE = 1, 2
X, Y, LEFT = 0, 1, 0x110
NUM, CAPS, SCROLL = 0, 1, 2
# Linux's codes (linux/input-event-codes.h) for the keys a to z, 1 to 0.
ROWS = {"qwertyuiop": 16, "asdfghjkl": 30, "zxcvbnm": 44, "1234567890": 2}
CODES = {key: first + place for row, first in ROWS.items() for place, key in enumerate(row)}
ORDER = "abcdefghijklmnopqrstuvwxyz1234567890"


def command(rig, device, text):
    """A line for the device's program, on the built-in serial port."""
    [ports] = device.nodes("ttyACM")
    number = rig.call("serial.open_port", ports[0])
    rig.call("serial.port", number, "write", text.encode() + b"\r\n")
    return number


def test_1000_key_events_in_order(rig):
    with rig.device(DEVICES / "keyboard_many.py") as device:
        [[events], [port]] = device.nodes("event", "ttyACM")
        found = rig.call("events.in_bursts", events, port, "keys {count} {first}", KEYS, 7, 2, repeats=True, seconds=150)
    wanted = [[(KEY, CODES[ORDER[i % len(ORDER)]], value)] for i in range(KEYS) for value in (1, 0)]
    assert found == wanted, next(pair for pair in enumerate(zip(found, wanted)) if pair[1][0] != pair[1][1])


def test_1000_moves_in_order(rig):
    with rig.device(DEVICES / "mouse_many.py") as device:
        [[events], [port]] = device.nodes("event", "ttyACM")
        found = rig.call("events.in_bursts", events, port, "moves {count} {first}", REPORTS, 14, 1, seconds=150)
    button = 0
    for i, report in enumerate(found):
        wanted = [(RELATIVE, X, 1 + i % 10), (RELATIVE, Y, -1 - i % 7)]
        if button != i // 10 % 2:
            button = i // 10 % 2
            wanted.append((KEY, LEFT, button))
        assert sorted(report) == sorted(wanted), f"report {i} is {report}, not {wanted}"


def test_lights_reach_python(rig):
    with rig.device(DEVICES / "keyboard_many.py") as device:
        [[events]] = device.nodes("event")
        seen = 0
        for light, on, said in ((CAPS, 1, 2), (NUM, 1, 3), (SCROLL, 1, 7), (NUM, 0, 6), (CAPS, 0, 4), (SCROLL, 0, 0)):
            rig.call("events.light", events, light, on)
            seen = device.program.wait_for(f"lights {said}", 30, seen)
