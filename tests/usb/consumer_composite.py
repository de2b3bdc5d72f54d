# Serial port, keyboard, mouse and MIDI in one device, without and with the built-in serial port.
from usbtest import *
from drivers import Keyboard, Midi, Mouse, Serial
from framework import Device

framework = Device()
host = None


def try_all(builtin):
    global host
    serial, keyboard, mouse, midi = Serial(), Keyboard(), Mouse(), Midi(lambda message: print("MIDI", message.hex()))
    framework.init(keyboard, serial, mouse, midi, builtin=builtin)
    host = host or connect()
    host.run(300)
    found = host.enumerate()
    host.run(5)
    interface = 2 if builtin else 0
    endpoint = 3 if builtin else 1
    print("interfaces", found["configuration"][4], [function.opened for function in (serial, keyboard, mouse, midi)])
    if builtin:
        print("built-in", host.control_in(0xA1, 0x21, 0, 0, 7).hex())
    print("serial", host.control_in(0xA1, 0x21, 0, interface + 1, 7).hex())
    host.write(endpoint + 2, b"text")
    host.run(1)
    print(serial.read())
    keyboard.keys(0, 4)
    print("keyboard", host.read(0x80 | endpoint, 8).hex())
    print("mouse", host.control_in(0x81, 6, 0x2100, interface + 3, 9)[0])
    mouse.move(1, 2)
    print(host.read(0x80 | endpoint + 3, 8).hex())
    host.write(endpoint + 4, b"\x09\x90\x3c\x7f")
    host.run(5)


try_all(False)
try_all(True)
