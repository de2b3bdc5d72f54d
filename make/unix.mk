# The unix port: build/unix/micropython and build/unix/board.

UNIX_BUILD := $(BUILD_DIR)/unix
MPY_CROSS_BUILD := $(BUILD_DIR)/mpy-cross

# Upstream's make, with every output in our own folder, so that the tree it builds from stays as it was.
# It looks for micropython-lib, which we take nothing from; any folder with a README.md will do.
UNIX_MAKE = $(MAKE) --no-print-directory -C $(MICROPYTHON)/ports/unix -j$(JOBS) \
	VARIANT=usbdevice VARIANT_DIR=$(ROOT)/ports/unix/variant BUILD=$(UNIX_BUILD) \
	MICROPY_MPYCROSS=$(MPY_CROSS_BUILD)/mpy-cross MPY_LIB_DIR=../../lib USER_C_MODULES=$(ROOT)/modules

# The flags that the library's bindings are generated with; upstream's build writes the file.
export MP_BINDGEN_FLAGS := $(UNIX_BUILD)/usbdevice.flags
export MP_BINDGEN_CWD := $(MICROPYTHON)/ports/unix

# Objects of one MicroPython must not be linked with those of another.
.PHONY: unix-tree
unix-tree: sources
	@mkdir -p $(UNIX_BUILD) $(MPY_CROSS_BUILD)
	@if [ "$$(cat $(UNIX_BUILD)/.made-from 2>/dev/null)" != "$(MICROPYTHON)" ]; then \
		rm -rf $(UNIX_BUILD) $(MPY_CROSS_BUILD); \
		mkdir -p $(UNIX_BUILD) $(MPY_CROSS_BUILD); \
		echo "$(MICROPYTHON)" >$(UNIX_BUILD)/.made-from; \
	fi

# The + tells make that these are makes too.
.PHONY: unix
unix: unix-tree
	+@$(QUIETLY) mpy-cross $(MAKE) --no-print-directory -C $(MICROPYTHON)/mpy-cross -j$(JOBS) BUILD=$(MPY_CROSS_BUILD) USER_C_MODULES=
	+@$(QUIETLY) unix $(UNIX_MAKE)
	@echo "unix: build/unix/micropython and build/unix/board are ready"
