#!/usr/bin/env python3
"""The tests of a whole board on the virtual bus (tests/board).

    test_board.py BOARD_EXE TARGET_DIR [CARGO_ARGUMENT...]
"""

import os
import sys

import parts
import test_native


def main():
    os.environ["BOARD_EXE"] = os.path.abspath(sys.argv[1])
    name = "soak-board" if "soak" in sys.argv else "test-board"
    test_native.cargo_test(parts.Part(name), "-p", "board-tests", "--target-dir", *sys.argv[2:])


if __name__ == "__main__":
    main()
