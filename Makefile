# Every command that a person types. `make` alone says which there are.

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

.DEFAULT_GOAL := help

include $(ROOT)/make/settings.mk
include $(ROOT)/make/unix.mk
include $(ROOT)/make/arm.mk
include $(ROOT)/make/qemu.mk
include $(ROOT)/make/rp2.mk
include $(ROOT)/make/rp2-emulator.mk
include $(ROOT)/make/linux.mk
include $(ROOT)/make/run.mk
include $(ROOT)/make/bench.mk
include $(ROOT)/make/test.mk

.PHONY: help
help:
	@echo "micropython-usbdevice: machine.USBDevice in Rust. From a fresh clone every command gets and builds what it needs."
	@echo
	@echo "  make run            plug a device written in Python into the virtual bus and show what the host sees"
	@echo "                      [BOARD=unix|rp2] [SCRIPT=examples/keyboard.py] [LINE='text to type'] [SECONDS=10]"
	@echo "                      [PTY=1: the board's serial port at build/run/tty, for mpremote and the like; PTY=hang-up: it goes with the device]"
	@echo "                      [FILES='more.py files.py:lib/files.py' for the board's flash]"
	@echo "                      [with BOARD=rp2: MICROPY_HW_USB_MSC=1, MICROPY_HW_USB_CDC=0: other firmware, see make rp2]"
	@echo "                      [HOST=script, or linux for a Linux kernel in an emulator, or usbip for your own]"
	@echo "  make unix           build/unix/micropython and build/unix/board: MicroPython with a virtual USB bus"
	@echo "                      [MICROPY_HW_USB_MSC=1 for build/unix-msc: with mass storage, USBDEVICE_DISK=file its disk]"
	@echo "  make rp2            build/rp2/firmware.uf2: MicroPython for the Raspberry Pi Pico with the Rust USB stack"
	@echo "                      [MICROPY_BOARD=RPI_PICO2] [STACK=c for upstream's own USB stack] [MICROPY_HW_USB_MSC=1: it is"
	@echo "                      also a disk, in build/rp2-msc] [MICROPY_HW_USB_CDC=0: REPL on UART 0 only, in build/rp2-no-cdc]"
	@echo "  make linux          build/linux: the Linux system for HOST=linux and the tests, from Debian's packages"
	@echo "  make rp2-sizes      what the Rust and the C stack take of the Pico's flash and RAM, by part"
	@echo "  make test           all tests, what CI runs"
	@echo "  make lint           format, clippy, the rules for unsafe code"
	@echo "  make test-sources   what is said when the sources are not the pinned ones"
	@echo "  make test-native    the stack, the virtual controller and the simulator, with no MicroPython"
	@echo "  make test-usb       machine.USBDevice from Python, device and host in one program"
	@echo "  make test-msc       the same for the built-in mass storage: commands, errors, a file system from both ends"
	@echo "  make test-usb-rp2   the same programs on the emulated Pico, with their host outside [USB_SCRIPTS='names']"
	@echo "  make test-board     a whole board: REPL, boot.py, soft reset, its serial port with and without a host that reads"
	@echo "                      [BOARD=rp2 for the Pico's firmware in its emulator]"
	@echo "  make test-disk      a whole board that is also a disk, on the unix port; make test-disk-rp2: on the emulated Pico"
	@echo "  make test-uart-rp2  a Pico without the built-in serial port: its REPL on UART 0, USB all Python's; part of make soak"
	@echo "  make test-disk-alone-rp2   the same with a disk and nothing else; part of make soak"
	@echo "  make soak           the long runs, which make test leaves out; by part: soak-native, soak-remote, soak-board"
	@echo "                      [BOARD=unix|rp2], soak-rp2, soak-upstream, test-uart-rp2, test-disk-alone-rp2"
	@echo "  make test-linux     a Linux kernel as the host: its drivers, its own USB tests [ONLY='serial midi']"
	@echo "  make test-run       make run with every example: a random line, what the host understands, and why when it cannot"
	@echo "  make test-run-rp2   the same examples on the emulated Pico"
	@echo "  make test-qemu      the library on an emulated Cortex-M0: nothing in it can panic, its size, the Python interface"
	@echo "  make test-rp2       the three below"
	@echo "  make test-rp2-model the emulated Pico without firmware: its USB controller, boot ROM and clock"
	@echo "  make test-rp2-emulator RP2_FIRMWARE=...   a firmware image on the emulated Pico: prompt, keyboard, same run twice"
	@echo "  make test-rp2-image the Pico's firmware: nothing of TinyUSB in it, nothing that can panic"
	@echo "  make test-bench     the benchmarks' sums, and that a measurement is the same twice"
	@echo "  make test-mpremote  mpremote on the serial ports of the unix port and of the emulated Pico, as pseudo-terminals"
	@echo "  make test-upstream  MicroPython's own test suite; BOARD=rp2: on the emulated Pico, beside upstream's C stack [STACK=rust|c]"
	@echo "  make test-upstream-sample   a part of that"
	@echo "  make bench          flash, RAM, cycles and speed beside those of upstream's C stack, on the emulated board [BOARD=rp2|unix]"
	@echo "  make clean          remove what was built; downloaded sources stay"
	@echo
	@echo "  MICROPYTHON_DIR=... build from that checkout of MicroPython instead of the pinned release"

.PHONY: clean
clean:
	rm -rf $(filter-out $(BUILD_DIR)/sources,$(wildcard $(BUILD_DIR)/*))
