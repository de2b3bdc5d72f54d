# Upstream's ports/qemu with the library in it: a Cortex-M0 in an emulator. It has no USB controller, but the same
# instructions, word size and string table as the boards, so the object model and all checks of arguments run for real.

QEMU_BUILD := $(BUILD_DIR)/qemu
QEMU_TARGET := thumbv6m-none-eabi

QEMU_MAKE = $(MAKE) --no-print-directory -C $(MICROPYTHON)/ports/qemu -j$(JOBS) \
	BOARD=MICROBIT BOARD_DIR=$(ROOT)/ports/qemu/board BUILD=$(QEMU_BUILD) MICROPY_PY_BTREE=0 \
	FROZEN_MANIFEST=$(ROOT)/ports/qemu/manifest.py MICROPY_MPYCROSS=$(MPY_CROSS_BUILD)/mpy-cross \
	MPY_LIB_DIR=../../lib USER_C_MODULES=$(ROOT)/modules $(call arm_rust,$(QEMU_TARGET))

.PHONY: qemu
qemu: mpy-cross | packages-cortex-m
	@$(call made_from_this_tree,$(QEMU_BUILD))
	@$(call arm_spec,$(QEMU_TARGET))
	+@$(call arm_rustc,$(QEMU_TARGET)) $(QUIETLY) qemu $(QEMU_MAKE)
	@echo "qemu: build/qemu/firmware.elf is ready"

# Beside the library, with the same compiler: proof that the link fails when code can panic.
.PHONY: panic-check
panic-check: qemu
	+@$(call arm_rustc,$(QEMU_TARGET)) $(QUIETLY) panic-check cargo build --release --package panic-check \
		--target $(call arm_target,$(QEMU_TARGET)) $(call arm_cargo,$(QEMU_TARGET)) --target-dir $(QEMU_BUILD)/rust --manifest-path $(ROOT)/Cargo.toml
