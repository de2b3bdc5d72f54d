# A program of the shape of micropython-lib's usb-device-midi: no association, endpoint descriptors of 9 bytes, an input
# buffer smaller than a packet, messages handled in scheduled functions.
from usbtest import *
from drivers import Midi
from framework import Device

received = []
midi = Midi(received.append)
Device().init(midi)
host = connect()
host.enumerate()
host.run(5)

events = b"".join(bytes((9, 0x90, note, 100)) for note in range(64))
for at in range(0, len(events), 64):
    host.write(0x01, events[at : at + 64])  # 16 events in one packet, four times what is left of the buffer
    host.run(5)
print(len(received), [message[1] for message in received] == list(range(64)))

reading = [host.submit_read(0x81, 64) for _ in range(3)]
for note in (60, 64, 67):
    midi.send(0x90, note, 127)
print([transfer.wait().hex() for transfer in reading])
