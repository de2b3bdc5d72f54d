"""Type stubs: machine.USBDevice of micropython-usbdevice, and the little else of `machine` that its examples use.

What upstream's documentation of USBDevice does not have is marked "Addition". Anything else of `machine` is Any.
"""

from typing import Any, Callable, Final, Literal, Protocol, overload

from typing_extensions import Buffer

class _Builtin:
    """A built-in configuration: BUILTIN_NONE, BUILTIN_DEFAULT and their names."""

    @property
    def itf_max(self) -> int: ...
    @property
    def ep_max(self) -> int: ...
    @property
    def str_max(self) -> int: ...
    @property
    def desc_dev(self) -> bytes: ...
    @property
    def desc_cfg(self) -> bytes: ...

class XferResult(Protocol):
    """What xfer_cb gets as its second argument: true on success, and equal to USBDevice.XFER_SUCCESS, _FAILED or _STALLED.

    Compare it, or take its truth value. There is no class of this name at run time.
    """

    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __lt__(self, other: int | XferResult, /) -> bool: ...
    def __le__(self, other: int | XferResult, /) -> bool: ...
    def __gt__(self, other: int | XferResult, /) -> bool: ...
    def __ge__(self, other: int | XferResult, /) -> bool: ...
    def __add__(self, other: int, /) -> int: ...
    def __sub__(self, other: int, /) -> int: ...
    def __mul__(self, other: int, /) -> int: ...

class _Strings(Protocol):
    """Anything with a subscript: a list, a dict, an own class."""

    def __getitem__(self, index: Any, /) -> str | Buffer | None: ...

_Stage = Literal[1, 2, 3]

class USBDevice:
    """The USB device made in Python; a singleton."""

    BUILTIN_NONE: Final[_Builtin]
    BUILTIN_DEFAULT: Final[_Builtin]
    BUILTIN_CDC: Final[_Builtin]
    """Only in firmware whose built-in device is a serial port."""
    BUILTIN_MSC: Final[_Builtin]
    """Only in firmware whose built-in device is a disk."""
    BUILTIN_CDC_MSC: Final[_Builtin]
    """Only in firmware whose built-in device is both."""

    XFER_SUCCESS: Final[int]
    XFER_FAILED: Final[int]
    XFER_STALLED: Final[int]

    builtin_driver: _Builtin

    def __init__(self) -> None: ...
    def config(
        self,
        desc_dev: Buffer,
        desc_cfg: Buffer,
        desc_strs: _Strings | None = None,
        open_itf_cb: Callable[[memoryview], object] | None = None,
        reset_cb: Callable[[], object] | None = None,
        control_xfer_cb: Callable[[_Stage, memoryview], bool | Buffer | str | None] | None = None,
        xfer_cb: Callable[[int, XferResult, int], object] | None = None,
        *,
        desc_bos: Buffer | None = None,
        suspend_cb: Callable[[bool], object] | None = None,
    ) -> None:
        """Sets descriptors and callbacks. desc_bos and suspend_cb are additions."""

    @overload
    def active(self) -> bool: ...
    @overload
    def active(self, value: object, /) -> bool: ...
    def submit_xfer(self, ep: int, buffer: Buffer | str, /) -> bool: ...
    @overload
    def stall(self, ep: int, /) -> bool: ...
    @overload
    def stall(self, ep: int, stall: object, /) -> bool: ...
    def remote_wakeup(self) -> bool: ...

def idle() -> None: ...
def __getattr__(name: str) -> Any: ...
