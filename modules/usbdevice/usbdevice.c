// The library's one C file: what only C can say to MicroPython. Rust does the rest (src/).
#include "usbdevice.h"

#include "py/mpthread.h"
#include "shared/readline/readline.h"
#if USBDEVICE_RP2
#include "hardware/sync.h"
#endif

// The names that the Rust sources use, for MicroPython's scan of C sources.
#ifdef NO_QSTR
#include "qstrs.h"
#endif

// The one root: everything the library keeps is reachable from it. Upstream's runtime clears it by name; where upstream's file
// is part of the build it registers it too.
#if !MICROPY_HW_ENABLE_USB_RUNTIME_DEVICE
MP_REGISTER_ROOT_POINTER(mp_obj_t usbd);
#endif

#if USBDEVICE_UNIX
// The host in the same process: src/usbsim.
extern const struct _mp_obj_module_t usbsim_module;
MP_REGISTER_MODULE(MP_QSTR_usbsim, usbsim_module);
#endif

// Exceptions

bool usbdevice_catch(usbdevice_function_t function, mp_obj_t object, size_t number, const void *pointer, mp_obj_t *result) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        *result = function(object, number, pointer);
        nlr_pop();
        return false;
    }
    *result = MP_OBJ_FROM_PTR(nlr.ret_val);
    return true;
}

mp_obj_t usbdevice_call(mp_obj_t function, size_t count, const void *arguments) {
    return mp_call_function_n_kw(function, count, 0, arguments);
}

mp_obj_t usbdevice_subscript(mp_obj_t container, size_t index, const void *unused) {
    (void)unused;
    return mp_obj_subscr(container, MP_OBJ_NEW_SMALL_INT(index), MP_OBJ_SENTINEL);
}

mp_obj_t usbdevice_is_true(mp_obj_t object, size_t unused1, const void *unused2) {
    (void)unused1;
    (void)unused2;
    return (mp_obj_t)(size_t)mp_obj_is_true(object);
}

mp_obj_t usbdevice_print(mp_obj_t exception, size_t number, const void *text) {
    if (text != NULL) {
        mp_printf(&mp_plat_print, text, (unsigned)number);
    } else {
        mp_obj_print_exception(&mp_plat_print, exception);
    }
    return MP_OBJ_NULL;
}

mp_obj_t usbdevice_delay_ms(mp_obj_t unused1, size_t ms, const void *unused2) {
    (void)unused1;
    (void)unused2;
    mp_hal_delay_ms(ms);
    return MP_OBJ_NULL;
}

mp_obj_t usbdevice_new_lie(const char *table, size_t offset, const char *rule) {
    return mp_obj_new_exception_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s, byte %u: %s"), table, (unsigned)offset, rule);
}

// Main thread, scheduler, time

#if !(USBDEVICE_RP2 && MICROPY_PY_THREAD)
size_t usbdevice_atomic_begin(void) {
    return MICROPY_BEGIN_ATOMIC_SECTION();
}

void usbdevice_atomic_end(size_t state) {
    MICROPY_END_ATOMIC_SECTION(state);
}
#endif

bool usbdevice_is_main_thread(void) {
    return mp_thread_is_main_thread();
}

void usbdevice_drop_ctrl_c(void) {
    #if MICROPY_KBD_EXCEPTION
    if (MP_STATE_MAIN_THREAD(mp_pending_exception) == MP_OBJ_FROM_PTR(&MP_STATE_VM(mp_kbd_exception))) {
        MP_STATE_MAIN_THREAD(mp_pending_exception) = MP_OBJ_NULL;
    }
    #endif
}

// The rp2 port sleeps until an event after each round of the scheduler. What a scheduled function, or the other core, has
// scheduled by then would wait for the next interrupt, which a device that has left the bus does not bring.
static inline void stay_awake(void) {
    #if USBDEVICE_RP2
    __sev();
    #endif
}

void usbdevice_schedule_task(void) {
    static mp_sched_node_t node;
    mp_sched_schedule_node(&node, usbdevice_task_is_due);
    stay_awake();
    #if !USBDEVICE_SUPPLIES_PORT
    mp_hal_wake_main_task_from_isr();
    #endif
}

bool usbdevice_schedule_call(mp_obj_t function) {
    stay_awake();
    return mp_sched_schedule(function, mp_const_none);
}

uint32_t usbdevice_ticks_ms(void) {
    return mp_hal_ticks_ms();
}

// What a port with USB has in its own files

#if USBDEVICE_SUPPLIES_PORT
static uint8_t stdin_ringbuf_array[512];
MP_WEAK ringbuf_t stdin_ringbuf = { stdin_ringbuf_array, sizeof(stdin_ringbuf_array), 0, 0 };
MP_WEAK int mp_interrupt_char = -1;

MP_WEAK void mp_usbd_port_get_serial_number(char *buf) {
    // A virtual board has no unique number; a constant one keeps recordings of the bus comparable.
    static const char serial[] = "0123456789abcdef";
    memcpy(buf, serial, sizeof(serial));
}
#if !USBDEVICE_UNIX
// qemu's port has no clock: time passes while somebody waits.
static mp_uint_t ticks_ms;

