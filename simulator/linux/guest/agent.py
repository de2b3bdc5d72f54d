"""The guest's end of the line to the machine outside: runs functions of the modules that it is sent, and returns results.

A message is 4 bytes of length and a value that `marshal` has written (in its version 2, which has not changed since
Python 2.5): (number, "load", name, source) or (number, "call", name, arguments, keywords); the answer is (number, True,
result) or (number, False, text of the traceback). Every call has a thread, so that one that the kernel holds on to keeps no
other from running.
"""

import _thread
import marshal
import os
import struct
import sys
import time
import traceback
import types

FORMAT = 2
PORT_NAME = "agent"


def find_port():
    """The virtio port with our name; the kernel may take a moment to show it."""
    while True:
        for port in os.listdir("/sys/class/virtio-ports") if os.path.exists("/sys/class/virtio-ports") else ():
            with open(f"/sys/class/virtio-ports/{port}/name") as file:
                if file.read().strip() == PORT_NAME:
                    return os.open(f"/dev/{port}", os.O_RDWR)
        time.sleep(0.01)


class Line:
    """Whole messages, in both directions."""

    def __init__(self, port):
        self.port = port
        self.lock = _thread.allocate_lock()

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = os.read(self.port, size - len(data))
            if not piece:
                # Nobody has the other end open yet.
                time.sleep(0.01)
            data += piece
        return data

    def receive(self):
        (size,) = struct.unpack("<I", self.read(4))
        return marshal.loads(self.read(size))

    def send(self, message):
        data = marshal.dumps(message, FORMAT)
        data = memoryview(struct.pack("<I", len(data)) + data)
        with self.lock:
            while data:
                data = data[os.write(self.port, data) :]


def load(name, source):
    module = types.ModuleType(name)
    exec(compile(source, name + ".py", "exec"), module.__dict__)
    sys.modules[name] = module


def perform(line, number, kind, name, *rest):
    try:
        if kind == "load":
            result = load(name, *rest)
        else:
            module, _, function = name.rpartition(".")
            arguments, keywords = rest
            result = getattr(sys.modules[module], function)(*arguments, **keywords)
        answer = (number, True, result)
        marshal.dumps(answer, FORMAT)
    except BaseException:
        answer = (number, False, traceback.format_exc())
    line.send(answer)


def main():
    # The whole system's PATH for programs that modules start.
    os.environ["PATH"] = "/bin:/usr/bin:/usr/sbin"
    line = Line(find_port())
    line.send((0, True, "ready"))
    while True:
        number, kind, name, *rest = line.receive()
        # In order, because calls refer to what was loaded.
        if kind == "load":
            perform(line, number, kind, name, *rest)
        else:
            _thread.start_new_thread(perform, (line, number, kind, name, *rest))


main()
