# The unix port: build/unix/micropython and build/unix/board; with MICROPY_HW_USB_MSC=1 the same with mass storage, in
# build/unix-msc.

UNIX_NAME := unix$(BUILTIN_SUFFIX)
UNIX_BUILD := $(BUILD_DIR)/$(UNIX_NAME)

# Upstream's make, with every output in our own folder, so that the tree it builds from stays as it was.
# It looks for micropython-lib, which we take nothing from; any folder with a README.md will do.
UNIX_MAKE = $(MAKE) --no-print-directory -C $(MICROPYTHON)/ports/unix -j$(JOBS) \
	VARIANT=usbdevice VARIANT_DIR=$(ROOT)/ports/unix/variant BUILD=$(UNIX_BUILD) \
	MICROPY_MPYCROSS=$(MPY_CROSS_BUILD)/mpy-cross MPY_LIB_DIR=../../lib USER_C_MODULES=$(ROOT)/modules \
	CFLAGS_EXTRA="-DMICROPY_HW_USB_CDC=$(MICROPY_HW_USB_CDC) -DMICROPY_HW_USB_MSC=$(MICROPY_HW_USB_MSC)"

# The flags that the library's bindings are generated with; upstream's build writes the file.
export MP_BINDGEN_FLAGS := $(UNIX_BUILD)/usbdevice.flags
export MP_BINDGEN_CWD := $(MICROPYTHON)/ports/unix

# The + tells make that this is a make too.
.PHONY: unix
unix: builtin-arguments mpy-cross
	@$(call made_from_this_tree,$(UNIX_BUILD))
	+@$(QUIETLY) $(UNIX_NAME) $(UNIX_MAKE)
	@echo "$(UNIX_NAME): build/$(UNIX_NAME)/micropython and build/$(UNIX_NAME)/board are ready"
