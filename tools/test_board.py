#!/usr/bin/env python3
"""The tests of a whole board on the virtual bus (tests/board).

    test_board.py TARGET_DIR [CARGO_ARGUMENT...]

BOARD and the other variables of tests/board/src/target.rs say which board.
"""

import os
import sys

import parts
import test_native


def main():
    name = "soak-board" if "soak" in sys.argv else "test-board"
    board = os.environ.get("BOARD", "unix")
    part = parts.Part(name if board == "unix" else f"{name}-{board}")
    test_native.cargo_test(part, "-p", "board-tests", "--target-dir", *sys.argv[1:])


if __name__ == "__main__":
    main()
