# The emulated board has no files: what the tests of tests/usb import is part of its firmware.
freeze("../../tests/lib", ("drivers.py", "framework.py", "usbtest.py"))
freeze("python", "usbsim.py")
