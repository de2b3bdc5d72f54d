# examples/midi.py: its scale, and its answers, also to a host that sends faster than it reads.
from usbtest import *

exec(example("midi.py", "played = 0")[0])
host = connect()


def turn():
    """What the loop at the end of the program does."""
    while heard:
        answer()


for _ in range(2):
    host.enumerate()
    host.run(5)
    print(plugged, sending, heard)
    reading = [host.submit_read(NOTES_IN, 64) for _ in range(2 * len(SCALE))]
    begin = host.now_us()
    play()
    print([transfer.wait().hex() for transfer in reading], (host.now_us() - begin) // 100000)

    host.write(NOTES_OUT, note(NOTE_ON, 60, 1) + note(NOTE_OFF, 115, 2) + note(NOTE_ON, 116, 3) + b"\x0b\xb0\x07\x7f")
    host.run(1)
    reading = host.submit_read(NOTES_IN, 64)
    turn()
    print(reading.wait().hex())

    many = [bytes(note(NOTE_ON, key, 99)) for key in range(100)]
    writing = [host.submit_write(NOTES_OUT, b"".join(many[at : at + 16])) for at in range(0, 100, 16)]
    reading = [host.submit_read(NOTES_IN, 64) for _ in writing]
    while not all(transfer.done() for transfer in reading):
        turn()
        host.run(1)
    answers = b"".join(transfer.wait() for transfer in reading)
    print([answers[at] for at in range(2, 400, 4)] == list(range(12, 112)), [transfer.wait() for transfer in writing])

    host.write(NOTES_OUT, note(NOTE_ON, 60, 1))  # a message that nobody has looked at when the cable is pulled,
    sending = usb.submit_xfer(NOTES_IN, bytes(4))  # and one that nobody fetches any more
    host.unplug()
    host.run(100)
    host.plug()
    host.run(200)
