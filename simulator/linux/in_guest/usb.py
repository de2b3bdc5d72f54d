"""USB devices as the guest's kernel shows them (sysfs), and requests past its drivers (usbfs)."""

import ctypes
import errno
import fcntl
import os

import system

SYSFS = "/sys/bus/usb/devices"


def number(nr, kind, size):
    """An ioctl's number; kind: 0 no data, 1 to the kernel, 2 from it, 3 both."""
    return kind << 30 | size << 16 | ord("U") << 8 | nr


def describe(name):
    """A device of /sys/bus/usb/devices, or None if it is going away."""
    path = f"{SYSFS}/{name}"
    try:
        bus, address = (int(system.read(f"{path}/{what}")) for what in ("busnum", "devnum"))
        interfaces = {}
        for one in sorted(os.listdir(path)):
            if one.startswith(f"{name}:"):
                driver = f"{path}/{one}/driver"
                interfaces[one] = os.path.basename(os.readlink(driver)) if os.path.exists(driver) else ""
        return {
            "name": name,
            "path": path,
            "vendor": int(system.read(f"{path}/idVendor"), 16),
            "product": int(system.read(f"{path}/idProduct"), 16),
            "bus": bus,
            "address": address,
            "node": f"/dev/bus/usb/{bus:03}/{address:03}",
            "configuration": system.read(f"{path}/bConfigurationValue"),
            "expected": int(system.read(f"{path}/bNumInterfaces") or 0),
            "speed": system.read(f"{path}/speed"),
            "interfaces": interfaces,
            "nodes": nodes(os.path.realpath(path)),
        }
    except OSError:
        return None


def nodes(path):
    """What its drivers have made in /dev."""
    found = []
    for folder, folders, files in os.walk(path):
        folders.sort()
        if "dev" in files and "busnum" not in files:
            lines = system.read(f"{folder}/uevent").split("\n")
            found += ["/dev/" + line.partition("=")[2] for line in lines if line.startswith("DEVNAME=")]
    return sorted(found)


def devices():
    """Every device that is plugged in; the host controllers' own hubs are none."""
    names = [name for name in os.listdir(SYSFS) if ":" not in name and not name.startswith("usb")]
    return [device for device in map(describe, sorted(names)) if device]


def is_claimed(device):
    """Every interface is there and has a driver. Those of a vendor's own class need none."""
    path = device["path"]
    return len(device["interfaces"]) == device["expected"] and all(
        driver or system.read(f"{path}/{interface}/bInterfaceClass") == "ff"
        for interface, driver in device["interfaces"].items()
    )


def wait(seconds=30, bus="xhci", besides=()):
    """Waits for a device behind a host controller of that driver, another than those with the names `besides`; it is
    configured, and its drivers are there."""

    def ready():
        for device in devices():
            if device["name"] in besides or bus not in system.read(f"{SYSFS}/usb{device['bus']}/manufacturer"):
                continue
            if device["configuration"] and device["interfaces"] and is_claimed(device):
                # Once more: what its drivers have made may be younger than the first look.
                return describe(device["name"])
        return None

    return system.wait_for(ready, seconds, "a configured device with all its drivers")


def wait_gone(name, seconds=30):
    system.wait_for(lambda: not os.path.exists(f"{SYSFS}/{name}"), seconds, f"{name} gone")


def wait_nodes(name, wanted, seconds=30):
    """Waits until the device `name` has in /dev, for each of `wanted` ("ttyACM"), a node that starts so; returns them."""

    def ready():
        device = describe(name)
        there = device["nodes"] if device else []
        found = [[node for node in there if os.path.basename(node).startswith(one)] for one in wanted]
        return found if all(found) else None

    return system.wait_for(ready, seconds, f"{name}: {' '.join(wanted)} in /dev")


class Control(ctypes.Structure):
    _fields_ = [
        ("request_type", ctypes.c_uint8),
        ("request", ctypes.c_uint8),
        ("value", ctypes.c_uint16),
        ("index", ctypes.c_uint16),
        ("length", ctypes.c_uint16),
        ("timeout_ms", ctypes.c_uint32),
        ("data", ctypes.c_void_p),
    ]


class Bulk(ctypes.Structure):
    _fields_ = [
        ("endpoint", ctypes.c_uint),
        ("length", ctypes.c_uint),
        ("timeout_ms", ctypes.c_uint),
        ("data", ctypes.c_void_p),
    ]


