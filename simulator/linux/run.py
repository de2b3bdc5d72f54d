#!/usr/bin/env python3
"""Boots Linux, plugs a device in, and shows what the kernel makes of it: `make run HOST=linux`.

    run.py LINUX USBSIM ARGUMENT...

LINUX: the folder that build_guest.py has made. ARGUMENT: for `usbsim redir`, at the end --device and the device program.

The environment variable LINE_TO_TYPE: the text that has to be typed, or to come back. It ends then, and otherwise after a
few seconds.
"""

import os
import pathlib
import signal
import sys

from device import Device, DeviceError
from guest import Guest, GuestError

HERE = pathlib.Path(__file__).resolve().parent
MODULES = [HERE / "in_guest" / f"{name}.py" for name in ("system", "usb", "serial", "watch")]
# How long the kernel may take to configure the device, which may itself have to boot, and its drivers to come.
CONFIGURED_SECONDS = 60
LINE_SECONDS = 30
# How long a device without a line to type is watched.
WATCH_SECONDS = 5
MOST_EVENTS = 20


class Failure(Exception):
    """The device was plugged in, and did not do what it should."""


def say(text):
    print(text, flush=True)


def show_kernel_log(guest, since):
    messages = guest.call("system.kernel_log", since)
    for _, seconds, text in messages:
        say(f"[{seconds:9.3f}] {text}")
    return messages[-1][0] if messages else since


def meet(guest, device):
    """Plugs the device in, and shows what the kernel and lsusb say; returns its description."""
    log = guest.call("system.kernel_log")
    since = log[-1][0] if log else -1
    guest.call("watch.start")
    guest.plug(device.socket)
    try:
        found = guest.call("usb.wait", CONFIGURED_SECONDS, seconds=CONFIGURED_SECONDS + 30)
    except GuestError:
        show_kernel_log(guest, since)
        raise Failure(f"the kernel has not configured a device in {CONFIGURED_SECONDS} s") from None
    show_kernel_log(guest, since)
    say("")
    say(f"$ lsusb -v -s {found['bus']}:{found['address']}")
    say(guest.call("system.shell", f"lsusb -v -s {found['bus']}:{found['address']} 2>&1").strip())
    say("")
    for name, driver in found["interfaces"].items():
        say(f"interface {name}: {driver or 'no driver'}")
    for node in found["nodes"]:
        say(f"in /dev: {node}")
    return found


def expect(line, what, got):
    say(f"{what}: {got!r}")
    if line not in (got or ""):
        raise Failure(f"the line {line!r} was not received; this was: {got!r}")


def carry(guest, found, line):
    """The line that the device types or sends back, by the first way that it has."""
    drivers = found["interfaces"]
    ports = [node for node in found["nodes"] if "ttyACM" in node]
    if any("event" in node for node in found["nodes"]):
        typed = guest.call("watch.typed", line, LINE_SECONDS if len(ports) < 2 else 1, seconds=LINE_SECONDS + 30)
        if typed or len(ports) < 2:
            return expect(line, "typed", typed)
    if len(ports) > 1:
        # The first one is the built-in port.
        return expect(line, f"back from {ports[-1]}", guest.call("watch.echo", ports[-1], line, LINE_SECONDS))
    for name in drivers:
        number = int(name.rpartition(".")[2])
        if not drivers[name]:
            back = guest.call("watch.bulk_echo", found["node"], number, line)
            if back is not None:
                return expect(line, f"back from interface {number}", back)
    raise Failure("the device has no keyboard, no serial port beside the built-in one, and no vendor interface with bulk endpoints")


def watch(guest, found):
    """What a device says of itself."""
    typed = guest.start("watch.typed", "", WATCH_SECONDS)
    nodes = [node for node in found["nodes"] if "event" in node or "midi" in node]
    said = guest.call("watch.events", nodes, WATCH_SECONDS) if nodes else []
    for text in said[:MOST_EVENTS]:
        say(text)
    if len(said) > MOST_EVENTS:
        say(f"... and {len(said) - MOST_EVENTS} more")
    text = typed.result()
    if text:
        say(f"typed: {text!r}")


def run(linux, usbsim, *arguments):
    line = os.environ.get("LINE_TO_TYPE", "")
    logs = pathlib.Path(os.environ["LOG_DIR"])
    logs.mkdir(parents=True, exist_ok=True)
    say("starting Linux")
    with Guest(pathlib.Path(linux), logs / "run-linux.console.log", MODULES) as guest:
        device = Device(usbsim, arguments, logs / "run-linux.device.log")
        try:
            found = meet(guest, device)
            say("")
            if line:
                carry(guest, found, line)
            else:
                watch(guest, found)
        except Failure:
            for text in device.lines[-30:]:
                say(f"    {text}")
            raise
        finally:
            device.close()


def main():
    # A terminal that is closed is to leave nothing behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(1))
    try:
        run(*sys.argv[1:])
    except (Failure, GuestError, DeviceError) as error:
        print(f"run: error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("run: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
