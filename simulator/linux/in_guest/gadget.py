"""The kernel's own test gadget (SourceSink) on its software bus, as the device to stand beside."""

import os

import system

CONFIGFS = "/sys/kernel/config"
GADGET = f"{CONFIGFS}/usb_gadget/reference"
# What usbtest takes for gadget zero.
VENDOR, PRODUCT = 0x0525, 0xA4A0


def start(pattern=0, isochronous_packet=256):
    """Makes the gadget and plugs it into dummy_hcd at full speed."""
    system.load("dummy_hcd", "is_high_speed=0")
    system.load("libcomposite")
    system.load("usb_f_ss_lb")
    if not os.path.exists(f"{CONFIGFS}/usb_gadget"):
        system.shell(f"mount -t configfs configfs {CONFIGFS}")
    for folder in ("", "/strings/0x409", "/configs/c.1", "/functions/SourceSink.0"):
        os.makedirs(GADGET + folder, exist_ok=True)
    values = {
        "idVendor": f"{VENDOR:#06x}",
        "idProduct": f"{PRODUCT:#06x}",
        "bcdUSB": "0x0200",
        "bDeviceClass": "0xff",
        "strings/0x409/product": "SourceSink",
        "functions/SourceSink.0/pattern": pattern,
        "functions/SourceSink.0/isoc_maxpacket": isochronous_packet,
        "functions/SourceSink.0/isoc_interval": 1,
    }
    for name, value in values.items():
        system.write(f"{GADGET}/{name}", value)
    os.symlink(f"{GADGET}/functions/SourceSink.0", f"{GADGET}/configs/c.1/SourceSink.0")
    system.write(f"{GADGET}/UDC", os.listdir("/sys/class/udc")[0])


def stop():
    system.write(f"{GADGET}/UDC", "\n")
    os.unlink(f"{GADGET}/configs/c.1/SourceSink.0")
    for folder in ("/functions/SourceSink.0", "/configs/c.1", "/strings/0x409", ""):
        os.rmdir(GADGET + folder)
    system.shell("busybox rmmod dummy_hcd")
