# The tests. Each part is a goal of its own and leaves its counts for `make test`, which runs them all.

# In this order, cheap ones first. To add a part: write its goal, name it here and in help.
TEST_PARTS := unix lint test-sources test-native test-usb test-msc test-disk test-board test-qemu test-run \
	test-rp2-model test-rp2-image test-rp2-emulator test-run-rp2 test-board-rp2 test-disk-rp2 test-usb-rp2 test-bench test-linux \
	test-mpremote test-upstream-sample test-upstream

.PHONY: test
test: | packages-unix packages-test
	@MAKE="$(MAKE)" $(PYTHON) $(ROOT)/tools/test_all.py $(TEST_PARTS)

.PHONY: test-sources
test-sources: sources
	@MAKE="$(MAKE)" $(PYTHON) $(ROOT)/tools/test_sources.py $(BUILD_DIR)/sources

.PHONY: test-native
test-native: | packages-unix
	@$(PYTHON) $(ROOT)/tools/test_native.py $(CARGO_DIR)

.PHONY: test-usb
test-usb: unix
	@$(PYTHON) $(ROOT)/tools/test_usb.py $(UNIX_BUILD)/micropython $(MICROPYTHON)

# The same with mass storage, which is another build of the library.
.PHONY: test-msc
test-msc:
	+@$(MAKE) --no-print-directory unix MICROPY_HW_USB_MSC=1
	@$(PYTHON) $(ROOT)/tools/test_usb.py $(BUILD_DIR)/unix-msc/micropython $(MICROPYTHON) msc

# The same scripts as the program of an emulated board. (USB_SCRIPTS: only these, by name.)
.PHONY: test-usb-rp2
test-usb-rp2: rp2 rp2-emulator unix
	@$(PYTHON) $(ROOT)/tools/test_usb_board.py $(UNIX_BUILD)/micropython $(RP2_EMULATOR) $(BUILD_DIR)/rp2/firmware.uf2 $(USB_SCRIPTS)

.PHONY: test-qemu
test-qemu: qemu panic-check
	@$(PYTHON) $(ROOT)/tools/test_qemu.py $(QEMU_BUILD) $(MICROPYTHON)

# A whole board, for each: what has to be built, and the variables of tests/board/src/target.rs.
BOARD_TESTS_NEED_unix := unix
BOARD_TESTS_unix = BOARD_EXE=$(UNIX_BUILD)/board
BOARD_TESTS_NEED_rp2 := rp2 rp2-emulator unix
BOARD_TESTS_rp2 = BOARD_EXE=$(RP2_EMULATOR_SOURCE)/main.js BOARD_OPTIONS="--build $(RP2_EMULATOR)" \
	BOARD_FIRMWARE=$(BUILD_DIR)/rp2/firmware.uf2 BOARD_FLASH_MAKER=$(UNIX_BUILD)/micropython
RUN_BOARD_TESTS := $(PYTHON) $(ROOT)/tools/test_board.py $(CARGO_DIR)
BOARD_TESTS = BOARD=$(BOARD) $(BOARD_TESTS_$(BOARD)) $(RUN_BOARD_TESTS) suite

.PHONY: test-board
test-board: board-known $(BOARD_TESTS_NEED_$(BOARD))
	@$(BOARD_TESTS)

# Said before anything is built.
.PHONY: board-known
board-known:
	@case "$(BOARD)" in unix|rp2) ;; *) echo "$(MAKECMDGOALS): error: BOARD=$(BOARD): it is unix or rp2"; exit 1;; esac

# The same under another name, as a part of `make test`.
.PHONY: test-board-rp2
test-board-rp2:
	+@$(MAKE) --no-print-directory test-board BOARD=rp2

# A board that is also a disk, and a Pico without the built-in serial port, with and without a disk: other firmware, other
# tests.
PICO_TESTS = BOARD=rp2 BOARD_EXE=$(RP2_EMULATOR_SOURCE)/main.js BOARD_OPTIONS="--build $(RP2_EMULATOR)" \
	BOARD_FLASH_MAKER=$(BUILD_DIR)/unix/micropython BOARD_FIRMWARE=$(BUILD_DIR)/$(1)/firmware.uf2

.PHONY: test-disk test-disk-rp2 test-uart-rp2 test-disk-alone-rp2
test-disk:
	+@$(MAKE) --no-print-directory unix MICROPY_HW_USB_MSC=1
	@BOARD=unix BOARD_EXE=$(BUILD_DIR)/unix-msc/board $(RUN_BOARD_TESTS) disk
test-disk-rp2: unix rp2-emulator
	+@$(MAKE) --no-print-directory test-rp2-image MICROPY_HW_USB_MSC=1
	@$(call PICO_TESTS,rp2-msc) $(RUN_BOARD_TESTS) disk
