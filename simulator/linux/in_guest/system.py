"""What the guest's kernel knows and says."""

import os
import subprocess
import time


def shell(command, seconds=60):
    """Runs a shell command: its output, errors included. A status other than 0 raises."""
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{command}: status {done.returncode}: {text}")
    return text


def load(module, *parameters):
    """Loads a driver that does not come with the guest's start, with what it needs."""
    return shell(" ".join(["modprobe", module, *parameters]))


def kernel_log(since=-1):
    """The kernel's messages behind number `since`: (number, seconds, text)."""
    messages = []
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                record = os.read(log, 8192).decode(errors="replace")
            except BlockingIOError:
                return messages
            except BrokenPipeError:
                # Older messages were overwritten while we read.
                continue
            head, _, text = record.partition(";")
            _, number, time_us, *_ = head.split(",")
            if int(number) > since:
                messages.append((int(number), int(time_us) / 1e6, text.split("\n")[0]))
    finally:
        os.close(log)


def read(path):
    with open(path) as file:
        return file.read().strip()


def write(path, text):
    """Writes one value to a file of sysfs or configfs."""
    with open(path, "w") as file:
        file.write(str(text))


def wait_for(condition, seconds, what):
    """Calls `condition` until what it returns is true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not in {seconds} s")
        time.sleep(0.01)
