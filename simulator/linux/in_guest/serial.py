"""Serial ports of the guest (/dev/ttyACM*)."""

import errno
import fcntl
import os
import random
import select
import struct
import termios
import threading
import time

BLOCK = 4096
CONTROL_LINES = {"DTR": termios.TIOCM_DTR, "RTS": termios.TIOCM_RTS}
SIZES = {5: termios.CS5, 6: termios.CS6, 7: termios.CS7, 8: termios.CS8}

# Open ports, by the numbers that callers outside the guest have for them.
ports = {}


class Port:
    """An open port that passes every byte as it is."""

    def __init__(self, node):
        self.node = node
        # Not blocking: an open port without a carrier would wait for one.
        self.file = os.open(node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.set(115200)

    def set(self, baud, size=8, parity="N", stops=1):
        """Sets the line coding; nothing is echoed or translated."""
        speed = getattr(termios, f"B{baud}")
        # HUPCL: the control lines go down when the port is closed.
        control = SIZES[size] | termios.CREAD | termios.CLOCAL | termios.HUPCL
        control |= {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}[parity]
        control |= termios.CSTOPB if stops == 2 else 0
        letters = [b"\0"] * 32
        termios.tcsetattr(self.file, termios.TCSANOW, [0, 0, control, 0, speed, speed, letters])

    def line(self, name, up):
        request = termios.TIOCMBIS if up else termios.TIOCMBIC
        fcntl.ioctl(self.file, request, struct.pack("I", CONTROL_LINES[name]))

    def write(self, data, seconds=30):
        """Writes everything, or raises."""
        end = time.monotonic() + seconds
        data = memoryview(data)
        while data:
            try:
                data = data[os.write(self.file, data[:BLOCK]) :]
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError(f"{self.node}: {len(data)} bytes were not taken in {seconds} s") from None
                select.select([], [self.file], [], 0.1)

    def write_some(self, data, quiet):
        """Writes until nothing more is taken for `quiet` seconds; returns how many bytes were."""
        taken = 0
        data = memoryview(data)
        while taken < len(data):
            try:
                taken += os.write(self.file, data[taken : taken + BLOCK])
            except BlockingIOError:
                if not select.select([], [self.file], [], quiet)[1]:
                    break
        return taken

    def read(self, size, seconds=30, pause=0.0):
        """`size` bytes, or fewer if no more come for so many seconds. `pause`: seconds of rest after each piece."""
        data = bytearray()
        while len(data) < size:
            if not select.select([self.file], [], [], seconds)[0]:
                break
            piece = os.read(self.file, min(BLOCK, size - len(data)))
            if not piece:
                break
            data += piece
            time.sleep(pause)
        return bytes(data)

    def read_until(self, text, seconds=30):
        """Everything up to `text` and with it; raises if it does not come."""
        data = bytearray()
        end = time.monotonic() + seconds
        while text not in data:
            if not select.select([self.file], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(f"{self.node}: {text!r} did not come in {seconds} s; this did: {bytes(data[-200:])!r}")
            try:
                data += os.read(self.file, 1)
            except BlockingIOError:
                continue
        return bytes(data)

    def close(self):
        os.close(self.file)


def open_port(node):
    port = Port(node)
    ports[port.file] = port
    return port.file


def close_port(number):
    ports.pop(number).close()


def port(number, method, *arguments):
    """Calls a method of an open port."""
    return getattr(ports[number], method)(*arguments)


def difference(sent, received):
    """Where they differ first, in words; "" if nowhere."""
    if sent == received:
        return ""
    at = next((i for i, (one, other) in enumerate(zip(sent, received)) if one != other), min(len(sent), len(received)))
    return f"sent {len(sent)}, received {len(received)}, different from {at} on: {sent[at : at + 8]!r}, {received[at : at + 8]!r}"


def echo(node, size, seed, seconds=120, pause=0.0):
    """Sends so many random bytes while it reads them back: (what differs, seconds that it took).

    `pause`: the reader rests so many seconds after each piece that it reads.
    """
    one = Port(node)
    data = random.Random(seed).randbytes(size)
    problems = []

    def send():
        try:
            one.write(data, seconds)
        except OSError as error:
            problems.append(str(error))

    started = time.monotonic()
    sender = threading.Thread(target=send)
    sender.start()
    received = one.read(size, 30, pause)
    sender.join()
    took = time.monotonic() - started
    one.close()
    return "; ".join([*problems, difference(data, received)]).strip("; "), took


def fill_then_read(node, size, seed):
    """Writes without reading until nothing more is taken, then reads it all back: (what differs, bytes that were taken)."""
    one = Port(node)
    data = random.Random(seed).randbytes(size)
    taken = one.write_some(data, 3)
    received = one.read(taken, 10)
    one.close()
    return difference(data[:taken], received), taken


def reopen(node, times):
    """Opens the port, sends a line, reads it back, closes it, so many times: the number of the first that failed, or -1."""
    for number in range(times):
        one = Port(node)
        line = b"open %d\n" % number
        one.write(line)
        back = one.read(len(line), 10)
        one.close()
        if back != line:
            return number
    return -1


def is_gone(number):
    """Whether an open port has noticed that its device has left."""
    try:
        return os.read(ports[number].file, 1) == b""
    except BlockingIOError:
        return False
    except OSError as error:
        return error.errno in (errno.EIO, errno.ENODEV)