test-uart-rp2: unix rp2-emulator
	+@$(MAKE) --no-print-directory test-rp2-image MICROPY_HW_USB_CDC=0
	@$(call PICO_TESTS,rp2-no-cdc) $(RUN_BOARD_TESTS) uart
test-disk-alone-rp2: unix rp2-emulator
	+@$(MAKE) --no-print-directory test-rp2-image MICROPY_HW_USB_MSC=1 MICROPY_HW_USB_CDC=0
	@$(call PICO_TESTS,rp2-no-cdc-msc) $(RUN_BOARD_TESTS) disk_alone

# The Pico's firmware, and the emulated board that it runs on.
.PHONY: test-rp2
test-rp2:
	+@for part in test-rp2-model test-rp2-image test-rp2-emulator; do $(MAKE) --no-print-directory $$part || exit 1; done

# The same with more of everything. Not part of `make test`.
.PHONY: soak soak-native soak-remote soak-board soak-rp2 soak-upstream
soak: soak-native soak-remote soak-board soak-rp2 soak-upstream test-uart-rp2 test-disk-alone-rp2
soak-upstream: test-upstream-rp2
soak-native: | packages-unix
	@PROPTEST_CASES=20000 $(PYTHON) $(ROOT)/tools/test_native.py $(CARGO_DIR) --release -p native-tests
soak-remote: | packages-unix
	@PROPTEST_CASES=4000 $(PYTHON) $(ROOT)/tools/test_native.py $(CARGO_DIR) --release -p usb-simulator --test remote_fuzz
soak-board: board-known $(BOARD_TESTS_NEED_$(BOARD))
	@$(BOARD_TESTS) --release --features soak
soak-rp2:
	+@$(MAKE) --no-print-directory soak-board BOARD=rp2
	+@$(MAKE) --no-print-directory test-usb-rp2 USB_SCRIPTS=--all

.PHONY: test-run
test-run: unix usbsim
	@MAKE="$(MAKE)" $(PYTHON) $(ROOT)/tools/test_run.py

.PHONY: test-run-rp2
test-run-rp2: rp2 rp2-emulator unix usbsim
	@MAKE="$(MAKE)" $(PYTHON) $(ROOT)/tools/test_run_rp2.py

# Both stacks in the Pico's firmware: with STACK= only that one. Not at once: they share folders.
UPSTREAM_STACK := $(if $(filter file,$(origin STACK)),both,$(STACK))
.PHONY: rp2-stacks
rp2-stacks:
	+@for stack in $(if $(filter both,$(UPSTREAM_STACK)),rust c,$(UPSTREAM_STACK)); do \
		$(MAKE) --no-print-directory rp2 STACK=$$stack || exit 1; done

.PHONY: test-mpremote
test-mpremote: UPSTREAM_STACK := both
test-mpremote: rp2-stacks rp2-emulator unix usbsim | packages-test
	@$(PYTHON) $(ROOT)/tools/test_mpremote.py $(BUILD_DIR)

# On this machine, or with BOARD=rp2 on the emulated Pico, beside upstream's own USB stack.
.PHONY: test-upstream
test-upstream: test-upstream-arguments test-upstream-$(BOARD)

.PHONY: test-upstream-arguments
test-upstream-arguments:
	@case "$(BOARD)" in unix|rp2) ;; *) echo "test-upstream: error: BOARD=$(BOARD): it is unix or rp2"; exit 1;; esac
	@case "$(UPSTREAM_STACK)" in both|rust|c) ;; *) \
		echo "test-upstream: error: STACK=$(STACK): it is rust or c"; exit 1;; esac

.PHONY: test-upstream-unix
test-upstream-unix: unix
	@$(PYTHON) $(ROOT)/tools/test_upstream.py $(UNIX_BUILD)/micropython $(MICROPYTHON)

UPSTREAM_RP2 = $(PYTHON) $(ROOT)/tools/test_upstream_rp2.py $(BUILD_DIR) $(MICROPYTHON) $(MPY_CROSS_BUILD)/mpy-cross \
	$(UPSTREAM_STACK)

.PHONY: test-upstream-rp2 test-upstream-sample
test-upstream-rp2: rp2-stacks rp2-emulator unix usbsim | packages-test
	@$(UPSTREAM_RP2) all
test-upstream-sample: rp2-stacks rp2-emulator unix usbsim | packages-test
	@$(UPSTREAM_RP2) sample

.PHONY: lint
lint: unix
	@$(PYTHON) $(ROOT)/tools/lint.py $(CARGO_DIR)
