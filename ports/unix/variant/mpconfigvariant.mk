# Upstream's ports/unix, unpatched, with USB. Two executables come out of one set of objects:
#   micropython   upstream's main, so that upstream's test suite runs on it
#   board         our main in rp2's order, standard input and output on the built-in serial port
# The USB library itself comes in as a user C module (USER_C_MODULES).

PROG = micropython
FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py

# These need submodules that a source tarball does not have, and no USB program uses them.
MICROPY_PY_BTREE = 0
MICROPY_PY_SSL = 0
MICROPY_SSL_MBEDTLS = 0

USB_C_DIR := $(abspath $(VARIANT_DIR)/../c)
INC += -I$(USB_C_DIR)

comma := ,

# The linker sends calls of these names to our __wrap_ functions, which may call upstream's as __real_.
# Time, as the bus sees it: c/virtual_time.c.
USB_WRAP := mp_hal_ticks_ms mp_hal_ticks_us mp_hal_delay_ms mp_event_wait_ms mp_event_wait_indefinite \
	usleep select poll sched_yield
# The setting of the garbage collector, and whether interrupts are off: c/usb_port.c.
USB_WRAP += mp_init mp_thread_unix_begin_atomic_section mp_thread_unix_end_atomic_section
# Where a Ctrl-C comes from: c/terminal.c in micropython, c/board_stdio.c in board.
USB_WRAP += mp_hal_set_interrupt_char
# The board's standard streams are the serial port, and its threads end at a soft reset.
BOARD_WRAP := mp_hal_stdin_rx_chr mp_hal_stdout_tx_strn mp_hal_stdout_tx_strn_cooked mp_hal_stdout_tx_str \
	mp_hal_stdio_mode_raw mp_hal_stdio_mode_orig mp_sys_stdin_obj mp_sys_stdout_obj mp_sys_stderr_obj \
	mp_thread_create

LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(USB_WRAP))

USB_OBJ = $(addprefix $(BUILD)/usb/,virtual_time.o usb_port.o disk.o posix_write.o)
MICROPYTHON_OBJ = $(BUILD)/usb/terminal.o
BOARD_OBJ = $(addprefix $(BUILD)/usb/,board_main.o board_stdio.o pyexec.o sys_stdio_mphal.o stdout_helpers.o)
USB_ALL_OBJ = $(USB_OBJ) $(MICROPYTHON_OBJ) $(BOARD_OBJ)

# Names that only the board's sources use have to be found too.
SRC_QSTR += shared/runtime/pyexec.c shared/runtime/sys_stdio_mphal.c

all: $(BUILD)/board

$(USB_ALL_OBJ): | $(BUILD)/usb $(addprefix $(BUILD)/genhdr/,\
	qstrdefs.generated.h moduledefs.h root_pointers.h compressed.data.h mpversion.h)

$(BUILD)/usb:
	$(MKDIR) -p $@

$(BUILD)/usb/%.o: $(USB_C_DIR)/%.c
	$(call compile_c)

# Upstream's own files under the names that the linker's --wrap looks for; board_hal.h says what else differs.
$(BUILD)/usb/%.o: $(TOP)/shared/runtime/%.c $(USB_C_DIR)/board_hal.h
	$(ECHO) "CC $<"
	$(Q)$(CC) $(CFLAGS) -include $(USB_C_DIR)/board_hal.h -c -MD -MP -MF $(@:.o=.P) -o $@ $<

$(BUILD)/$(PROG): $(USB_OBJ) $(MICROPYTHON_OBJ)

# Upstream's object list is not known yet at this line, so the prerequisite is what was linked from it.
$(BUILD)/board: $(BUILD)/$(PROG) $(BOARD_OBJ)
	$(ECHO) "LINK $@"
	$(Q)$(CC) -o $@ $(filter-out $(BUILD)/main.o,$(OBJ)) $(USB_OBJ) $(BOARD_OBJ) $(LIB) $(LDFLAGS) \
		$(addprefix -Wl$(comma)--wrap=,$(BOARD_WRAP))

# What a file object on descriptor 0, 1 or 2 writes: the header says what is wrong with it otherwise.
$(BUILD)/extmod/vfs_posix_file.o: private CFLAGS += -include $(USB_C_DIR)/posix_write.h

# Frozen modules bring names of their own and leave out those that the rest has. Upstream freezes again when a module has
# changed, but not when the rest has new names (a change in the library's sources): the file is removed for it.
$(BUILD)/frozen_content.c: $(BUILD)/usb/names.stamp
$(BUILD)/usb/names.stamp: $(BUILD)/genhdr/qstrdefs.generated.h | $(BUILD)/usb
	$(Q)$(RM) -f $(BUILD)/frozen_content.c
	$(Q)$(TOUCH) $@

-include $(USB_ALL_OBJ:.o=.P)
