#!/usr/bin/env python3
"""`make run` as a person uses it: it types what it was told, and when it cannot, it fails and says why."""

import os
import random
import string

import parts
import run_example

SCRATCH = run_example.SCRATCH
KEYBOARD = (parts.ROOT / "examples" / "keyboard.py").read_text()

# Every run types another line. The seed is printed, and SEED=... repeats it.
LENGTH = 40
SHIFTED = string.ascii_uppercase + '!@#$%^&*()_+{}|:"~<>?'

DETACHED = "usb.active(True)\nusb.active(False)"

# What is done to the example, and what has to be read in the output then.
FAILURES = {
    "raises": (lambda text: 'raise ValueError("on purpose")\n' + text, ["Traceback", "ValueError: on purpose"]),
    "syntax-error": (lambda text: "def broken(:\n" + text, ["SyntaxError"]),
    "detached": (lambda text: text.replace("usb.active(True)", DETACHED), ["no device"]),
    "never-typed": (lambda text: text.replace("for character in LINE:", "for character in LINE[:-1]:"), ["was not received"]),
    "not-a-device": (
        lambda text: text.replace("usb.config(builtin.desc_dev,", 'usb.config(b"\\x12\\x05" + builtin.desc_dev[2:],'),
        ["data stage of GET_DESCRIPTOR: device descriptor, byte 1: bDescriptorType is 5, expected 1"],
    ),
    # What is left is the prompt, which echoes everything: no proof that the program does.
    "only-the-prompt": (
        lambda text: text.replace("usb.active(True)", "pass"),
        ["nothing in the device types a line or sends one back"],
    ),
    # The keys are said to be buttons: no host can know what they type.
    "not-a-keyboard": (lambda text: text.replace("0x05, 0x07, 0x19, 0x00,", "0x05, 0x09, 0x19, 0x00,"), ["HID report descriptor"]),
}

# What somebody may type, and what it is told.
MISTAKES = [
    (["BOARD=esp32"], "run: error: BOARD=esp32: it is unix or rp2"),
    (["SCRIPT=nothing.py"], "run: error: there is no script nothing.py"),
    (["SECONDS=1.5"], "run: error: SECONDS=1.5: it is a whole number"),
    (["FILES=nothing.py:lib/nothing.py"], "run: error: FILES=nothing.py:lib/nothing.py: there is no nothing.py"),
    (["FILES=LICENSE:../LICENSE"], "run: error: FILES=LICENSE:../LICENSE: ../LICENSE is no place on the board"),
]


def random_line(seed):
    """A line with capitals, digits and signs of the shifted row in it, with no blank at its ends."""
    source = random.Random(seed)
    every = [source.choice(SHIFTED), source.choice(SHIFTED), *source.choices(SHIFTED + string.ascii_lowercase + string.digits, k=LENGTH)]
    source.shuffle(every)
    every[LENGTH // 2] = " "
    return "".join(every)


def main():
    part = parts.Part("test-run")
    SCRATCH.mkdir(parents=True, exist_ok=True)
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**9))
    line = random_line(seed)
    part.say(f"SEED={seed} types {line}")
    run_example.every_example(part, line)
    run_example.many_files(part)
    for label, (change, wanted) in FAILURES.items():
        script = SCRATCH / f"{label}.py"
        script.write_text(change(KEYBOARD))
        if script.read_text() == KEYBOARD:
            run_example.check(part, label, "the example has changed: nothing in it to break any more", "")
            continue
        status, output = run_example.make_run(f"SCRIPT={script}", f"LINE={line}")
        missing = [text for text in wanted if text not in output]
        problem = "it did not fail" if status == 0 else f"the output does not say {missing}" if missing else ""
        run_example.check(part, label, problem, output)
    for arguments, wanted in MISTAKES:
        status, output = run_example.make_run(*arguments)
        problem = "" if status != 0 and wanted in output else f"exit status {status}, and the output should say {wanted}"
        run_example.check(part, " ".join(arguments), problem, output)
    part.finish()


if __name__ == "__main__":
    main()
