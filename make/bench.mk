# The comparison with upstream's C stack: same host, same programs. `make bench`: the boards that can be measured;
# BOARD=rp2: the Pico's firmware on the emulated board; BOARD=unix: what the test with a Linux kernel has measured.

BENCH_BOARD := $(if $(filter file,$(origin BOARD)),,$(BOARD))

.PHONY: usb-bench
usb-bench: | packages-unix
	@$(QUIETLY) usb-bench cargo build --release --package usb-bench --target-dir $(CARGO_DIR) --manifest-path $(ROOT)/Cargo.toml

# The three images, not at once: they share folders.
.PHONY: bench-rp2-images
bench-rp2-images:
	+@for stack in rust c none; do $(MAKE) --no-print-directory rp2 STACK=$$stack || exit 1; done

.PHONY: bench
bench: bench-arguments $(if $(filter unix,$(BENCH_BOARD)),,bench-rp2-images rp2-emulator unix usb-bench)
	@$(PYTHON) $(ROOT)/tools/bench.py $(addprefix --board ,$(BENCH_BOARD)) --output $(BUILD_DIR)/bench.json $(BUILD_DIR)

# Said before anything is built.
.PHONY: bench-arguments
bench-arguments:
	@case "$(BENCH_BOARD)" in ""|unix|rp2) ;; *) echo "bench: error: BOARD=$(BENCH_BOARD): it is unix or rp2"; exit 1;; esac

.PHONY: test-bench
test-bench: rp2 rp2-emulator unix usb-bench
	@$(PYTHON) $(ROOT)/tools/test_bench.py $(BUILD_DIR)
