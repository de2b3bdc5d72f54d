# The host of a script that runs on a board (usbsim.py beside this file), for MicroPython's unix port:
#
#     micropython host.py SENT RECEIVED SECONDS
#
# BOARD_COMMAND in the environment starts the board (an argument could not be that long); SENT is a file in which what its UART0 sends appears, RECEIVED one from which UART0 receives.
# What the script prints goes to standard output. SECONDS: of bus time, until the script is given up.

import os
import sys

import usbsim

MARK = b"\x01"


class Script:
    """The script on the board, and its host."""

    def __init__(self, command, sent, received):
        self.sent = open(sent, "rb")
        self.received = open(received, "wb")
        usbsim.start(command)
        self.host = usbsim.Host()
        # On the unix port the cable is plugged in by Host().
        self.host.unplug()
        self.transfers = []
        self.rest = b""

    def events(self):
        """What has come: text that the script has printed, as bytes, and what it asks, as a tuple."""
        self.rest += self.sent.read()
        while self.rest:
            at = self.rest.find(MARK)
            if at < 0:
                text, self.rest = self.rest, b""
                yield text
                return
            end = self.rest.find(b"\n", at)
            if at > 0:
                yield self.rest[:at]
            if end < 0:
                self.rest = self.rest[at:]
                return
            asked, self.rest = self.rest[at + 1 : end], self.rest[end + 1 :]
            yield eval(asked)

    def call(self, name, arguments, others):
        if name == "Host":
            return self.host.plug()
        if name.startswith("Transfer."):
            arguments = list(arguments)
            transfer = self.transfers[arguments.pop(0)]
            return getattr(transfer, name[9:])(*arguments, **others)
        return getattr(self.host, name)(*arguments, **others)

    def answer(self, number, *asked):
        try:
            result = self.call(*asked)
            if isinstance(result, usbsim.Transfer):
                self.transfers.append(result)
                answer = (number, "transfer", len(self.transfers) - 1)
            else:
                answer = (number, "result", result)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            answer = (number, type(error).__name__, error.args)
        self.received.write(repr(answer).encode() + b"\n")
        self.received.flush()

    def run(self, seconds):
        """Until the script ends; False if it does not within that time."""
        while self.host.now_us() < seconds * 1_000_000:
            self.host.run(1)
            for event in self.events():
                if isinstance(event, bytes):
                    sys.stdout.buffer.write(event.replace(b"\r\n", b"\n"))
                elif event[1] == "end":
                    return True
                else:
                    self.answer(*event)
        return False


sent, received, seconds = sys.argv[1:]
if not Script(os.getenv("BOARD_COMMAND"), sent, received).run(int(seconds)):
    print("\nhost.py: the script has not ended after", seconds, "s of bus time")
    sys.exit(1)
