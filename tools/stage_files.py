#!/usr/bin/env python3
"""Copies the files of FILES= into the folder that becomes a board's flash.

    stage_files.py FOLDER [PATH[:NAME]]...

PATH: a file or a folder on this machine; NAME: what it is called on the board (default: the last part of PATH). What is in
several folders of the same NAME comes together.
"""

import pathlib
import shutil
import sys

# CPython's, where somebody has run the same modules on this machine.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def stage(folder, word):
    path, _, name = word.partition(":")
    source = pathlib.Path(path)
    if not source.exists():
        sys.exit(f"run: error: FILES={word}: there is no {path}")
    parts = pathlib.PurePosixPath(name or source.resolve().name).parts
    if parts[0] == "/":
        parts = parts[1:]
    if ".." in parts or not parts and source.is_file():
        sys.exit(f"run: error: FILES={word}: {name} is no place on the board: give a name, or a path from its /")
    target = folder.joinpath(*parts)
    try:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=LEFT_OUT)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    except OSError as error:
        sys.exit(f"run: error: FILES={word}: {error}")


def main():
    folder = pathlib.Path(sys.argv[1])
    for word in sys.argv[2:]:
        stage(folder, word)


if __name__ == "__main__":
    main()
