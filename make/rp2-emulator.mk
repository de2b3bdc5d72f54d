# The emulated Pico: rp2040js from npm, the boot ROM, and the tests of what simulator/rp2040 adds to it.

RP2_EMULATOR := $(BUILD_DIR)/rp2-emulator
RP2_EMULATOR_SOURCE := $(ROOT)/simulator/rp2040

# The program to give to usbsim as a device: options, then a firmware image (simulator/rp2040/main.js --help).
RP2_BOARD := node $(RP2_EMULATOR_SOURCE)/main.js

# MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO.
RP2_FILE_SYSTEM := 1441792

.PHONY: packages-rp2-emulator
packages-rp2-emulator:
	@$(ROOT)/tools/install-packages rp2-emulator

# The pinned package. npm writes beside package.json, so that is a copy.
$(RP2_EMULATOR)/.installed: $(addprefix $(RP2_EMULATOR_SOURCE)/,package.json package-lock.json) | packages-rp2-emulator
	@mkdir -p $(RP2_EMULATOR)
	@cp $^ $(RP2_EMULATOR)/
	@$(QUIETLY) rp2-emulator npm ci --prefix $(RP2_EMULATOR) --no-audit --no-fund --ignore-scripts
	@touch $@

# -fno-builtin, -fno-tree-...: the loops of memcpy must not become calls of memcpy.
RP2_ROM_FLAGS := -mcpu=cortex-m0plus -mthumb -O2 -Wall -Wextra -Werror -ffreestanding -fno-builtin \
	-fno-tree-loop-distribute-patterns -nostdlib -T $(RP2_EMULATOR_SOURCE)/rom/rom.ld

$(RP2_EMULATOR)/rom.bin: $(wildcard $(RP2_EMULATOR_SOURCE)/rom/*) | packages-rp2-emulator
	@mkdir -p $(RP2_EMULATOR)
	@$(QUIETLY) rp2-rom arm-none-eabi-gcc $(RP2_ROM_FLAGS) $(filter %.S %.c,$^) -lgcc -o $(RP2_EMULATOR)/rom.elf
	@arm-none-eabi-objcopy -O binary $(RP2_EMULATOR)/rom.elf $@

.PHONY: rp2-emulator
rp2-emulator: $(RP2_EMULATOR)/.installed $(RP2_EMULATOR)/rom.bin

.PHONY: test-rp2-model
test-rp2-model: rp2-emulator
	@$(PYTHON) $(ROOT)/tools/test_rp2_model.py $(RP2_EMULATOR)

# Any firmware image for the Pico, and options for the board, such as RP2_OPTIONS='--allow upstream'.
RP2_FIRMWARE ?= $(BUILD_DIR)/rp2/firmware.uf2

.PHONY: test-rp2-emulator
test-rp2-emulator: rp2-firmware-given rp2-emulator unix usbsim
	@$(PYTHON) $(ROOT)/tools/test_rp2_emulator.py $(USBSIM) $(RP2_EMULATOR) $(UNIX_BUILD)/micropython \
		$(RP2_FIRMWARE) $(RP2_OPTIONS)

# Said before anything is built.
.PHONY: rp2-firmware-given
rp2-firmware-given:
	@test -f "$(RP2_FIRMWARE)" || { \
		echo "test-rp2-emulator: error: RP2_FIRMWARE=$(RP2_FIRMWARE): there is no such image"; exit 1; }
