# What upstream's ports/rp2 freezes that is in MicroPython's own tree. (Its manifest also takes onewire, ds18x20, dht and
# neopixel from micropython-lib, which is in no package.)
freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
