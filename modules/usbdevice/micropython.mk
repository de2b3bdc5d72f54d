# The user C module: builds the Rust library with the port's own flags and links it in place of a USB stack in C.
#
#   make -C ports/unix ... USER_C_MODULES=<the folder above this one>
#
# USBDEVICE_PORT     the cargo feature, by default the name of the port's folder
# RUST_TARGET        rustc's target, empty for the machine itself
# RUST_CARGO_TARGET  cargo's target, if it is a file that describes that one with changes
# RUST_CARGO_FLAGS   more flags for cargo (-Zbuild-std=core where rustc has no library for the target)

USBDEVICE_DIR := $(USERMOD_DIR)
USBDEVICE_ROOT := $(abspath $(USBDEVICE_DIR)/../..)
USBDEVICE_PORT ?= $(notdir $(CURDIR))
RUST_TARGET ?=
RUST_CARGO_TARGET ?= $(RUST_TARGET)
RUST_CARGO_FLAGS ?=

SRC_USERMOD_C += $(USBDEVICE_DIR)/usbdevice.c
CFLAGS_USERMOD += -I$(USBDEVICE_DIR)
ifneq ($(filter unix qemu,$(USBDEVICE_PORT)),)
CFLAGS_USERMOD += -include $(USBDEVICE_DIR)/usbdevice_config.h
endif
ifeq ($(USBDEVICE_PORT),unix)
CFLAGS_USERMOD += -DUSBDEVICE_UNIX=1
endif

# The names of the Rust sources are part of MicroPython's string table. Upstream's tool for frozen modules does not notice
# when a name moves from their table to that one.
QSTR_GLOBAL_DEPENDENCIES += $(USBDEVICE_DIR)/qstrs.h
$(shell $(PYTHON) $(USBDEVICE_DIR)/make_qstrs.py && \
    [ $(USBDEVICE_DIR)/qstrs.h -nt $(BUILD)/frozen_content.c ] && rm -f $(BUILD)/frozen_content.c)

# clang has to see what gcc sees: the C library's headers, and the short enums of arm-none-eabi-gcc. gcc's own headers
# are left out, clang has its own.
USBDEVICE_CLANG_FLAGS = $(if $(RUST_TARGET),--target=$(RUST_TARGET) -fshort-enums \
    $(addprefix -isystem ,$(shell $(CC) -E -v -xc /dev/null 2>&1 | sed -n '/search starts here/,/^End/s/^ //p' \
        | grep -vE '/gcc/[^ ]*/[0-9.]+/include(-fixed)?$$')))

USBDEVICE_CARGO_DIR = $(abspath $(BUILD))/rust
USBDEVICE_CARGO_OUT = $(USBDEVICE_CARGO_DIR)/$(if $(RUST_TARGET),$(RUST_TARGET)/)release/libmicropython_usbdevice.a
USBDEVICE_LIB = $(abspath $(BUILD))/libmicropython_usbdevice.a

# Cargo decides what is to be rebuilt. The flags' file and the library keep their times while nothing changes.
$(USBDEVICE_LIB): FORCE $(BUILD)/genhdr/qstrdefs.generated.h $(BUILD)/genhdr/moduledefs.h $(BUILD)/genhdr/root_pointers.h $(BUILD)/genhdr/mpversion.h
	$(file >$(BUILD)/usbdevice.flags.new,$(filter -I% -D% -m% -include %.h,$(CFLAGS)) $(USBDEVICE_CLANG_FLAGS))
	$(Q)cmp -s $(BUILD)/usbdevice.flags.new $(BUILD)/usbdevice.flags || cp $(BUILD)/usbdevice.flags.new $(BUILD)/usbdevice.flags
	$(Q)MP_BINDGEN_FLAGS='$(abspath $(BUILD)/usbdevice.flags)' MP_BINDGEN_CWD='$(CURDIR)' \
	    cargo build --release --package micropython-usbdevice --features $(USBDEVICE_PORT) \
	    $(if $(RUST_TARGET),--target $(RUST_CARGO_TARGET)) $(RUST_CARGO_FLAGS) \
	    --manifest-path $(USBDEVICE_ROOT)/Cargo.toml --target-dir $(USBDEVICE_CARGO_DIR)
# qemu's linker scripts have no place for .ARM.exidx, which LLVM always emits; nothing here is unwound.
	$(Q)$(if $(RUST_TARGET),$(OBJCOPY) -R '.ARM.exidx*' -R '.rel.ARM.exidx*' -R .llvmbc -R .llvmcmd $(USBDEVICE_CARGO_OUT) $@.new,cp $(USBDEVICE_CARGO_OUT) $@.new)
# The compiler's own helpers (arithmetic, memcpy) are taken out of it: the linker would prefer them to those of the port for
# all of MicroPython, and they are larger.
	$(Q)$(if $(RUST_TARGET),$(AR) dD $@.new $$($(AR) t $@.new | grep '^compiler_builtins'))
	$(Q)cmp -s $@.new $@ || cp $@.new $@

# unix links the objects before LDFLAGS, qemu and samd after them: -u pulls the library in either way.
LDFLAGS_USERMOD += -u machine_usb_device_type $(USBDEVICE_LIB)
ifeq ($(USBDEVICE_PORT),qemu)
# Nothing in that port calls the USB functions. Linking them all the same shows that none of them can panic.
LDFLAGS_USERMOD += $(addprefix -u ,mp_usbd_init mp_usbd_deinit mp_usbd_task mp_usbd_cdc_poll_interfaces \
    mp_usbd_cdc_tx_strn mp_usbd_hex_str tud_mounted tud_msc_set_sense dcd_int_handler)
endif
$(BUILD)/$(or $(PROG),firmware.elf): $(USBDEVICE_LIB)