class ForInterface(ctypes.Structure):
    _fields_ = [("interface", ctypes.c_int), ("code", ctypes.c_int), ("data", ctypes.c_void_p)]


CONTROL = number(0, 3, ctypes.sizeof(Control))
BULK = number(2, 3, ctypes.sizeof(Bulk))
SET_INTERFACE = number(4, 2, 8)
CLAIM = number(15, 2, 4)
RELEASE = number(16, 2, 4)
FOR_INTERFACE = number(18, 3, ctypes.sizeof(ForInterface))
RESET = number(20, 0, 0)
CLEAR_HALT = number(21, 2, 4)
DISCONNECT_DRIVER = number(22, 0, 0)
CONNECT_DRIVER = number(23, 0, 0)


class Device:
    """An open device node."""

    def __init__(self, node):
        self.file = os.open(node, os.O_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)

    def _int(self, code, value):
        return fcntl.ioctl(self.file, code, ctypes.c_int(value))

    def control(self, request_type, request, value, index, data_or_length=0, timeout_ms=5000):
        """The bytes of an IN request, the count of an OUT request's."""
        is_in = bool(request_type & 0x80)
        data = b"" if is_in else data_or_length or b""
        length = data_or_length if is_in else len(data)
        buffer = ctypes.create_string_buffer(bytes(data), max(1, length))
        done = fcntl.ioctl(
            self.file,
            CONTROL,
            Control(request_type, request, value, index, length, timeout_ms, ctypes.addressof(buffer)),
        )
        return buffer.raw[:done] if is_in else done

    def bulk(self, endpoint, data_or_length, timeout_ms=5000):
        """One transfer on a bulk or interrupt endpoint."""
        is_in = bool(endpoint & 0x80)
        length = data_or_length if is_in else len(data_or_length)
        buffer = ctypes.create_string_buffer(b"" if is_in else bytes(data_or_length), max(1, length))
        done = fcntl.ioctl(self.file, BULK, Bulk(endpoint, length, timeout_ms, ctypes.addressof(buffer)))
        return buffer.raw[:done] if is_in else done

    def set_interface(self, interface, alternate):
        fcntl.ioctl(self.file, SET_INTERFACE, (ctypes.c_uint * 2)(interface, alternate))

    def claim(self, interface):
        self._int(CLAIM, interface)

    def release(self, interface):
        self._int(RELEASE, interface)

    def clear_halt(self, endpoint):
        self._int(CLEAR_HALT, endpoint)

    def reset(self):
        """Resets the port, which puts the drivers' old settings back or enumerates anew."""
        fcntl.ioctl(self.file, RESET)

    def for_interface(self, interface, code, data=None):
        """An ioctl of an interface's driver."""
        address = ctypes.addressof(data) if data is not None else 0
        return fcntl.ioctl(self.file, FOR_INTERFACE, ForInterface(interface, code, address))

    def take(self, interface):
        """Takes an interface from its driver, if it has one."""
        try:
            self.for_interface(interface, DISCONNECT_DRIVER)
        except OSError as error:
            if error.errno != errno.ENODATA:
                raise
        self.claim(interface)


def control(node, *arguments):
    """One control request; ("error", name) if the kernel reports one."""
    with Device(node) as device:
        try:
            return device.control(*arguments)
        except OSError as error:
            return ("error", errno.errorcode[error.errno])


def reset(node):
    with Device(node) as device:
        device.reset()


def set_attribute(name, attribute, value):
    """Writes an attribute of a device: "authorized", "bConfigurationValue", "power/control"."""
    system.write(f"{SYSFS}/{name}/{attribute}", value)


def attribute(name, attribute):
    return system.read(f"{SYSFS}/{name}/{attribute}")


def wait_attribute(name, what, value, seconds=30):
    system.wait_for(lambda: attribute(name, what) == value, seconds, f"{name}: {what} {value}")


def wait_no_interfaces(name, seconds=30):
    """Waits until a device that stays has lost its interfaces."""

    def ready():
        device = describe(name)
        return device and not device["interfaces"]

    system.wait_for(ready, seconds, f"{name} without interfaces")


def wait_configured(name, seconds=60):
    """Waits until a device of that name is there and configured."""
    path = f"{SYSFS}/{name}/bConfigurationValue"
    system.wait_for(lambda: os.path.exists(path) and system.read(path), seconds, f"{name} configured")
