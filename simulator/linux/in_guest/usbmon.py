"""What the kernel itself records of its transfers (usbmon)."""

import fcntl
import os
import select
import struct
import threading

# struct mon_bin_hdr of the kernel's Documentation/usb/usbmon.rst, as read() gives it.
HEADER = struct.Struct("<QccBBHbbqiiII8s")
RING_SIZE = 0x92 << 8 | 4
RING = 1_200_000
KINDS = ("isochronous", "interrupt", "control", "bulk")

running = None


class Recording:
    def __init__(self):
        # 0: every bus.
        self.file = os.open("/dev/usbmon0", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.ioctl(self.file, RING_SIZE, RING)
        self.data = bytearray()
        self.stopping = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            if select.select([self.file], [], [], 0.2)[0]:
                self.data += os.read(self.file, 1 << 16)
            elif self.stopping:
                return

    def stop(self):
        self.stopping = True
        self.thread.join()
        os.close(self.file)
        return bytes(self.data)


def start():
    global running
    running = Recording()


def stop():
    """The events since start(): (letter, id, kind, endpoint, device, bus, status, length, setup packet or b"", data).

    Of isochronous transfers, instead of the setup packet, the counts of errors and of packets, and before the data 16 bytes for
    each packet.
    """
    data = running.stop()
    events = []
    at = 0
    while at < len(data):
        number, letter, kind, endpoint, device, bus, no_setup, _, _, _, status, length, captured, setup = HEADER.unpack_from(data, at)
        at += HEADER.size
        events.append(
            (
                letter.decode(),
                number,
                KINDS[kind[0]],
                endpoint,
                device,
                bus,
                status,
                length,
                setup if no_setup == 0 or kind == b"\0" else b"",
                data[at : at + captured],
            )
        )
        at += captured
    return events
