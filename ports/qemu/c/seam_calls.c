// Upstream's ports/qemu has no USB. Here it calls the library where the rp2 and samd ports do.
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"

void mp_usbd_init(void);
void mp_usbd_deinit(void);
mp_uint_t mp_usbd_cdc_tx_strn(const char *str, mp_uint_t len);
uintptr_t mp_usbd_cdc_poll_interfaces(uintptr_t poll_flags);

void __real_mp_init(void);
void __wrap_mp_init(void);
void __real_gc_sweep_all(void);
void __wrap_gc_sweep_all(void);
mp_uint_t __real_mp_hal_stdout_tx_strn(const char *str, size_t len);
mp_uint_t __wrap_mp_hal_stdout_tx_strn(const char *str, size_t len);
uintptr_t __real_mp_hal_stdio_poll(uintptr_t poll_flags);
uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t poll_flags);

// main() calls it once before each run of the REPL.
void __wrap_mp_init(void) {
    __real_mp_init();
    mp_usbd_init();
}

// main() calls it once, in a soft reset.
void __wrap_gc_sweep_all(void) {
    mp_usbd_deinit();
    __real_gc_sweep_all();
}

// The console is the UART; the built-in serial port gets everything too, with nobody at its other end.
mp_uint_t __wrap_mp_hal_stdout_tx_strn(const char *str, size_t len) {
    mp_usbd_cdc_tx_strn(str, len);
    return __real_mp_hal_stdout_tx_strn(str, len);
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t poll_flags) {
    return __real_mp_hal_stdio_poll(poll_flags) | mp_usbd_cdc_poll_interfaces(poll_flags);
}
