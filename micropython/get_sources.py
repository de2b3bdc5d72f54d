#!/usr/bin/env python3
"""Gets the pinned sources of sources.toml from Debian and unpacks them.

    get_sources.py NAME...        e.g. get_sources.py micropython
    get_sources.py --path NAME    prints where NAME is (or will be)

The packages belong to a newer Debian than the machine may run, so they are asked for through a private sources list
and a private apt state below build/sources: the system's own apt state stays as it was, and no root is needed.
Every file is checked against the sha256 that sources.toml pins before anything of it is unpacked.
"""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = pathlib.Path(os.environ.get("SOURCES_DIR", ROOT / "build" / "sources"))


class Failure(Exception):
    """Something that the person at the keyboard has to know: what, where, what to do."""


def say(text):
    print(f"sources: {text}", flush=True)


def sha256_of(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def mirror():
    """The Debian mirror that this machine's apt already uses, so that a proxy or a local mirror is honoured."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"],
        capture_output=True,
        text=True,
    ).stdout
    for line in out.splitlines():
        words = line.split()
        if len(words) == 3 and words[1:] == ["Debian", "Debian"]:
            return words[0].rstrip("/")
    # Lists were never downloaded: read the configuration itself.
    for path in ["/etc/apt/sources.list", *sorted(map(str, pathlib.Path("/etc/apt/sources.list.d").glob("*")))]:
        try:
            text = pathlib.Path(path).read_text()
        except OSError:
            continue
        for uri in re.findall(r"^(?:URIs:|deb(?:-src)?(?: \[[^\]]*\])?)\s+(\S+)", text, re.M):
            if uri.rstrip("/").endswith("/debian"):
                return uri.rstrip("/")
    raise Failure(
        "no Debian mirror found in /etc/apt: on another system name a full MicroPython checkout, MICROPYTHON_DIR=/path"
    )


def apt_options(suite, apt=SOURCES / "apt"):
    """apt-get's options for a private state in the folder `apt`; makes the folders and the list."""
    for sub in ("lists/partial", "cache/archives/partial", "state", "etc"):
        (apt / sub).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    signed = f"[signed-by={keyring}] " if os.path.exists(keyring) else ""
    uri = mirror()
    (apt / "sources.list").write_text(f"deb {signed}{uri} {suite} main\ndeb-src {signed}{uri} {suite} main\n")
    # Hooks of the system (a container's clean-up of /var/cache/apt, say) are none of our business here.
    (apt / "no-hooks.conf").write_text("#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n")
    values = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State": apt / "state",
        "Dir::State::Lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Retries": "3",
    }
    settings = [word for key, value in values.items() for word in ("-o", f"{key}={value}")]
    return ["-c", str(apt / "no-hooks.conf"), *settings]


def run_apt(options, arguments, cwd, tool="apt-get"):
    """Runs apt-get, or another tool of apt, and returns what it said."""
    done = subprocess.run([tool, "-q", *options, *arguments], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise Failure(f"{tool} {' '.join(arguments)} failed (is the network there?):\n{tail}")
    return done.stdout


def check(path, pinned):
    found = sha256_of(path)
    if found != pinned:
        bad = path.with_suffix(path.suffix + ".bad")
        path.rename(bad)
        raise Failure(
            f"{path.name} is not the pinned file: sha256 {found}, expected {pinned}.\n"
            f"         It was set aside as {bad}. Run again; if it stays so, Debian changed the package:\n"
            f"         compare and change micropython/sources.toml, or name a checkout with MICROPYTHON_DIR."
        )


def download(name, entry):
    """The pinned file of `entry` in the download folder, fetched if it is not there; sha256 checked either way."""
    folder = SOURCES / "download"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / entry["file"]
    if not path.exists():
        options = apt_options(entry["suite"])
        say(f"{name} {entry['version']}: asking Debian {entry['suite']} for its package list")
        run_apt(options, ["update"], folder)
        say(f"{name} {entry['version']}: downloading {entry['file']}")
        package = f"{entry['package']}={entry['version']}"
        if entry["kind"] == "source":
            run_apt(options, ["source", "--download-only", package], folder)
        else:
            run_apt(options, ["download", package], folder)
        if not path.exists():
            raise Failure(f"apt-get fetched {package}, but {entry['file']} is not among its files: {sorted(os.listdir(folder))}")
    check(path, entry["sha256"])
    return path


def unpack(name, entry, archive):
    target = SOURCES / name
    stamp = target / ".unpacked"
    if stamp.exists() and stamp.read_text() == entry["sha256"]:
        return target
    say(f"{name} {entry['version']}: unpacking")
    fresh = SOURCES / f"{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    if entry["kind"] == "source":
        command = ["tar", "-xf", archive, "-C", fresh, "--strip-components=1"]
    else:
        command = ["dpkg-deb", "-x", archive, fresh]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{archive} cannot be unpacked: {done.stderr.strip()}")
    (fresh / ".unpacked").write_text(entry["sha256"])
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path", action="store_true", help="print the folder, fetch nothing")
    parser.add_argument("names", nargs="+")
    args = parser.parse_args()
    pinned = tomllib.loads((HERE / "sources.toml").read_text())
    for name in args.names:
        if name not in pinned:
            raise Failure(f"{name!r} is not in micropython/sources.toml: it has {', '.join(sorted(pinned))}")
        entry = pinned[name]
        subfolder = entry.get("subfolder", "")
        if args.path:
            print(SOURCES / name / subfolder)
            continue
        stamp = SOURCES / name / ".unpacked"
        if stamp.exists() and stamp.read_text() == entry["sha256"]:
            continue
        folder = unpack(name, entry, download(name, entry))
        say(f"{name} {entry['version']}: ready in {os.path.relpath(folder / subfolder)}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"sources: error: {failure}", file=sys.stderr)
        sys.exit(1)
