# The unix port: build/unix/micropython and build/unix/board.

UNIX_BUILD := $(BUILD_DIR)/unix

# Upstream's make, with every output in our own folder, so that the tree it builds from stays as it was.
# It looks for micropython-lib, which we take nothing from; any folder with a README.md will do.
UNIX_MAKE = $(MAKE) --no-print-directory -C $(MICROPYTHON)/ports/unix -j$(JOBS) \
	VARIANT=usbdevice VARIANT_DIR=$(ROOT)/ports/unix/variant BUILD=$(UNIX_BUILD) \
	MICROPY_MPYCROSS=$(MPY_CROSS_BUILD)/mpy-cross MPY_LIB_DIR=../../lib USER_C_MODULES=$(ROOT)/modules

# The flags that the library's bindings are generated with; upstream's build writes the file.
export MP_BINDGEN_FLAGS := $(UNIX_BUILD)/usbdevice.flags
export MP_BINDGEN_CWD := $(MICROPYTHON)/ports/unix

# The + tells make that this is a make too.
.PHONY: unix
unix: mpy-cross
	@$(call made_from_this_tree,$(UNIX_BUILD))
	+@$(QUIETLY) unix $(UNIX_MAKE)
	@echo "unix: build/unix/micropython and build/unix/board are ready"
