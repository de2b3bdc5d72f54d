#!/usr/bin/env python3
"""The benchmarks' own sums, and that a measurement on the emulated board is the same twice. The figures are `make bench`.

    test_bench.py BUILD_DIR
"""

import pathlib
import re
import sys
import tempfile

import bench
import parts

# Every name that a reader of bench.json may look for.
NAMES = """flash ram get_descriptor_cycles control_in_cycles control_out_cycles bulk_echo_cycles bulk_in_kBps bulk_out_kBps
cdc_in_kBps cdc_out_kBps hid_reports_in_1000_frames reset_to_configured_us""".split()
KEYS = ["name", "board", "unit", "c", "rust", "ratio", "limit"]

OUTPUT = """time reset_to_configured 43189808
span get_descriptor 0 1000000 1060000
span get_descriptor 0 4000000 4060000
span bulk_echo 3 7000000 7100000
rate bulk_in 262144 245434827
count hid_reports 997
count gc_heap 1440
"""
# Bus time, active cycles, token, address, endpoint, length of the host's data, answer.
RECORD = """900000 50 setup 1 0 8 ack
1005000 100 setup 1 0 8 ack
1010000 300 in 1 0 nak
1030000 700 in 1 2 data0 64
1040000 1000 in 1 0 data1 18
1060400 1100 out 1 0 0 ack
4005000 5000 setup 1 0 8 ack
4060000 6500 out 1 0 0 ack
7005000 7000 out 1 3 64 ack
7010000 7500 in 1 3 nak
7099999 9000 in 1 3 data0 64
"""


def sums(check):
    """What is made of the host's lines and the board's record."""
    found = bench.figures(OUTPUT, RECORD.splitlines(), "counting")
    check("time", found["reset_to_configured_us"] == 43189.8)
    check("rate", found["bulk_in_kBps"] == 1068.1)
    check("count", found["hid_reports_in_1000_frames_counting"] == 997 and found["gc_heap"] == 1440)
    # 100 to 1100 and 5000 to 6500; the endpoint's own transactions only, from the first that was not refused.
    check("cycles of a request", found["get_descriptor_cycles"] == 1250)
    check("cycles of an echo", found["bulk_echo_cycles"] == 2000)
    try:
        bench.figures(OUTPUT, RECORD.splitlines()[:-2], "idle")
        check("a record with a hole", False)
    except bench.Failed:
        check("a record with a hole", True)


def rows(check):
    """What stands in bench.json, and what a person is told."""
    c = dict.fromkeys(bench.ROWS, 1000)
    rust = {**c, "flash": 1000.5, "ram": 600, "bulk_in_kBps": 949, "get_descriptor_cycles": 500}
    found = {row["name"]: row for row in bench.table("rp2", {"c": c, "rust": rust}, bench.ROWS)}
    check("names", set(NAMES) <= set(found))
    check("keys", all(list(row) == KEYS and row["board"] == "rp2" for row in found.values()))
    check("ratio", found["ram"]["ratio"] == 0.6 and found["get_descriptor_cycles"]["ratio"] == 0.5)
    check("limit of C's", found["get_descriptor_cycles"]["limit"] == 400 and found["ram"]["limit"] == 600)
    check("limit", found["bulk_in_kBps"]["limit"] == 950 and found["reset_to_configured_us"]["limit"] is None)
    check("better than C", found["hid_reports_in_1000_frames_allocating"]["limit"] == 1001)

    def told(name):
        return bench.goal_text(found[name], bench.ROWS[name][1])

    check("reached", told("ram") == "<= 600")
    check("missed above", told("get_descriptor_cycles") == "<= 400   missed by 100 (25 %)")
    check("missed below", told("bulk_in_kBps") == ">= 950   missed by 1 (0 %)")
    alone = bench.table("unix", {"c": {}, "rust": {"bulk_in_kBps": 5, "bulk_out_kBps": 6}}, bench.UNIX_ROWS)
    check("without C", [(row["c"], row["ratio"], row["limit"]) for row in alone] == [(None, None, None)] * 2)


def board(check, build):
    """A slice of the real thing, twice."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [bench.Bench(build, pathlib.Path(folder)).run("rust", "cost", ["get-descriptor", "control-in"]) for _ in range(2)]
    (found, recorded), again = runs
    check("names of a run", set(found) == {"reset_to_configured_us", "get_descriptor_cycles", "control_in_cycles"})
    # A request takes the processor some time, and the one that Python answers more.
    check("cycles", 100 < found["get_descriptor_cycles"] < found["control_in_cycles"] < 100_000)
    check("the bus", bool(re.search(r"^\d+ \d+ setup 1 0 8 ack$", recorded[1], re.M)))
    check("two runs are the same", again == (found, recorded))


def main():
    part = parts.Part("test-bench")

    def check(what, ok):
        part.count(int(ok), int(not ok), "" if ok else what)

    sums(check)
    rows(check)
    try:
        board(check, pathlib.Path(sys.argv[1]))
    except bench.Failed as failed:
        part.say(str(failed))
        check("a run", False)
    part.finish()


if __name__ == "__main__":
    main()
