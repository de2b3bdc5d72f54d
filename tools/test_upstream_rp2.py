#!/usr/bin/env python3
"""MicroPython's own test suite on the emulated Pico: upstream's run-tests.py, unchanged, on the board's pseudo-terminal.

    test_upstream_rp2.py BUILD MICROPYTHON MPY_CROSS rust|c|both all|sample

Which tests can pass on this board is not for us to say: the same firmware with upstream's USB stack says it, in the same
run. A test fails that passes there and does not with ours. With one stack only, what fails is told and is no failure of
this command.
"""

import concurrent.futures
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

import parts
import terminal
import test_upstream

# What run-tests.py takes on this port, but for thread: the emulated chip has one core.
FOLDERS = ("basics", "extmod", "float", "inlineasm/thumb", "micropython", "misc", "ports/rp2", "stress")

# They wait for what the emulated chip does not have (I2S by DMA, the clocks of SPI, UARTs and light sleep), and no Ctrl-C
# ends that, whatever USB stack is in the firmware.
WITHOUT_END = re.compile(r"^(extmod/machine_(i2s_rate|spi_rate|uart_\w+)|ports/rp2/rp2_(lightsleep|uart))\.py$")

# The sample: all files that have to do with what the USB stack has a hand in (input and output, the scheduler, the chip,
# the clock), and one of so many others.
SUBJECT = re.compile(r"^\s*(import|from) (machine|micropython|io|select|time|vfs)\b|\binput\(|\bschedule\(", re.M)
ONE_OF = 5
# Not in the sample: they only compute, some for longer than run-tests.py waits.
SLOW = re.compile(r"^(stress/|extmod/framebuf|basics/(builtin_pow3_intbig|memoryview_gc|memoryview_intbig|int_big_\w+)\.py$)")

# Nothing is heard of a test for so long: it has broken the board, or run-tests.py, which waits for ever.
SILENCE_SECONDS = 120
# run-tests.py gives up when a board has said nothing for ten seconds of the wall clock. A machine with other work to do
# emulates slowly; such tests get a second chance, alone.
TIMEOUT = "timeout waiting for"
WRITTEN_SECONDS = 2
LINE = re.compile(r"(pass|skip|FAIL) +(\S+\.py)")
STACKS = {"rust": "rp2", "c": "rp2-c"}


