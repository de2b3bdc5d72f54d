# A Linux system for qemu-system-x86_64, from Debian's packages: what devices are plugged into.

LINUX_BUILD := $(BUILD_DIR)/linux

.PHONY: packages-linux
packages-linux:
	@$(ROOT)/tools/install-packages linux

.PHONY: linux
linux: | packages-linux
	@$(PYTHON) $(ROOT)/simulator/linux/build_guest.py $(LINUX_BUILD)

# ONLY='serial usbtest': the tests with one of that in their names.
.PHONY: test-linux
test-linux: linux unix usbsim
	+@$(MAKE) --no-print-directory unix MICROPY_HW_USB_MSC=1
	@$(PYTHON) $(ROOT)/tools/test_linux.py $(BUILD_DIR) $(ONLY)
