# Upstream's MICROBIT board of ports/qemu, a Cortex-M0 as in the RP2040's and the SAMD21's family, with calls of the USB
# library where the ports of real boards have them. Upstream's makefile finds this folder by BOARD_DIR.

include boards/MICROBIT/mpconfigboard.mk

QEMU_PORT_DIR := $(abspath $(BOARD_DIR)/..)
comma := ,

# The linker sends calls of these names to our __wrap_ functions, which call upstream's as __real_.
LDFLAGS += $(addprefix -Wl$(comma)--wrap=,mp_init gc_sweep_all mp_hal_stdout_tx_strn mp_hal_stdio_poll)

SRC_BOARD_O += usbdevice/seam_calls.o

all:

$(BUILD)/usbdevice/seam_calls.o: $(QEMU_PORT_DIR)/c/seam_calls.c | $(BUILD)/genhdr/qstrdefs.generated.h
	$(call compile_c)
