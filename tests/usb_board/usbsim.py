# The module usbsim for a board. A script of tests/usb runs on the board as it runs on the unix port; its host is outside
# (host.py). What the script asks of the host leaves as a line through UART0, and the answer comes back as one. The
# device's callbacks run meanwhile.

import builtins
import machine
import time

MARK = "\x01"

line = machine.UART(0, 3_000_000, tx=machine.Pin(0), rx=machine.Pin(1), txbuf=8192, rxbuf=1024)
_asking = False
_calls = 0


def _plain(value):
    """An argument as something whose repr() is a literal."""
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return value
    if isinstance(value, Transfer):
        return value._number
    return bytes(value)


def tell(*words):
    line.write(MARK + repr(words) + "\n")


def _line():
    """A line from the host."""
    text = b""
    raised = None
    while not text.endswith(b"\n"):
        # What a callback raises meanwhile waits until the line is whole.
        try:
            if line.any():
                text += line.read(line.any())
            else:
                # Not idle(): asking for any() wakes the processor that is about to sleep.
                time.sleep_ms(1)
        except MemoryError:
            # The line does not fit: there is no rest of it to wait for.
            raise
        except BaseException as error:
            raised = error
    if raised is not None:
        raise raised
    return eval(text)


def _answer(number):
    """The host's answer to the call of that number. An exception may have kept another one's from being taken."""
    while True:
        answered, kind, value = _line()
        if answered == number:
            return kind, value


def ask(name, *arguments, **others):
    global _asking, _calls
    if _asking:
        raise OSError(16, "a host call is under way")
    _asking = True
    _calls += 1
    try:
        tell(_calls, name, [_plain(one) for one in arguments], {key: _plain(others[key]) for key in others})
        kind, value = _answer(_calls)
    finally:
        _asking = False
    if kind == "transfer":
        return Transfer(value)
    if kind != "result":
        raise getattr(builtins, kind)(*value)
    return value


class Transfer:
    def __init__(self, number):
        self._number = number

    def done(self):
        return ask("Transfer.done", self)

    def wait(self, *arguments, **others):
        return ask("Transfer.wait", self, *arguments, **others)

    def cancel(self):
        return ask("Transfer.cancel", self)


class Host:
    def __init__(self):
        ask("Host")

    def __getattr__(self, name):
        return lambda *arguments, **others: ask(name, *arguments, **others)
