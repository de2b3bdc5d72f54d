#!/usr/bin/env python3
"""The tests of a whole board on the virtual bus (tests/board).

    test_board.py TARGET_DIR TESTS [CARGO_ARGUMENT...]

BOARD and the other variables of tests/board/src/target.rs say which board. TESTS: suite, or those for firmware with other
built-in drivers: disk, uart, disk_alone.
"""

import os
import sys

import parts
import test_native


def main():
    target, tests, *arguments = sys.argv[1:]
    name = "soak" if "soak" in arguments else "test"
    name += "-board" if tests == "suite" else "-" + tests.replace("_", "-")
    board = os.environ.get("BOARD", "unix")
    part = parts.Part(name if board == "unix" else f"{name}-{board}")
    test_native.cargo_test(part, "-p", "board-tests", "--test", tests, "--target-dir", target, *arguments)


if __name__ == "__main__":
    main()