mp_uint_t mp_hal_ticks_ms(void) {
    return ticks_ms;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    ticks_ms += ms;
}
#endif
#else
extern int mp_interrupt_char;
void mp_usbd_port_get_serial_number(char *buf);
#endif

// The console's input

size_t usbdevice_stdin_put(const uint8_t *bytes, size_t len, bool callbacks_are_alone) {
    size_t taken = 0;

    #if MICROPY_KBD_EXCEPTION
    // A byte that interrupts the program is looked for in all that came, also when the ring is full: the program that
    // does not read its input is the one to be interrupted. What stood before it is dropped, as with every port.
    for (size_t i = len; i > 0; --i) {
        int byte = bytes[i - 1];
        // To the prompt it is a character like others. But a callback may keep the prompt from reading it.
        bool for_callback = byte == CHAR_CTRL_C && callbacks_are_alone;
        if (for_callback || byte == mp_interrupt_char) {
            if (!for_callback) {
                stdin_ringbuf.iget = stdin_ringbuf.iput = 0;
                taken = i;
            }
            mp_sched_keyboard_interrupt();
            break;
        }
    }
    #endif

    for (;;) {
        // To the end of the array, or to the last byte before the oldest one: that stays free.
        size_t iget = stdin_ringbuf.iget, iput = stdin_ringbuf.iput, size = stdin_ringbuf.size;
        size_t end = iput < iget ? iget - 1 : iget > 0 ? size : size - 1;
        size_t piece = MIN(len - taken, end - iput);
        if (piece == 0) {
            return taken;
        }
        memcpy(stdin_ringbuf.buf + iput, bytes + taken, piece);
        taken += piece;
        iput += piece;
        stdin_ringbuf.iput = iput < size ? iput : 0;
    }
}

// Built-in strings

const char *usbdevice_builtin_string(uint8_t index) {
    static char serial[MICROPY_HW_USB_DESC_STR_MAX + 1];
    static const char *const texts[] = {
        // A whole descriptor: the language is US English (USB 2.0 section 9.6.7), upstream's default.
        "\x04\x03\x09\x04",
        MICROPY_HW_USB_MANUFACTURER_STRING,
        MICROPY_HW_USB_PRODUCT_FS_STRING,
        serial,
        MICROPY_HW_USB_CDC ? MICROPY_HW_USB_CDC_INTERFACE_STRING : NULL,
        MICROPY_HW_USB_MSC ? MICROPY_HW_USB_MSC_INTERFACE_STRING : NULL,
    };
    if (index >= MP_ARRAY_SIZE(texts)) {
        return NULL;
    }
    if (index == 3) {
        mp_usbd_port_get_serial_number(serial);
    }
    return texts[index];
}

// The block device

#if MICROPY_HW_USB_MSC
MP_WEAK bool tud_msc_is_writable_cb(uint8_t lun) {
    (void)lun;
    return true;
}
#endif

// The boot loader

#if MICROPY_HW_USB_CDC_1200BPS_TOUCH
#include "extmod/modmachine.h"

static void bootloader_callback(mp_sched_node_t *node) {
    (void)node;
    // The host's request is answered before the device goes.
    mp_hal_delay_ms(250);
    machine_bootloader(0, NULL);
}
#endif

void usbdevice_touch_1200(void) {
    #if MICROPY_HW_USB_CDC_1200BPS_TOUCH
    static mp_sched_node_t node;
    mp_sched_schedule_node(&node, bootloader_callback);
    #endif
}

// What the Rust compiler calls for memcpy, memmove and memset

#if defined(__ARM_EABI__)
// The ARM run-time ABI, section 4.3.4, has names of its own for them, three of each, and an order of its own for the
// arguments of memset. An SDK that brings these functions comes first; what is not called is not linked.
#define EABI_NAMES(name, ...) \
    MP_WEAK void name(__VA_ARGS__); \
    MP_WEAK void name##4(__VA_ARGS__) __attribute__((alias(#name))); \
    MP_WEAK void name##8(__VA_ARGS__) __attribute__((alias(#name)));

EABI_NAMES(__aeabi_memcpy, void *to, const void *from, size_t len)
void __aeabi_memcpy(void *to, const void *from, size_t len) {
    memcpy(to, from, len);
}

EABI_NAMES(__aeabi_memmove, void *to, const void *from, size_t len)
void __aeabi_memmove(void *to, const void *from, size_t len) {
    memmove(to, from, len);
}

EABI_NAMES(__aeabi_memset, void *to, size_t len, int byte)
void __aeabi_memset(void *to, size_t len, int byte) {
    memset(to, byte, len);
}

EABI_NAMES(__aeabi_memclr, void *to, size_t len)
void __aeabi_memclr(void *to, size_t len) {
    memset(to, 0, len);
}
#endif
