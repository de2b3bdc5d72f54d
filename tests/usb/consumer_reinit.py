# The device is set up again with other functions while it is active: active(False), builtin_driver, config(),
# active(True) in one go. The host sees the old device go and the new one come.
from usbtest import *
from drivers import Keyboard, Serial
from framework import Device

framework = Device()
framework.init(Keyboard())
host = connect()
print(host.enumerate()["configuration"][4])
host.run(5)
for functions, builtin in (((Serial(),), False), ((Keyboard(), Serial()), True), ((Keyboard(),), False)):
    seen = len(host.events())
    framework.init(*functions, builtin=builtin)
    host.run(300)
    print([name for _, name in host.events()[seen:]], host.enumerate()["configuration"][4])
    host.run(5)
    print([function.opened for function in functions])
