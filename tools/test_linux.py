#!/usr/bin/env python3
"""A real Linux kernel as the host of devices on the virtual bus (tests/linux).

    test_linux.py BUILD_DIR [NAME...]

One guest is started, and devices are plugged into it for one test after the other. NAME: only tests with that in their
names ("serial", "test_midi.py::test_running_status").
"""

import importlib
import pathlib
import sys
import time
import traceback

import parts

TESTS = parts.ROOT / "tests" / "linux"
sys.path.insert(0, str(TESTS))


def tests(names):
    """(name, function) of every test that is asked for."""
    for path in sorted(TESTS.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for function in [value for key, value in vars(module).items() if key.startswith("test_")]:
            name = f"{path.name}::{function.__name__}"
            if not names or any(one in name for one in names):
                yield name, function


def last_frame(error):
    """Where a test failed: the line of the test itself."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if pathlib.Path(frame.filename).parent == TESTS]
    return f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""


def main():
    build, *names = sys.argv[1:]
    part = parts.Part("test-linux")
    wanted = list(tests(names))
    if not wanted:
        part.say(f"error: no test has {' or '.join(names)} in its name")
        sys.exit(1)
    from rig import Rig

    started = time.monotonic()
    rig = None
    for name, function in wanted:
        if rig is None:
            part.say("starting Linux")
            rig = Rig(pathlib.Path(build).absolute(), parts.LOGS)
        begun = time.monotonic()
        try:
            note = function(rig)
        except (Exception, KeyboardInterrupt) as error:
            part.count(0, 1)
            part.say(f"{name}: failed after {time.monotonic() - begun:.0f} s: {type(error).__name__}: {error}")
            print("    " + last_frame(error))
            for line in rig.last_words():
                print("    " + line)
            # The next test gets a guest that nothing has happened to.
            rig.close()
            rig = None
            if isinstance(error, KeyboardInterrupt):
                break
        else:
            part.count(1, 0)
            part.say(f"{name}: ok ({time.monotonic() - begun:.1f} s){': ' + note if note else ''}")
    if rig is not None:
        rig.close()
    part.notes.append(f"{time.monotonic() - started:.0f} s")
    part.finish()


if __name__ == "__main__":
    main()
