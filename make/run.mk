# The main job: a device written in Python, plugged into the virtual bus, and what the host makes of it.

BOARD ?= unix
HOST ?= script
EXAMPLE := examples/keyboard.py
SCRIPT ?= $(EXAMPLE)

# What has to be typed, or to come back, for the run to end well. Only the example is known to do something with it.
ifeq ($(SCRIPT),$(EXAMPLE))
LINE ?= Hello, World!
endif

USBSIM := $(CARGO_DIR)/release/usbsim
RUN_DIR := $(BUILD_DIR)/run

.PHONY: usbsim
usbsim: | packages-unix
	@$(QUIETLY) usbsim cargo build --release --package usb-simulator --bin usbsim --target-dir $(CARGO_DIR) \
		--manifest-path $(ROOT)/Cargo.toml

# The text goes into a file of the board's flash, where the example looks for it; that way nothing has to quote it.
# $(value) keeps make itself from reading a $ in it, which it would also do to export LINE as it is.
export LINE_TO_TYPE := $(value LINE)
unexport LINE

.PHONY: run
run: run-arguments unix usbsim
	@rm -rf $(RUN_DIR) && mkdir -p $(RUN_DIR)/flash
	@if [ -n "$$LINE_TO_TYPE" ]; then printf '%s' "$$LINE_TO_TYPE" >$(RUN_DIR)/flash/line.txt; fi
	@$(USBSIM) run $${LINE_TO_TYPE:+--line} $${LINE_TO_TYPE:+"$$LINE_TO_TYPE"} --pcap $(RUN_DIR)/usb.pcap \
		--device $(UNIX_BUILD)/board --exit --dir $(RUN_DIR)/flash "$(SCRIPT)"

# Said before anything is built.
.PHONY: run-arguments
run-arguments:
	@test "$(BOARD)" = unix || { echo "run: error: BOARD=$(BOARD): there is only BOARD=unix"; exit 1; }
	@test "$(HOST)" = script || { echo "run: error: HOST=$(HOST): there is only HOST=script"; exit 1; }
	@test -f "$(SCRIPT)" || { echo "run: error: there is no script $(SCRIPT)"; exit 1; }
