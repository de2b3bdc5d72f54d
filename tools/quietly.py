#!/usr/bin/env python3
"""Runs a build command with its output in build/log/NAME.log.

    quietly.py NAME COMMAND...

Says every few seconds how far it is, and what went wrong if it fails. A command that has nothing to do says nothing.
"""

import sys
import time

import parts

SECONDS_BETWEEN_LINES = 10


class Progress:
    """Counts the steps of make and cargo, and says so now and then."""

    def __init__(self, part):
        self.part = part
        self.steps = 0
        self.told = time.monotonic()

    def line(self, text):
        words = text.split()
        if not words or words[0] not in ("CC", "CXX", "LINK", "GEN", "Compiling"):
            return
        self.steps += 1
        if self.steps == 1:
            self.part.say("building (the first time takes a minute or two)")
        now = time.monotonic()
        if now - self.told >= SECONDS_BETWEEN_LINES:
            self.told = now
            self.part.say(f"{self.steps} steps so far, now {text.strip()}")


def main():
    part = parts.Part(sys.argv[1])
    progress = Progress(part)
    status, _ = part.run("", sys.argv[2:], progress.line)
    sys.exit(status if status >= 0 else 1)


if __name__ == "__main__":
    main()
