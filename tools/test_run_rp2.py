#!/usr/bin/env python3
"""`make run BOARD=rp2` with every script of examples/: the host understands the same as of the unix port."""

import parts
import run_example

# With a capital, a digit and a sign of the shifted row.
LINE = "The quick brown fox, 42 (jumps)!"


def main():
    part = parts.Part("test-run-rp2")
    run_example.every_example(part, LINE, "BOARD=rp2")
    run_example.many_files(part, "BOARD=rp2")
    part.finish()


if __name__ == "__main__":
    main()
