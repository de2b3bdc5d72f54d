# Where things are. Everything that is built goes below build/, also cargo's output.

BUILD_DIR := $(ROOT)/build
export LOG_DIR := $(BUILD_DIR)/log

# Rust for this machine: the tests, the simulator. (The library is built by MicroPython's make, in the port's folder.)
CARGO_DIR := $(BUILD_DIR)/cargo

# The MicroPython to build from: the pinned one, or a checkout that somebody names. Nothing is written into the latter.
PINNED_MICROPYTHON = $(BUILD_DIR)/sources/micropython
MICROPYTHON_DIR ?= $(PINNED_MICROPYTHON)
MICROPYTHON = $(abspath $(MICROPYTHON_DIR))

# A release's sources are no checkout: MicroPython must not take this repository's version for its own.
export GIT_CEILING_DIRECTORIES := $(BUILD_DIR)/sources

# The built-in drivers of a firmware, under the names that MicroPython has for them: serial port and mass storage. What is
# not the default is built in a folder of its own, with the suffix.
MICROPY_HW_USB_CDC ?= 1
MICROPY_HW_USB_MSC ?= 0
BUILTIN_SUFFIX := $(if $(filter 0,$(MICROPY_HW_USB_CDC)),-no-cdc)$(if $(filter 1,$(MICROPY_HW_USB_MSC)),-msc)
# The REPL of a board has to be somewhere.
MICROPY_HW_ENABLE_UART_REPL ?= $(if $(filter 0,$(MICROPY_HW_USB_CDC)),1,0)

.PHONY: builtin-arguments
builtin-arguments:
	@for one in MICROPY_HW_USB_CDC=$(MICROPY_HW_USB_CDC) MICROPY_HW_USB_MSC=$(MICROPY_HW_USB_MSC) \
			MICROPY_HW_ENABLE_UART_REPL=$(MICROPY_HW_ENABLE_UART_REPL); do \
		case "$$one" in *=0|*=1) ;; *) echo "make: error: $$one: it is 0 or 1"; exit 1;; esac; done

# What cargo says goes into logs.
export CARGO_TERM_COLOR := never

PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# bindgen loads libclang at run time and does not look into Debian's folders by itself. Looked up anew for each recipe: on
# a new machine one of them installs it.
ifndef LIBCLANG_PATH
export LIBCLANG_PATH = $(shell ls -d /usr/lib/llvm-*/lib/libclang.so* /usr/lib/llvm-*/lib/libclang-[0-9]*.so* 2>/dev/null | \
	sort | tail -n 1 | xargs -r dirname)
endif

# A long command, with its output in build/log/NAME.log: shows that it is alive, and what went wrong if something did.
QUIETLY = $(PYTHON) $(ROOT)/tools/quietly.py

# Goals that need an installed package have the set's name as an order-only prerequisite.
.PHONY: packages-unix packages-test packages-cortex-m packages-rp2
packages-unix packages-test packages-cortex-m packages-rp2: packages-%:
	@$(ROOT)/tools/install-packages $*

# The pinned sources, unless somebody has brought their own.
.PHONY: sources
sources: | packages-unix
ifeq ($(MICROPYTHON),$(abspath $(PINNED_MICROPYTHON)))
	@$(PYTHON) $(ROOT)/micropython/get_sources.py micropython
else
	@test -f $(MICROPYTHON)/py/mpconfig.h || { echo "sources: error: $(MICROPYTHON) is no MicroPython checkout (it has no py/mpconfig.h)"; exit 1; }
endif

# $(call made_from_this_tree,FOLDER): empties a folder of objects that another MicroPython was built in.
made_from_this_tree = mkdir -p $(1) && if [ "$$(cat $(1)/.made-from 2>/dev/null)" != "$(MICROPYTHON)" ]; then \
	rm -rf $(1) && mkdir -p $(1) && echo "$(MICROPYTHON)" >$(1)/.made-from; fi

# The compiler of frozen modules, for every port.
MPY_CROSS_BUILD := $(BUILD_DIR)/mpy-cross

.PHONY: mpy-cross
mpy-cross: sources
	@$(call made_from_this_tree,$(MPY_CROSS_BUILD))
	+@$(QUIETLY) mpy-cross $(MAKE) --no-print-directory -C $(MICROPYTHON)/mpy-cross -j$(JOBS) BUILD=$(MPY_CROSS_BUILD) USER_C_MODULES=
