"""Devices over the network: USB/IP."""

import os

import system

# The machine outside, as QEMU's user network shows it.
OUTSIDE = "10.0.2.2"


def start():
    """Brings the network up, and loads the host controller whose devices are elsewhere."""
    system.load("virtio_net")
    system.load("vhci_hcd")
    system.shell("ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0")
    # Where the program notes what is attached.
    os.makedirs("/var/run/vhci_hcd", exist_ok=True)


def attach(port, seconds=30):
    """What a person types, with the port that the server has: again until the device is on its bus, as a person would."""
    said = []

    def attached():
        try:
            system.shell(f"usbip --tcp-port {port} attach --remote {OUTSIDE} --busid 1-1")
        except RuntimeError as error:
            said[:] = [str(error)]
            return False
        return True

    try:
        system.wait_for(attached, seconds, "a device over USB/IP")
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {said[0]}") from None


def detach():
    return system.shell("usbip detach --port 0 2>&1")
