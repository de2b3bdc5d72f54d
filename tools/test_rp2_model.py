#!/usr/bin/env python3
"""The tests of the emulated Pico that need no firmware: the USB controller's registers, the link, boot ROM, clock.

    test_rp2_model.py EMULATOR      EMULATOR: the folder with rp2040js and the boot ROM
"""

import os
import re
import sys

import parts

COUNT = re.compile(r"# (pass|fail|cancelled|skipped|todo) (\d+)$")


def main():
    part = parts.Part("test-rp2-model")
    tests = sorted(str(path) for path in (parts.ROOT / "simulator" / "rp2040" / "test").glob("*.test.js"))
    counts = {}

    def each_line(line):
        if found := COUNT.match(line):
            counts[found[1]] = int(found[2])

    environment = {**os.environ, "RP2_EMULATOR_BUILD": os.path.abspath(sys.argv[1])}
    command = ["node", "--test", "--test-reporter=tap", *tests]
    status, _ = part.run("", command, each_line, cwd=parts.ROOT, env=environment)
    failed = counts.get("fail", 0) + counts.get("cancelled", 0)
    left_out = counts.get("skipped", 0) + counts.get("todo", 0)
    part.count(counts.get("pass", 0), failed, f"{left_out} left out" if left_out else "")
    if status != 0 and failed == 0:
        part.count(0, 1, "node failed")
    elif part.passed == 0:
        part.count(0, 1, "no test ran at all")
    part.finish()


if __name__ == "__main__":
    main()
