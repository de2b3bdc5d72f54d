# Firmware for RP2040 and RP2350 boards from upstream's ports/rp2: build/rp2/firmware.uf2, .elf and .map; with STACK=c the
# same with upstream's own USB stack, for comparison, in build/rp2-c; with STACK=none the same without any, in build/rp2-none,
# against which the two are measured.
# MICROPY_HW_USB_MSC=1: with mass storage, in build/rp2-msc. MICROPY_HW_USB_CDC=0: no built-in serial port, the REPL on UART 0,
# in build/rp2-no-cdc. Both together, and with STACK=c, likewise.

STACK ?= rust
MICROPY_BOARD ?= RPI_PICO

# Boards with an RP2350 have a 2 in their names' end (RPI_PICO2, RPI_PICO2_W).
RP2_CHIP := $(if $(filter %2 %2_W,$(MICROPY_BOARD)),rp2350,rp2040)
RP2_TARGET := $(if $(filter rp2350,$(RP2_CHIP)),thumbv8m.main-none-eabi,thumbv6m-none-eabi)
RP2_UF2_FAMILY := $(if $(filter rp2350,$(RP2_CHIP)),0xe48bff59,0xe48bff56)

# Settings that a firmware is built with when they are not what upstream's port has by itself; a board's own files may have
# others and keep them.
RP2_UART := $(filter 1,$(MICROPY_HW_ENABLE_UART_REPL))
RP2_SETTINGS := $(if $(filter 0,$(MICROPY_HW_USB_CDC)),MICROPY_HW_USB_CDC=0) \
	$(if $(filter 1,$(MICROPY_HW_USB_MSC)),MICROPY_HW_USB_MSC=1) $(if $(RP2_UART),MICROPY_HW_ENABLE_UART_REPL=1)
RP2_SUFFIX := $(BUILTIN_SUFFIX)$(if $(filter 1,$(MICROPY_HW_USB_CDC)),$(if $(RP2_UART),-uart))

# build/rp2 is the Pico's; each other board has a folder of its own beside it.
RP2_NAME := rp2$(if $(filter-out RPI_PICO,$(MICROPY_BOARD)),-$(MICROPY_BOARD))$(RP2_SUFFIX)$(if $(filter-out rust,$(STACK)),-$(STACK))
RP2_BUILD := $(BUILD_DIR)/$(RP2_NAME)
# CMake's own files and the objects.
RP2_OBJECTS := $(RP2_BUILD)/objects

# The packages that a checkout with submodules has in lib/.
RP2_SOURCES := pico-sdk tinyusb mbedtls

.PHONY: rp2-sources
rp2-sources: sources
ifeq ($(MICROPYTHON),$(abspath $(PINNED_MICROPYTHON)))
	@$(PYTHON) $(ROOT)/micropython/get_sources.py $(RP2_SOURCES)
	@for name in $(RP2_SOURCES); do test -L $(MICROPYTHON)/lib/$$name || { rmdir $(MICROPYTHON)/lib/$$name && \
		ln -s $$($(PYTHON) $(ROOT)/micropython/get_sources.py --path $$name) $(MICROPYTHON)/lib/$$name; } || exit 1; done
else
	@for name in $(RP2_SOURCES); do test -n "$$(ls $(MICROPYTHON)/lib/$$name 2>/dev/null)" || { \
		echo "rp2: error: $(MICROPYTHON)/lib/$$name is empty: make -C ports/rp2 submodules gets it"; exit 1; }; done
endif

empty :=
RP2_MODULES := $(if $(strip $(RP2_SETTINGS)),$(ROOT)/modules/usbdevice/settings.cmake) \
	$(if $(filter-out c,$(STACK)),$(ROOT)/modules/usbdevice/micropython.cmake)
# CMake's lists have semicolons.
cmake_list = $(subst $(empty) $(empty),;,$(strip $(1)))

RP2_CMAKE = cmake -S $(MICROPYTHON)/ports/rp2 -B $(RP2_OBJECTS) -G Ninja -Wno-dev \
	-DMICROPY_BOARD=$(MICROPY_BOARD) -DMICROPY_FROZEN_MANIFEST=$(ROOT)/ports/rp2/manifest.py \
	-DMICROPY_LIB_DIR=$(MICROPYTHON)/lib -DPICO_NO_PICOTOOL=1 -DPICO_SDK_PATH_OVERRIDE=$(MICROPYTHON)/lib/pico-sdk \
	"-DUSER_C_MODULES=$(call cmake_list,$(RP2_MODULES))" "-DUSBDEVICE_SETTINGS=$(call cmake_list,$(RP2_SETTINGS))" \
	$(if $(filter none,$(STACK)),-DUSBDEVICE_STUBS=ON)

.PHONY: rp2
rp2: rp2-arguments mpy-cross rp2-sources | packages-rp2
	@$(call made_from_this_tree,$(RP2_BUILD))
	@MICROPY_MPYCROSS=$(MPY_CROSS_BUILD)/mpy-cross $(QUIETLY) $(RP2_NAME)-cmake $(RP2_CMAKE)
	@$(call arm_spec,$(RP2_TARGET))
	@MICROPY_MPYCROSS=$(MPY_CROSS_BUILD)/mpy-cross $(call arm_rustc,$(RP2_TARGET)) \
		USBDEVICE_CARGO_TARGET=$(call arm_target,$(RP2_TARGET)) USBDEVICE_CARGO_FLAGS="$(strip $(call arm_cargo,$(RP2_TARGET)))" $(QUIETLY) $(RP2_NAME) ninja -C $(RP2_OBJECTS) -j$(JOBS)
	@cp $(RP2_OBJECTS)/firmware.elf $(RP2_BUILD)/firmware.elf
	@cp $(RP2_OBJECTS)/firmware.elf.map $(RP2_BUILD)/firmware.map
	@$(PYTHON) $(MICROPYTHON)/tools/uf2conv.py -f $(RP2_UF2_FAMILY) -b 0x10000000 -c -o $(RP2_BUILD)/firmware.uf2 \
		$(RP2_OBJECTS)/firmware.bin >/dev/null
	@echo "$(RP2_NAME): build/$(RP2_NAME)/firmware.uf2, .elf and .map are ready"

.PHONY: rp2-arguments
rp2-arguments: builtin-arguments
	@test "$(MICROPY_HW_USB_CDC)$(MICROPY_HW_ENABLE_UART_REPL)" != 00 || { \
		echo "rp2: error: MICROPY_HW_USB_CDC=0 and MICROPY_HW_ENABLE_UART_REPL=0: there is no place for the REPL"; exit 1; }
	@case "$(STACK)" in rust|c|none) ;; *) echo "rp2: error: STACK=$(STACK): it is rust, c or none"; exit 1;; esac

.PHONY: test-rp2-image
test-rp2-image: rp2
	@$(PYTHON) $(ROOT)/tools/test_rp2_image.py $(RP2_BUILD)

# What the USB stack takes of flash and RAM, beside upstream's, and where (docs/size.md).
.PHONY: rp2-sizes
rp2-sizes:
	+@for stack in rust c none; do $(MAKE) --no-print-directory rp2 STACK=$$stack || exit 1; done
	@$(PYTHON) $(ROOT)/tools/rp2_sizes.py $(BUILD_DIR)/rp2 $(BUILD_DIR)/rp2-c $(BUILD_DIR)/rp2-none
