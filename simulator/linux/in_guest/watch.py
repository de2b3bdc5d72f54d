"""What a person would see at the guest's screen: what a keyboard types, a mouse's moves, notes, and text that comes back."""

import glob
import os
import select
import struct
import termios
import time

import serial
import usb

EVENT = struct.Struct("llHHi")
# Types and codes of linux/input-event-codes.h.
RELATIVE, KEY, LED = 2, 1, 17
RELATIVE_NAMES = {0: "right", 1: "down", 8: "wheel"}
BUTTONS = {0x110: "left button", 0x111: "right button", 0x112: "middle button"}
BULK = 2


class Console:
    """The text console that the kernel's own keyboard driver types into. It has its keys from the first one on."""

    def __init__(self):
        self.file = os.open("/dev/tty1", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        # Each character at once, none of them printed again.
        mode = termios.tcgetattr(self.file)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
        termios.tcsetattr(self.file, termios.TCSANOW, mode)

    def read(self):
        try:
            return os.read(self.file, 4096).decode(errors="replace")
        except BlockingIOError:
            return ""


console = None


def start():
    """Before the device is plugged in."""
    global console
    console = Console()


def typed(line, seconds):
    """What is typed until `line` is there, or the time is over."""
    text = ""
    end = time.monotonic() + seconds
    while (not line or line not in text) and time.monotonic() < end:
        text += console.read()
        time.sleep(0.02)
    return text


def echo(node, line, seconds):
    """What comes back from a serial port."""
    port = serial.Port(node)
    try:
        port.write(line.encode() + b"\r")
        return port.read_until(line.encode(), seconds).decode(errors="replace")
    except TimeoutError as error:
        return str(error)
    finally:
        port.close()


def bulk_echo(node, interface, line):
    """What comes back from the first bulk pair of a vendor's interface, whose number is `interface`."""
    pair = {}
    for endpoint in glob.glob(f"/sys/bus/usb/devices/*:1.{interface}/ep_*"):
        with open(f"{endpoint}/type") as kind, open(f"{endpoint}/bEndpointAddress") as address:
            if kind.read().strip() == "Bulk":
                number = int(address.read(), 16)
                pair.setdefault(number & 0x80, number)
    if len(pair) != 2:
        return None
    with usb.Device(node) as device:
        device.claim(interface)
        device.bulk(pair[0], line.encode())
        return device.bulk(pair[0x80], len(line.encode())).decode(errors="replace")


def events(nodes, seconds):
    """What the input devices and MIDI ports say meanwhile, in words."""
    files = {os.open(node, os.O_RDONLY | os.O_NONBLOCK): node for node in nodes}
    said = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for file in select.select(list(files), [], [], 0.1)[0]:
            data = os.read(file, 24 * 64)
            if "event" not in files[file]:
                said.append(f"{files[file]}: {data.hex(' ')}")
                continue
            for _, _, kind, code, value in EVENT.iter_unpack(data):
                if kind == RELATIVE:
                    said.append(f"{files[file]}: {RELATIVE_NAMES.get(code, f'axis {code}')} {value}")
                elif kind == KEY:
                    name = BUTTONS.get(code, f"key {code}")
                    said.append(f"{files[file]}: {name} {'down' if value else 'up'}")
    for file in files:
        os.close(file)
    return said
