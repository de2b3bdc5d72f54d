#!/usr/bin/env python3
"""What get_sources.py and make say when the sources are not what they have to be. Downloads nothing.

    test_sources.py SOURCES_FOLDER
"""

import os
import pathlib
import subprocess
import sys
import tomllib

import parts

SCRATCH = parts.ROOT / "build" / "test-sources"
GET_SOURCES = parts.ROOT / "micropython" / "get_sources.py"


def get_sources(*arguments):
    """Exit status and output of the script, with its files below SCRATCH."""
    done = subprocess.run(
        [sys.executable, str(GET_SOURCES), *arguments],
        env={**os.environ, "SOURCES_DIR": str(SCRATCH)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def no_checkout():
    """The same of make, told to build from a folder that is no MicroPython; a failed recipe is status 2 there."""
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", "sources", f"MICROPYTHON_DIR={SCRATCH}"]
    done = subprocess.run(command, cwd=parts.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode - 1, done.stdout


def main():
    downloads = pathlib.Path(sys.argv[1]) / "download"
    part = parts.Part("test-sources")
    pinned = tomllib.loads((parts.ROOT / "micropython" / "sources.toml").read_text())["micropython"]
    download = SCRATCH / "download" / pinned["file"]
    download.parent.mkdir(parents=True, exist_ok=True)

    def check(label, outcome, *wanted, also=True):
        status, output = outcome
        missing = [text for text in wanted if text not in output]
        good = status == 1 and not missing and also
        part.say(f"{label}: {'ok' if good else f'exit status {status}, not said: {missing}'}")
        part.count(int(good), int(not good), "" if good else label)
        if not good:
            parts.explain(output.splitlines())

    check("a name that is not pinned", get_sources("micropyton"), "'micropyton' is not in micropython/sources.toml")

    # Somebody who builds from a checkout has no download; then anything that is not the pinned file has to do.
    real = downloads / pinned["file"]
    original = real.read_bytes() if real.exists() else bytes(100_000)
    download.write_bytes(original[:1000] + bytes([original[1000] ^ 1]) + original[1001:])
    outcome = get_sources("micropython")
    set_aside = download.with_suffix(download.suffix + ".bad")
    check(
        "a download with one bit changed",
        outcome,
        "is not the pinned file",
        pinned["sha256"],
        "MICROPYTHON_DIR",
        also=set_aside.exists() and not download.exists() and not (SCRATCH / "micropython").exists(),
    )
    download.write_bytes(original[: len(original) // 2])
    check("a download that was cut off", get_sources("micropython"), "is not the pinned file")

    check("a folder that is no checkout", no_checkout(), "is no MicroPython checkout")
    part.finish()


if __name__ == "__main__":
    main()
