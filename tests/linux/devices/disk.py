# The built-in mass storage beside the serial port: nothing to do for Python.

import machine

while True:
    machine.idle()
