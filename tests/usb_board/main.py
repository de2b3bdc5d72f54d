# The board's main program: runs the script that /script names, with everything that it prints going to UART0.

import os
import sys

import usbsim

sys.path.append("/tests/lib")
os.dupterm(usbsim.line)
try:
    with open("/script") as file:
        path = file.read()
    with open(path) as file:
        source = file.read()
    exec(source, {"__name__": "__main__", "__file__": path})
except BaseException as error:
    sys.print_exception(error)
usbsim.tell(None, "end", [], {})
