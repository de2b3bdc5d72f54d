// The unix port with USB: upstream's standard variant, and what machine.USBDevice on a virtual bus needs besides.
// It becomes the configuration of an unpatched ports/unix through VARIANT_DIR.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#include "variants/mpconfigvariant_common.h"

// Upstream raises KeyboardInterrupt straight out of the signal handler. Rust frames may be on the stack at that
// moment, and a jump across them is undefined: the interrupt is left pending for the VM instead, as on a board.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

// The USB task is a scheduler node on every port with USB; node scheduling cannot fail for want of queue space.
#define MICROPY_SCHEDULER_STATIC_NODES (1)

// Upstream's test of it uses unittest, as does little else that runs on a PC.
#define MICROPY_PY_MARSHAL (1)
#define MICROPY_PY_FUNCTION_ATTRS_CODE (1)

// Boards have it, and drivers of USB classes call it.
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (1)

// Boards have it, and programs put their own serial port into it.
#define MICROPY_PY_OS_DUPTERM (1)

// Virtual time passes while Python computes, so that `while True: pass` still gets its callbacks (see c/virtual_time.c).
// Counted per thread: a shared counter would be a data race, because threads run without a GIL here.
extern __thread int usb_vm_countdown;
void usb_vm_hook(void);
#define MICROPY_VM_HOOK_LOOP        \
    if (--usb_vm_countdown <= 0) {  \
        usb_vm_hook();              \
    }
