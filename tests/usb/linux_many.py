# tests/linux/devices: keyboard_many, mouse_many and midi_many, with fewer reports and messages than a Linux kernel gets.
from usbtest import *

# What follows their first lines is a loop that reads commands.
LOOP = "while True:"
COUNT = 320
host = None


def run(name):
    global host
    exec(program("tests/linux/devices/" + name, LOOP)[0], globals())
    host = host or connect()
    host.run(300)
    host.enumerate()
    host.run(5)


def signed(byte):
    return byte - 256 if byte > 127 else byte


run("keyboard_many.py")
reading = [host.submit_read(0x83, 8) for _ in range(2 * COUNT)]
keyboard.type(COUNT)
reports = [transfer.wait() for transfer in reading]
print([report[2] for report in reports] == [4 + i // 2 % 36 if i % 2 == 0 else 0 for i in range(2 * COUNT)])
settled(host.control_out, 0x21, 9, 0x0200, 2, b"\x02")

run("mouse_many.py")
reading = [host.submit_read(0x83, 8) for _ in range(COUNT)]
mouse.moves(COUNT)
moves = [(signed(report[1]), signed(report[2]), report[0]) for report in (transfer.wait() for transfer in reading)]
print(moves == [(1 + i % 10, -1 - i % 7, i // 10 % 2) for i in range(COUNT)])

run("midi_many.py")
reading = [host.submit_read(0x83, 64) for _ in range(COUNT // 16)]
midi.many(COUNT)
notes = b"".join(transfer.wait() for transfer in reading)
print(len(notes), all(notes[4 * i : 4 * i + 4] == event(i) for i in range(COUNT)))
for first in range(0, COUNT, 16):
    host.write(0x03, notes[4 * first : 4 * first + 64])
host.run(5)
midi.report()
host.write(0x03, notes[:4] + notes[8:16])
host.run(5)
midi.report()
