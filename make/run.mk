# The main job: a device written in Python, plugged into the virtual bus, and what the host makes of it.

BOARD ?= unix
HOST ?= script
EXAMPLE := examples/keyboard.py
# With PTY=1, or PTY=hang-up, the board's serial port is a pseudo-terminal; a script is not needed then.
PTY ?=
SCRIPT ?= $(if $(PTY),,$(EXAMPLE))

# What has to be typed, or to come back, for the run to end well. Only the example is known to do something with it.
ifeq ($(SCRIPT),$(EXAMPLE))
LINE ?= Hello, World!
endif

# More files for the board's flash: PATH or PATH:NAME each, a file or a folder.
FILES ?=

# How long the host stays, in seconds of bus time. It leaves earlier when the line has come.
SECONDS ?= 10

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

# Each board: what has to be built, and the device that usbsim starts.
RUN_NEEDS_unix := unix
RUN_DEVICE_unix = --device $(UNIX_BUILD)/board $(if $(PTY),,--exit) --dir $(RUN_DIR)/flash $(if $(SCRIPT),"$(SCRIPT)")

# MICROPY_HW_USB_MSC=1 and MICROPY_HW_USB_CDC=0 choose the firmware. The Pico's flash chip gets the script as main.py, beside
# the other files. The unix port makes its content: it has the same file system code.
RUN_NEEDS_rp2 := rp2 rp2-emulator unix
RUN_CHIP := $(RUN_DIR)/chip.flash
RUN_PREPARE_rp2 = $(UNIX_BUILD)/micropython $(RP2_EMULATOR_SOURCE)/make_flash.py $(RUN_CHIP) $(RP2_FILE_SYSTEM) \
	$(if $(filter 1,$(MICROPY_HW_USB_MSC)),--fat) --folder $(RUN_DIR)/flash $(if $(SCRIPT),"$(SCRIPT):main.py")
RUN_DEVICE_rp2 = --stdio --device $(RP2_BOARD) --build $(RP2_EMULATOR) --flash $(RUN_CHIP) $(RP2_BUILD)/firmware.uf2

# What the simulator's host does: it waits for the line, or serves the pseudo-terminal until Ctrl-C.
RUN_TTY := $(RUN_DIR)/tty
RUN_GOAL = $(if $(PTY),--pty $(RUN_TTY) $(if $(filter hang-up,$(PTY)),--hang-up),$${LINE_TO_TYPE:+--line} \
	$${LINE_TO_TYPE:+"$$LINE_TO_TYPE"})

# Each host: what it needs, and the program that plays it. usbip is for a host of the user's own.
RUN_PCAP := --pcap $(RUN_DIR)/usb.pcap
RUN_HOST_script = $(USBSIM) run $(RUN_GOAL) $(RUN_PCAP) --seconds $(SECONDS)
RUN_NEEDS_linux := linux
RUN_HOST_linux = $(PYTHON) $(ROOT)/simulator/linux/run.py $(LINUX_BUILD) $(USBSIM) $(RUN_PCAP)
RUN_HOST_usbip = $(USBSIM) usbip $(RUN_PCAP)

.PHONY: run
run: run-arguments $(RUN_NEEDS_$(BOARD)) $(RUN_NEEDS_$(HOST)) usbsim
	@rm -rf $(RUN_DIR) && mkdir -p $(RUN_DIR)/flash
	@$(PYTHON) $(ROOT)/tools/stage_files.py $(RUN_DIR)/flash $(FILES)
	@if [ -n "$$LINE_TO_TYPE" ]; then printf '%s' "$$LINE_TO_TYPE" >$(RUN_DIR)/flash/line.txt; fi
	@$(RUN_PREPARE_$(BOARD))
	@$(RUN_HOST_$(HOST)) $(RUN_DEVICE_$(BOARD))

# Said before anything is built.
.PHONY: run-arguments
run-arguments:
	@case "$(BOARD)" in unix|rp2) ;; *) echo "run: error: BOARD=$(BOARD): it is unix or rp2"; exit 1;; esac
	@case "$(HOST)" in script|linux|usbip) ;; *) echo "run: error: HOST=$(HOST): it is script, linux or usbip"; exit 1;; esac
	@case "$(SECONDS)" in ""|*[!0-9]*) echo "run: error: SECONDS=$(SECONDS): it is a whole number"; exit 1;; esac
	@case "$(PTY)" in ""|1|hang-up) ;; *) echo "run: error: PTY=$(PTY): it is 1 or hang-up"; exit 1;; esac
	@test -z "$(PTY)" -o "$(HOST)" = script || { echo "run: error: PTY=$(PTY): not with HOST=$(HOST), which has the serial port"; exit 1; }
	@test -n "$(PTY)" -a -z "$(SCRIPT)" || test -f "$(SCRIPT)" || { echo "run: error: there is no script $(SCRIPT)"; exit 1; }
	@for word in $(FILES); do test -e "$${word%%:*}" || { \
		echo "run: error: FILES=$$word: there is no $${word%%:*}"; exit 1; }; done
