"""The kernel's cdc_acm: the built-in serial port, and one made in Python beside it."""

from rig import DEVICES

MEGABYTE = 1 << 20
# Bytes that a device and a host may keep before somebody reads: buffers of the kernel, of the device and on the way.
SOME = 1 << 18


def test_builtin_port_echoes_4_mb(rig):
    with rig.device(DEVICES / "builtin_echo.py") as device:
        [[port]] = device.nodes("ttyACM")
        problem, seconds = rig.call("serial.echo", port, 4 * MEGABYTE, seed=1, seconds=200)
        assert not problem, problem
        return f"4 MiB each way in {seconds:.1f} s"


def test_python_port_echoes_4_mb(rig):
    with rig.device(DEVICES / "cdc_echo.py") as device:
        [[_, port]] = device.nodes("ttyACM")
        problem, seconds = rig.call("serial.echo", port, 4 * MEGABYTE, seed=2, seconds=200)
        assert not problem, problem
        return f"4 MiB each way in {seconds:.1f} s"


def test_line_coding_and_control_lines(rig):
    with rig.device(DEVICES / "cdc_echo.py") as device:
        [[_, node]] = device.nodes("ttyACM")
        number = rig.call("serial.open_port", node)
        # What the kernel does when a port is opened.
        seen = device.program.wait_for("lines 3", 30)
        for coding, said in (
            ((9600, 7, "E", 2), "coding 9600 2 2 7"),
            ((230400, 8, "O", 1), "coding 230400 0 1 8"),
            ((1200, 5, "N", 1), "coding 1200 0 0 5"),
        ):
            rig.call("serial.port", number, "set", *coding)
            seen = device.program.wait_for(said, 30, seen)
        for line, up, said in (("RTS", False, 1), ("DTR", False, 0), ("RTS", True, 2), ("DTR", True, 3)):
            rig.call("serial.port", number, "line", line, up)
            seen = device.program.wait_for(f"lines {said}", 30, seen)
        rig.call("serial.close_port", number)
        device.program.wait_for("lines 0", 30, seen)


def test_ports_open_and_close_100_times(rig):
    with rig.device(DEVICES / "cdc_echo.py") as device:
        [[_, port]] = device.nodes("ttyACM")
        failed = rig.call("serial.reopen", port, 100, seconds=200)
        assert failed < 0, f"the line did not come back the time number {failed}"


def test_writer_faster_than_reader(rig):
    """Nothing is lost while nobody reads, however long that takes: the device refuses, and so the writer waits."""
    with rig.device(DEVICES / "cdc_echo.py") as device:
        [[_, port]] = device.nodes("ttyACM")
        problem, taken = rig.call("serial.fill_then_read", port, MEGABYTE, seed=3, seconds=120)
        assert not problem, problem
        assert 4096 < taken < SOME, f"the device took {taken} bytes with nobody who reads"


def test_slow_reader_of_the_builtin_port(rig):
    """Its output waits for a reader who is slow; for one who is gone it does not, which tests/board holds."""
    with rig.device(DEVICES / "builtin_echo.py") as device:
        [[port]] = device.nodes("ttyACM")
        problem, _ = rig.call("serial.echo", port, MEGABYTE // 4, seed=4, pause=0.02, seconds=150)
        assert not problem, problem
