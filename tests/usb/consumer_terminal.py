# A serial port made in Python as the terminal (os.dupterm): output written inside callbacks reaches it, without a deadlock.
import io
import os
from usbtest import *
from drivers import Serial
from framework import Device


class Terminal(io.IOBase):
    def __init__(self, serial):
        self.serial = serial

    def write(self, data):
        return self.serial.write(data)

    def readinto(self, buffer):
        return None


serial = Serial(1024)
Device().init(serial)
host = connect()
host.enumerate()
host.run(5)


quiet_control = serial.on_control


def chatty_control(stage, request):
    print("stage", stage)
    return quiet_control(stage, request)


serial.on_control = chatty_control
os.dupterm(Terminal(serial))
print("on the terminal")
host.control_in(0xA1, 0x21, 0, 0, 7)
host.run(1)
os.dupterm(None)
received = b""
while len(received) < 40:
    received += host.read(0x82, 64)
    host.run(1)
print(received)
