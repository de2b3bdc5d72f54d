# A MIDI instrument: plays a scale when it is plugged in, and answers every note that it hears an octave higher.
#
# On a Linux host: `aseqdump -l` names it, `aseqdump -p PORT` shows what it plays. It waits for somebody who listens.

import machine
import time
from machine import USBDevice

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)  # keys; 60 is the C in the middle
NOTE_OFF, NOTE_ON = 0x80, 0x90  # on the first of 16 channels; other channels: 0x81, ...

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port
builtin = usb.builtin_driver
CONTROL = builtin.itf_max  # a MIDI device is two interfaces: one that every audio device has,
STREAMING = CONTROL + 1  # one for the notes
NOTES_OUT = builtin.ep_max
NOTES_IN = 0x80 | NOTES_OUT

# Inside the device are four "jacks": what the host sends comes in at the embedded jack 1 and leaves at the external
# jack 4, what is plugged into the external jack 2 leaves for the host at the embedded jack 3.
streaming = bytes((
    6, 0x24, 2, 1, 1, 0,  # jack 1: in, embedded
    6, 0x24, 2, 2, 2, 0,  # jack 2: in, external
    9, 0x24, 3, 1, 3, 1, 2, 1, 0,  # jack 3: out, embedded; fed by jack 2
    9, 0x24, 3, 2, 4, 1, 1, 1, 0,  # jack 4: out, external; fed by jack 1
    9, 5, NOTES_OUT, 2, 64, 0, 0, 0, 0, 5, 0x25, 1, 1, 1,  # bulk endpoint to jack 1
    9, 5, NOTES_IN, 2, 64, 0, 0, 0, 0, 5, 0x25, 1, 1, 3,  # bulk endpoint from jack 3
))  # fmt: skip

configuration = bytearray(builtin.desc_cfg)
configuration += bytes((
    8, 11, CONTROL, 2, 1, 3, 0, 0,  # association: the next two interfaces are one function
    9, 4, CONTROL, 0, 0, 1, 1, 0, 0,  # interface: audio control, without endpoints
    9, 0x24, 1, 0x00, 0x01, 9, 0, 1, STREAMING,  # audio class 1.0; which interface belongs to it
    9, 4, STREAMING, 0, 2, 1, 3, 0, 0,  # interface: MIDI streaming
    7, 0x24, 1, 0x00, 0x01, 7 + len(streaming), 0,  # MIDI class 1.0; length of what describes it
))  # fmt: skip
configuration += streaming
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 2

plugged = 0  # how many times a host has accepted us
sending = False  # notes wait for the host to fetch them
buffer = bytearray(64)
heard = 0  # bytes in it that nobody has looked at; the host has to wait meanwhile


def on_open(descriptors):
    global plugged
    if descriptors[2] == CONTROL:  # byte 2 is the first interface number, of an association too
        plugged += 1
        usb.submit_xfer(NOTES_OUT, buffer)


def on_reset():
    global sending, heard
    sending = False
    heard = 0


def on_transfer(endpoint, result, count):
    global sending, heard
    if endpoint == NOTES_IN:
        sending = False
    elif endpoint == NOTES_OUT and result == 0:
        heard = count


def send(events):
    global sending
    sending = usb.submit_xfer(NOTES_IN, events)
    while sending:  # for as long as the host does not ask
        machine.idle()


def note(status, key, velocity):
    """The 4 bytes in which a message travels. The first says what kind it is, and is made of the second here."""
    return bytes((status >> 4, status, key, velocity))


def play():
    for key in SCALE:
        send(note(NOTE_ON, key, 100))
        time.sleep(0.1)
        send(note(NOTE_OFF, key, 0))


def answer():
    global heard
    answers = bytearray(buffer[: heard & ~3])
    for at in range(0, len(answers), 4):
        if answers[at] & 0x0F in (0x08, 0x09) and answers[at + 2] < 116:  # notes; the rest comes back as it is
            answers[at + 2] += 12
    heard = 0
    usb.submit_xfer(NOTES_OUT, buffer)  # ready for more
    if answers:
        send(answers)


usb.config(builtin.desc_dev, configuration, None, on_open, on_reset, None, on_transfer)
usb.active(True)

played = 0
while True:
    if played != plugged:
        played = plugged
        play()
    if heard:
        answer()
    machine.idle()
