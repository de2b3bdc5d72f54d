# The tests. Each part is a goal of its own and leaves its counts for `make test`, which runs them all.

# In this order, cheap ones first. To add a part: write its goal, name it here and in help.
TEST_PARTS := unix lint test-sources test-native test-usb test-board test-qemu test-run \
	test-rp2-model test-rp2-image test-rp2-emulator test-bench test-upstream

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

.PHONY: test-qemu
test-qemu: qemu panic-check
	@$(PYTHON) $(ROOT)/tools/test_qemu.py $(QEMU_BUILD) $(MICROPYTHON)

.PHONY: test-board
test-board: unix
	@$(PYTHON) $(ROOT)/tools/test_board.py $(UNIX_BUILD)/board $(CARGO_DIR)

# The Pico's firmware, and the emulated board that it runs on.
.PHONY: test-rp2
test-rp2:
	+@for part in test-rp2-model test-rp2-image test-rp2-emulator; do $(MAKE) --no-print-directory $$part || exit 1; done

# The same with more of everything. Not part of `make test`.
.PHONY: soak soak-native soak-board
soak: soak-native soak-board
soak-native: | packages-unix
	@PROPTEST_CASES=20000 $(PYTHON) $(ROOT)/tools/test_native.py $(CARGO_DIR) --release -p native-tests
soak-board: unix
	@$(PYTHON) $(ROOT)/tools/test_board.py $(UNIX_BUILD)/board $(CARGO_DIR) --release --features soak

.PHONY: test-run
test-run: unix usbsim
	@MAKE="$(MAKE)" $(PYTHON) $(ROOT)/tools/test_run.py

.PHONY: test-upstream
test-upstream: unix
	@$(PYTHON) $(ROOT)/tools/test_upstream.py $(UNIX_BUILD)/micropython $(MICROPYTHON)

.PHONY: lint
lint: unix
	@$(PYTHON) $(ROOT)/tools/lint.py $(CARGO_DIR)
