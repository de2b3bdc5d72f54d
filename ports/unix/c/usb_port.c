// The port's side of the seam that both executables share: serial input, serial number, garbage collector stress.

#include <stdlib.h>
#include <string.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/mpstate.h"
#include "py/ringbuf.h"
#include "py/runtime.h"

#include "unix_port.h"

#define STDIN_BUFFER_LEN (512)

static uint8_t stdin_ringbuf_array[STDIN_BUFFER_LEN];
ringbuf_t stdin_ringbuf = { stdin_ringbuf_array, sizeof(stdin_ringbuf_array), 0, 0 };

int mp_interrupt_char = -1;

// How deep this thread is in atomic sections, machine.disable_irq() included: the main thread takes no interrupt then.
static __thread unsigned int atomic_depth;

void __real_mp_thread_unix_begin_atomic_section(void);
void __wrap_mp_thread_unix_begin_atomic_section(void);
void __real_mp_thread_unix_end_atomic_section(void);
void __wrap_mp_thread_unix_end_atomic_section(void);
void __real_mp_init(void);
void __wrap_mp_init(void);

// Every run is the same board: what a host prints and records must not differ from one machine to the next.
void mp_usbd_port_get_serial_number(char *buf) {
    static const uint8_t id[8] = { 'v', 'i', 'r', 't', 'u', 'a', 'l', 1 };
    mp_usbd_hex_str(buf, id, sizeof(id));
    buf[2 * sizeof(id)] = '\0';
}

// With USBDEVICE_GC_STRESS=1 in the environment every allocation collects garbage first, so that an object which nobody
// keeps alive is found at once and not once in a thousand runs.
void __wrap_mp_init(void) {
    __real_mp_init();
    const char *stress = getenv("USBDEVICE_GC_STRESS");
    if (stress != NULL && strcmp(stress, "1") == 0) {
        MP_STATE_MEM(gc_alloc_threshold) = 0;
    }
}

void __wrap_mp_thread_unix_begin_atomic_section(void) {
    __real_mp_thread_unix_begin_atomic_section();
    atomic_depth++;
}

void __wrap_mp_thread_unix_end_atomic_section(void) {
    atomic_depth--;
    __real_mp_thread_unix_end_atomic_section();
}

bool usb_interrupts_are_off(void) {
    return atomic_depth != 0;
}
