# A USB keyboard: types LINE, then stops. Plain machine.USBDevice, no library.
#
# On a board: copy it there as main.py, or `mpremote run keyboard.py` (which fails the first time if a USB device from
# Python is active already: the serial port goes away while it is taken down). Without a board: `make run`.

import machine
import time
from machine import USBDevice

try:
    LINE = open("line.txt").read()  # the text to type, if there is such a file beside this one
except OSError:
    LINE = "Hello, World!"

# A key is a number: 4 is A, 5 is B, ... (HID usage tables, page 7). These are the keys from 4 on as a US keyboard
# labels them, without and with shift; "\x00" is a key that types nothing we know.
PLAIN = "abcdefghijklmnopqrstuvwxyz1234567890\n\x1b\b\t -=[]\\\x00;'`,./"
SHIFTED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\x00\x00\x00\x00\x00_+{}|\x00:"~<>?'

usb = USBDevice()
usb.active(False)
usb.builtin_driver = USBDevice.BUILTIN_DEFAULT  # keep MicroPython's own serial port beside the keyboard
builtin = usb.builtin_driver
KEYBOARD = builtin.itf_max  # our interface: the first number that the serial port leaves free
REPORT_IN = 0x80 | builtin.ep_max  # our endpoint, likewise; 0x80 means "to the host"

# What a report is made of: 8 modifier keys (a bit each), one byte of nothing, 6 pressed keys (a byte each), and for the
# way back 5 lights. This is the layout of the "boot keyboard", which even a BIOS understands.
REPORT_DESCRIPTOR = bytes((
    0x05, 0x01, 0x09, 0x06, 0xA1, 0x01,  # generic desktop page, keyboard: collection
    0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02,  # modifiers
    0x95, 0x01, 0x75, 0x08, 0x81, 0x01,  # the empty byte
    0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02,  # lights
    0x95, 0x01, 0x75, 0x03, 0x91, 0x01,  # 3 bits to fill the byte
    0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00,  # keys
    0xC0,  # end of collection
))  # fmt: skip
HID_DESCRIPTOR = bytes((9, 0x21, 0x11, 0x01, 0, 1, 0x22, len(REPORT_DESCRIPTOR), 0))

configuration = bytearray(builtin.desc_cfg)  # must begin with the built-in part
configuration += bytes((9, 4, KEYBOARD, 0, 1, 3, 1, 1, 0))  # interface: HID (3), boot (1), keyboard (1)
configuration += HID_DESCRIPTOR
configuration += bytes((7, 5, REPORT_IN, 3, 8, 0, 8))  # interrupt endpoint, 8 bytes, asked every 8 ms
configuration[2:4] = len(configuration).to_bytes(2, "little")
configuration[4] += 1  # one more interface than the built-in part says

configured = False  # the host has accepted us
sending = False  # a report waits for the host to fetch it
lights = bytearray(1)


def on_open(descriptors):
    global configured
    configured = True


def on_reset():
    global configured, sending
    configured = sending = False


def on_sent(endpoint, result, count):
    global sending
    sending = False


def on_control(stage, request):
    if stage != 1:
        return True  # we decide when a request arrives (SETUP) and have nothing to add to its later stages
    kind, what, value = request[0], request[1], request[3]
    if request[4] != KEYBOARD:
        return False  # not for us
    if kind == 0x81 and what == 6:  # GET_DESCRIPTOR of the interface
        return {0x21: HID_DESCRIPTOR, 0x22: REPORT_DESCRIPTOR}.get(value, False)
    if kind == 0x21 and what == 9:  # SET_REPORT: the lights
        return lights
    return kind == 0x21 and what in (0x0A, 0x0B)  # SET_IDLE, SET_PROTOCOL: fine, we change nothing


def send(modifiers, key):
    global sending
    sending = True
    if not usb.submit_xfer(REPORT_IN, bytes((modifiers, 0, key, 0, 0, 0, 0, 0))):
        sending = False  # the host went away
    while sending:
        machine.idle()


usb.config(builtin.desc_dev, configuration, None, on_open, on_reset, on_control, on_sent)
usb.active(True)
while not configured:
    machine.idle()
time.sleep(1)  # Linux drops reports that come before its driver has settled down

for character in LINE:
    if character in PLAIN:
        send(0, 4 + PLAIN.index(character))
    elif character in SHIFTED:
        send(0x02, 4 + SHIFTED.index(character))  # 0x02: left shift
    else:
        continue  # no key for it
    send(0, 0)  # let go
