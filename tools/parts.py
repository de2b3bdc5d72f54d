"""What the parts of `make test` share: running a command into a log file, showing progress, and counting truthfully.

A part (lint, test-native, ...) is a make target. Besides succeeding or failing it leaves its counts in
build/log/PART.json, from which tools/test_all.py makes the last line of `make test`.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = pathlib.Path(os.environ.get("LOG_DIR", ROOT / "build" / "log"))
TAIL_LINES = 20
ERROR_LINES = 30
# Two jobs write into one log, so the first error may be far from its end.
ERROR = re.compile(r"\berror\b(\[\w+\])?:|undefined reference|No rule to make target|\bpanicked at\b", re.I)


def explain(lines):
    """Prints what somebody needs to see of the output of a command that failed: its first error, and how it ended."""
    tail_start = max(0, len(lines) - TAIL_LINES)
    first = next((number for number, line in enumerate(lines) if ERROR.search(line)), tail_start)
    shown = lines[first : first + ERROR_LINES]
    if first + ERROR_LINES < tail_start:
        shown = [*shown, "..."]
    shown += lines[max(tail_start, first + ERROR_LINES) :]
    if first >= tail_start:
        shown = lines[tail_start:]
    for line in shown:
        print("    " + line)
    sys.stdout.flush()


class Part:
    """One part: prints under its name, keeps its counts."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = 0
        self.notes = []
        LOGS.mkdir(parents=True, exist_ok=True)
        # What an earlier run has left must not pass for this one's result.
        self.counts_file.unlink(missing_ok=True)

    @property
    def counts_file(self):
        return LOGS / f"{self.name}.json"

    def say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def count(self, passed, failed, note=""):
        self.passed += passed
        self.failed += failed
        if note:
            self.notes.append(note)

    def run(self, label, command, each_line=None, **options):
        """Runs `command` with its output in build/log/PART.LABEL.log; what matters of that is shown if it fails.

        `each_line` sees every line as it comes, for progress. Returns the exit status and the whole output.
        """
        log = LOGS / (f"{self.name}.{label}.log" if label else f"{self.name}.log")
        lines = []
        started = time.monotonic()
        with open(log, "w") as file:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                **options,
            )
            for line in process.stdout:
                file.write(line)
                file.flush()
                lines.append(line.rstrip("\n"))
                if each_line:
                    each_line(lines[-1])
        status = process.wait()
        seconds = time.monotonic() - started
        if status != 0:
            self.say(f"{label or 'it'} failed after {seconds:.0f} s (exit status {status}), see {os.path.relpath(log)}:")
            explain(lines)
        return status, lines

    def finish(self):
        """Writes the counts, prints the part's one-line summary and ends the process."""
        self.counts_file.write_text(json.dumps({"passed": self.passed, "failed": self.failed}))
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        self.say(f"{self.passed} passed, {self.failed} failed{notes}")
        sys.exit(1 if self.failed else 0)
