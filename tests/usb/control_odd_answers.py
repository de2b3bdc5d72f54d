# Answers of control_xfer_cb that the documentation does not name.
from usbtest import *

answers = {}


def on_control(stage, request):
    stages.append(stage)
    return answers.get(stage)


def control_in(length=8):
    return attempt(host.control_in, 0xC0, 1, 0, 0, length)


def control_out(data=b"12345678"):
    return attempt(host.control_out, 0x40, 1, 0, 0, data)


def with_answers(call, *arguments, **by_stage):
    global stages, answers
    stages = []
    answers = {1: by_stage.get("setup"), 2: by_stage.get("data", True), 3: by_stage.get("ack", True)}
    result = call(*arguments)
    host.run(1)
    return result, stages


host = start(control_xfer_cb=on_control)
buffer = bytearray(8)
print("True, IN", with_answers(control_in, setup=True))
print("True, OUT", with_answers(control_out, setup=True))
print("None", with_answers(control_in, setup=None), with_answers(control_out, setup=None))
print("numbers", with_answers(control_out, b"", setup=1), with_answers(control_out, b"", setup=0))
print("empty, IN", with_answers(control_in, setup=b""))
print("bytes, OUT", with_answers(control_out, setup=b"read-only"))
print("str, IN", with_answers(control_in, setup="text"))
print("buffer, wLength 0", with_answers(control_out, b"", setup=buffer))
print("DATA: buffer", with_answers(control_out, setup=buffer, data=b"true"))
print("DATA: empty buffer", with_answers(control_out, setup=buffer, data=b""))
print("DATA: False, IN", with_answers(control_in, setup=buffer, data=False))
print("DATA: False, OUT", with_answers(control_out, setup=buffer, data=False))
print("ACK: False", with_answers(control_in, setup=buffer, ack=False))
print("ACK: buffer", with_answers(control_in, setup=b"12", ack=buffer))
usb.config(device(), PAIR, control_xfer_cb="not callable")
print("not callable", control_in(), control_out())
usb.config(device(), PAIR)
print("no callback", control_in(), control_out())