class Suite:
    """The files of one run, and where the boards and the results are."""

    def __init__(self, part, build, tests, unittest, programs):
        self.part = part
        self.build = build
        self.tests = tests
        self.unittest = unittest
        self.programs = programs
        self.folder = build / part.name

    def files(self, sample):
        found = [path for folder in FOLDERS for path in sorted((self.tests / folder).glob("*.py"))]
        found = [path for path in found if not WITHOUT_END.match(str(path.relative_to(self.tests)))]
        names = [str(path.relative_to(self.tests)) for path in found]
        if not sample:
            return names
        texts = {name: path.read_text(errors="replace") for name, path in zip(names, found)}
        others = [name for name in names if not SUBJECT.search(texts[name])]
        chosen = {name for name in names if SUBJECT.search(texts[name])} | set(others[::ONE_OF])
        return [name for name in names if name in chosen and not SLOW.match(name)]

    def run(self, stack, files, label):
        """Runs `files` in order; returns what became of each: pass, skip, FAIL, timeout or broken (no answer at all)."""
        outcome = {}
        attempt = 0
        while left := [name for name in files if name not in outcome]:
            attempt += 1
            folder = self.folder / f"{stack}-{label}-{attempt}"
            with terminal.Board(self.build, STACKS[stack], folder, files=[self.unittest]) as board:
                self.run_on(board, left, outcome, folder / "results")
        return outcome

    def run_on(self, board, files, outcome, results):
        """Runs as many of `files` as the board lives through."""
        command = [self.programs / "python", self.tests / "run-tests.py", "-t", f"port:{board.tty}", "-r", results, *files]
        # The interpreter itself: a version manager's wrapper around it costs more than a test.
        environment = {**os.environ, "MICROPY_CPYTHON3": sys.executable}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        process = subprocess.Popen([str(word) for word in command], cwd=self.tests, env=environment, text=True, errors="replace", **pipes)
        lines = queue.Queue()

        def read():
            for line in process.stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        said = []
        try:
            while (line := lines.get(timeout=SILENCE_SECONDS)) is not None:
                said.append(line)
                if found := LINE.match(line):
                    outcome[found[2]] = self.judge(found[1], found[2], results)
                    if outcome[found[2]] == "timeout":
                        # The board is still at it. The next test is not to wait for that: it gets another board.
                        process.kill()
                        process.wait()
                        return
        except queue.Empty:
            process.kill()
        process.wait()
        (results.parent / "output").write_text("".join(said))
        # It ends with status 1 when a test has failed, and also when it has none left to run.
        left = [name for name in files if name not in outcome]
        if left:
            outcome[left[0]] = "broken"

    @staticmethod
    def judge(word, name, results):
        if word != "FAIL":
            return word
        # run-tests.py writes it right after the line.
        out = results / (name.replace("/", "_") + ".out")
        end = time.monotonic() + WRITTEN_SECONDS
        while not (out.exists() and out.stat().st_size) and time.monotonic() < end:
            time.sleep(0.05)
        return "timeout" if out.exists() and TIMEOUT in out.read_text(errors="replace") else word

    def run_stack(self, stack, files):
        """All of `files`, cut into as many pieces as there are processors for this stack."""
        pieces = max(1, (os.cpu_count() or 1) // 2)
        with concurrent.futures.ThreadPoolExecutor(pieces) as pool:
            jobs = [pool.submit(self.run, stack, files[piece::pieces], str(piece)) for piece in range(pieces)]
            outcome = {name: word for job in jobs for name, word in job.result().items()}
        self.tell(stack, outcome)
        return outcome

    def second_chance(self, stack, outcome):
        """Timeouts again, with nothing of this command beside them."""
        again = [name for name, word in outcome.items() if word in ("timeout", "broken")]
        for number, name in enumerate(again):
            outcome.update(self.run(stack, [name], f"again-{number}"))
        if again:
            self.tell(f"{stack}, {', '.join(again)} again", outcome)

    def tell(self, what, outcome):
        words = list(outcome.values())
        self.part.say(f"{what}: {', '.join(f'{words.count(word)} {word}' for word in sorted(set(words)))}")


def compare(part, files, ours, theirs):
    """Counts the tests that pass with upstream's stack; the others are only told."""
    for name in files:
        if theirs[name] == "pass" and ours[name] != "pass":
            part.count(0, 1)
            part.say(f"{name}: passes with upstream's stack, {ours[name]} with ours")
        elif ours[name] == "pass":
            part.count(1, 0)
    both = [name for name in files if "pass" not in (ours[name], theirs[name]) and ours[name] != "skip"]
    better = [name for name in files if ours[name] == "pass" and theirs[name] not in ("pass", "skip")]
    if both:
        part.notes.append(f"pass with neither stack: {', '.join(both)}")
    if better:
        part.notes.append(f"pass with ours only: {', '.join(better)}")


def main():
    build, micropython, mpy_cross = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    stack, amount = sys.argv[4:6]
    part = parts.Part("test-upstream" if amount == "all" else "test-upstream-sample")
    tests = test_upstream.copy_tree(micropython, build / f"{part.name}-tree")
    unittest = build / part.name / "unittest.mpy"
    unittest.parent.mkdir(exist_ok=True)
    subprocess.run([mpy_cross, parts.ROOT / "tests" / "lib" / "unittest.py", "-o", unittest], check=True)
    suite = Suite(part, build, tests, unittest, terminal.environment(build))
    files = suite.files(amount == "sample")
    stacks = list(STACKS) if stack == "both" else [stack]
    part.say(f"{len(files)} of MicroPython's test files on the emulated Pico, with {' and '.join(stacks)}")
    with concurrent.futures.ThreadPoolExecutor(len(stacks)) as pool:
        jobs = {name: pool.submit(suite.run_stack, name, files) for name in stacks}
        outcomes = {name: job.result() for name, job in jobs.items()}
    for name, outcome in outcomes.items():
        suite.second_chance(name, outcome)
    if stack == "both":
        compare(part, files, outcomes["rust"], outcomes["c"])
    else:
        (outcome,) = outcomes.values()
        part.count(list(outcome.values()).count("pass"), 0)
        for name in files:
            if outcome[name] not in ("pass", "skip"):
                part.say(f"{name}: {outcome[name]}")
    part.finish()


if __name__ == "__main__":
    main()
